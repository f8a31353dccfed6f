//! How a function tells Step Functions that it failed.
//!
//! The names are part of the contract with the generated state machines, whose `Retry` and `Catch`
//! match on them. A message never holds a customer's data: it stands in the execution's history.

use crate::table::{CommitError, ReadError};

/// The name of [`Failure::StripeGuestCharge`], by which a stopped request knows what it waits for.
pub const STRIPE_GUEST_CHARGE: &str = "Stripe.GuestCharge";

/// A failed invocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The database did not answer. Retried.
    #[error("{0}")]
    StoreUnavailable(String),
    /// The mail service did not answer. Retried.
    #[error("{0}")]
    MailUnavailable(String),
    /// Step Functions did not answer. Retried.
    #[error("{0}")]
    WorkflowUnavailable(String),
    /// Stripe did not answer, or not in a way that says what happened. Retried: the next attempt
    /// looks before it pays.
    #[error("{0}")]
    StripeUnavailable(String),
    /// Stripe took the refund and has not paid it in all this time. A person has to look.
    #[error("{0}")]
    StripePending(String),
    /// Nobody knows what became of a call, and another one would not tell. A person has to look.
    #[error("{0}")]
    StripeUndecided(String),
    /// It is unclear whose the charge is. A person can tell.
    #[error("{0}")]
    StripeGuestCharge(String),
    /// Stripe refuses our credentials or our use of it: a person has to mend the configuration.
    #[error("{0}")]
    StripeMisconfigured(String),
    /// The team's addresses, or a setting like that, are missing.
    #[error("{0}")]
    ConfigInvalid(String),
    /// There is no such request.
    #[error("the request does not exist")]
    RequestNotFound,
    /// What is to be paid is not what was decided on. A person has to look.
    #[error("{0}")]
    RequestChanged(String),
    /// The execution cannot go on by itself, and fails on purpose: a redrive lets it go on.
    #[error("The request needs attention. Its audit log says why.")]
    NeedsAttention,
    /// The payload, or what is stored, is not what this function expects.
    #[error("{0}")]
    PayloadInvalid(String),
}

impl Failure {
    /// The error's name, as `ErrorEquals` matches it.
    pub fn name(&self) -> &'static str {
        match self {
            Failure::StoreUnavailable(_) => "Store.Unavailable",
            Failure::MailUnavailable(_) => "Mail.Unavailable",
            Failure::WorkflowUnavailable(_) => "Workflow.Unavailable",
            Failure::StripeUnavailable(_) => "Stripe.Unavailable",
            Failure::StripePending(_) => "Stripe.Pending",
            Failure::StripeUndecided(_) => "Stripe.Undecided",
            Failure::StripeGuestCharge(_) => STRIPE_GUEST_CHARGE,
            Failure::StripeMisconfigured(_) => "Stripe.Misconfigured",
            Failure::ConfigInvalid(_) => "Config.Invalid",
            Failure::RequestNotFound => "Request.NotFound",
            Failure::RequestChanged(_) => "Request.Changed",
            Failure::NeedsAttention => "Request.NeedsAttention",
            Failure::PayloadInvalid(_) => "Payload.Invalid",
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(_) => Failure::StoreUnavailable(error.to_string()),
            ReadError::Malformed { .. } => Failure::PayloadInvalid(error.to_string()),
        }
    }
}

/// A conflict is worth another try too: whoever wrote first has finished by then.
impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Failure::StoreUnavailable(error.to_string())
    }
}

/// Why an attempt that depends on what it has read was not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interrupted {
    /// Somebody else wrote first. Another attempt may find something else to do.
    Conflict,
    /// Another attempt would not help just now.
    Failed(Failure),
}

impl From<CommitError> for Interrupted {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Interrupted::Conflict,
            CommitError::Unavailable(_) => Interrupted::Failed(error.into()),
        }
    }
}

impl From<ReadError> for Interrupted {
    fn from(error: ReadError) -> Self {
        Interrupted::Failed(error.into())
    }
}

impl From<Failure> for Interrupted {
    fn from(failure: Failure) -> Self {
        Interrupted::Failed(failure)
    }
}
