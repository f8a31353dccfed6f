//! How a function tells Step Functions that it failed.
//!
//! The names are part of the contract with the generated state machines, whose `Retry` and `Catch`
//! match on them. A message never holds a customer's data: it stands in the execution's history.

use crate::audit_digest::archive_error::ArchiveError;
use crate::mail::error::MailError;
use crate::payment_control::Limit;
use crate::rule::NoAmount;
use crate::stripe::StripeError;
use crate::table::{CommitError, ReadError};
use crate::workflow::error::WorkflowError;

/// The name of [`Failure::StripeGuestCharge`], by which a stopped request knows what it waits for.
pub const STRIPE_GUEST_CHARGE: &str = "Stripe.GuestCharge";

/// The name of a failure because our own account with Stripe has too little money.
pub const STRIPE_INSUFFICIENT_FUNDS: &str = "Stripe.InsufficientFunds";
/// The name of [`Failure::PaymentsStopped`].
pub const PAYMENTS_STOPPED: &str = "Payments.Stopped";
/// The name of [`Failure::LimitReached`].
pub const LIMIT_REACHED: &str = "Payments.LimitReached";

/// What the names begin with of a stop that Step Functions says and no function: `Execution.ABORTED`, `Execution.TIMED_OUT`.
pub const EXECUTION_ENDED: &str = "Execution.";
/// The one that is not news: the state that fails has recorded why before.
pub const EXECUTION_FAILED: &str = "Execution.FAILED";

/// The name of [`Failure::RequestChanged`].
pub const REQUEST_CHANGED: &str = "Request.Changed";

/// Whether an execution that stopped by this error says something of its request, of a person's setting or of a
/// service that was away, and nothing of what is deployed.
pub fn is_expected(error: &str) -> bool {
    let ours = ["Payments.", "Stripe.", EXECUTION_ENDED]
        .iter()
        .any(|of| error.starts_with(of));
    ours || error == REQUEST_CHANGED || is_outage(error)
}

/// Whether this error says that a service was away.
pub fn is_outage(error: &str) -> bool {
    error.ends_with(".Unavailable")
}

/// A failed invocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The database could not be read. Retried if it did not answer, and not if an item is malformed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database could not be written. Retried, also after a conflict: whoever wrote first has finished by then.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The mail service did not answer, or takes no mail from this sender. Retried.
    #[error(transparent)]
    MailUnavailable(#[from] MailError),
    /// Step Functions did not do what it was asked. Retried, unless a definition is malformed.
    #[error(transparent)]
    Workflow(#[from] WorkflowError),
    /// Stripe did not do what it was asked, and that is no answer to the customer. Retried if Stripe did not say what
    /// happened: the next attempt looks before it pays.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// Stripe took the refund and has not paid it in all this time. A person has to look.
    #[error("{0}")]
    StripePending(String),
    /// Nobody knows what became of an earlier call, and another one would not tell. A person has to look.
    #[error("{0}")]
    StripeUndecided(String),
    /// It is unclear whose the charge is, or which. A person can tell.
    #[error("{0}")]
    StripeGuestCharge(String),
    /// No payment is made by anybody, until a person switches payments on again.
    #[error("payments are stopped")]
    PaymentsStopped,
    /// The payment would pass a limit of its offering. A person can raise it.
    #[error("the limit {0} is reached")]
    LimitReached(Limit),
    /// The bucket of digests did not do what it was asked. Worth another try.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// What the function is told by its deployment cannot be read. Retried.
    #[error("the function cannot start: {0}")]
    SettingsUnavailable(String),
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
    /// The condition and the form do not belong together.
    #[error(transparent)]
    ConditionInvalid(#[from] NoAmount),
    /// The payload is not what this function expects.
    #[error("{0}")]
    PayloadInvalid(String),
}

impl Failure {
    /// The error's name, as `ErrorEquals` matches it.
    pub fn name(&self) -> &'static str {
        match self {
            Failure::Read(ReadError::Unavailable(_)) | Failure::Commit(_) => "Store.Unavailable",
            Failure::MailUnavailable(_) => "Mail.Unavailable",
            Failure::Workflow(
                WorkflowError::Unavailable(_)
                | WorkflowError::TokenGone
                | WorkflowError::VersionGone,
            ) => "Workflow.Unavailable",
            Failure::Stripe(StripeError::Busy(_) | StripeError::Unknown(_)) => "Stripe.Unavailable",
            Failure::Stripe(StripeError::Misconfigured(_) | StripeError::KeyRefused) => {
                "Stripe.Misconfigured"
            }
            Failure::Stripe(StripeError::InsufficientFunds(_)) => STRIPE_INSUFFICIENT_FUNDS,
            // A refusal counts only where it answers the call that pays, or the one that reads what is to be paid.
            Failure::Stripe(StripeError::Refused { .. } | StripeError::Undecided(_))
            | Failure::StripeUndecided(_) => "Stripe.Undecided",
            Failure::StripePending(_) => "Stripe.Pending",
            Failure::StripeGuestCharge(_) => STRIPE_GUEST_CHARGE,
            Failure::PaymentsStopped => PAYMENTS_STOPPED,
            Failure::LimitReached(_) => LIMIT_REACHED,
            Failure::Archive(_) => "Archive.Unavailable",
            Failure::SettingsUnavailable(_) => "Settings.Unavailable",
            Failure::ConfigInvalid(_) => "Config.Invalid",
            Failure::RequestNotFound => "Request.NotFound",
            Failure::RequestChanged(_) => REQUEST_CHANGED,
            Failure::NeedsAttention => "Request.NeedsAttention",
            Failure::Read(ReadError::Malformed { .. })
            | Failure::Workflow(WorkflowError::Malformed(_))
            | Failure::ConditionInvalid(_)
            | Failure::PayloadInvalid(_) => "Payload.Invalid",
        }
    }
}
