//! The rules of our own: only those that Stripe does not enforce.

use domain::failure::Failure;
use domain::request::Request;
use domain::stripe::{Ownership, Payment, StripeError};

/// Why nothing is given back now.
#[derive(Debug)]
pub(crate) enum NotPaid {
    /// For good, by Stripe's word or by a rule of ours: in words for the team.
    Refused(String),
    /// For the time being: it is retried, or a person has to look.
    Failed(Failure),
}

impl From<Failure> for NotPaid {
    fn from(failure: Failure) -> Self {
        NotPaid::Failed(failure)
    }
}

/// For the calls whose refusal answers the customer: those that read what is to be given back, and those that give it.
impl From<StripeError> for NotPaid {
    fn from(error: StripeError) -> Self {
        let StripeError::Refused { message, .. } = error else {
            return NotPaid::Failed(error.into());
        };
        NotPaid::Refused(message)
    }
}

/// Refuses what Stripe would give back although it must not be. A message here is kept in the audit log, which holds
/// nothing of a customer.
pub(crate) fn check_preconditions(payment: &Payment, request: &Request) -> Result<(), NotPaid> {
    let id = &payment.id;
    match request.owns(payment) {
        // Fifty of another currency are not fifty dollars.
        _ if payment.currency != "usd" => {
            let currency = payment.currency.to_uppercase();
            Err(NotPaid::Refused(format!("{id} was paid in {currency}, not in USD.")))
        }
        Ownership::Theirs => Ok(()),
        Ownership::Another => Err(NotPaid::Refused(format!(
            "{id} belongs to another customer than the one who asks."
        ))),
        Ownership::Unclear => Err(NotPaid::Failed(Failure::StripeGuestCharge(
            "it is unclear whose the charge is: the address that Stripe has of who paid is not that of the one who asks"
                .to_owned(),
        ))),
    }
}
