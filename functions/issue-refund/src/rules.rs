//! The rules of our own: only those that Stripe does not enforce.

use domain::failure::Failure;
use domain::optimistic::AttemptError;
use domain::request::Request;
use domain::stripe::{Ownership, Payment, StripeError};
use domain::table::ReadError;

/// Why nothing is given back now.
#[derive(Debug)]
pub(crate) enum NotPaid {
    /// For good, by Stripe's word or by a rule of ours: in words for the team.
    Refused(String),
    /// For good, as too little is left of the charge: in words for the team.
    Exhausted(String),
    /// For the time being: it is tried again, or a person has to look.
    Failed(AttemptError),
}

impl From<AttemptError> for NotPaid {
    fn from(error: AttemptError) -> Self {
        NotPaid::Failed(error)
    }
}

impl From<Failure> for NotPaid {
    fn from(failure: Failure) -> Self {
        NotPaid::Failed(failure.into())
    }
}

impl From<ReadError> for NotPaid {
    fn from(error: ReadError) -> Self {
        NotPaid::Failed(error.into())
    }
}

/// For the calls whose refusal answers the customer: those that read what is to be given back, and those that give it.
impl From<StripeError> for NotPaid {
    fn from(error: StripeError) -> Self {
        let StripeError::Refused { message, .. } = error else {
            return Failure::from(error).into();
        };
        NotPaid::Refused(message)
    }
}

/// Refuses what Stripe would give back although it must not be. A message here is kept in the audit log, which holds
/// nothing of a customer.
pub(crate) fn check_preconditions(payment: &Payment, request: &Request) -> Result<(), NotPaid> {
    let id = &payment.id;
    let Some(charge) = &payment.charge else {
        return Err(NotPaid::Refused(format!("Nothing was paid with {id}.")));
    };
    match request.owns(payment) {
        // Fifty of another currency are not fifty dollars.
        _ if payment.currency != "usd" => {
            let currency = payment.currency.to_uppercase();
            Err(NotPaid::Refused(format!("{id} was paid in {currency}, not in USD.")))
        }
        // Stripe would release the whole authorization.
        _ if charge.captured_amount() == 0 => Err(NotPaid::Refused(format!(
            "{id} was not captured: there is nothing to give back."
        ))),
        Ownership::Theirs => Ok(()),
        Ownership::Another => Err(NotPaid::Refused(format!(
            "{id} belongs to another customer than the one who asks."
        ))),
        Ownership::Unclear => Err(Failure::StripeGuestCharge(
            "it is unclear whose the charge is: the address that Stripe has of who paid is not that of the one who asks"
                .to_owned(),
        )
        .into()),
    }
}
