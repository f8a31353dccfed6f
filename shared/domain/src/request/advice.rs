//! What a person has to do about a request that stopped.

use super::Stopped;
use crate::failure::{STRIPE_GUEST_CHARGE, STRIPE_INSUFFICIENT_FUNDS};

const GUEST_CHARGE: &str = "It is unclear whose the charge is: no customer of Stripe's with an address paid it, and the address \
     given at the payment is not that of the one who asks. An approver of this request who can tell opens \
     the link in their mail once more, enters its code and confirms whose the charge is. A redrive of the \
     execution pays then. If it is not the customer's, stop the execution: nothing has been paid.";

const INSUFFICIENT_FUNDS: &str = "Stripe has not paid because the balance of our own account with Stripe is too low. Add funds to it, in \
     Stripe's dashboard under Balances. A redrive of the execution pays then, once.";

impl Stopped {
    /// What a person has to do besides a redrive, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        advice(&self.error)
    }
}

/// What a person has to do about an error besides a redrive, where that is known.
pub(super) fn advice(error: &str) -> Option<&'static str> {
    match error {
        STRIPE_GUEST_CHARGE => Some(GUEST_CHARGE),
        STRIPE_INSUFFICIENT_FUNDS => Some(INSUFFICIENT_FUNDS),
        _ => None,
    }
}
