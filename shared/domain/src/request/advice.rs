//! What a person has to do about a request that stopped, besides a redrive.

use super::Request;
use crate::failure::{
    LIMIT_REACHED, PAYMENTS_STOPPED, STRIPE_GUEST_CHARGE, STRIPE_INSUFFICIENT_FUNDS,
};

const GUEST_CHARGE: &str = "It is unclear whose the charge is: the address that Stripe has of who paid is not that of the one who asks. \
     An approver of this request who can tell opens the link in their mail once more, enters its code and confirms \
     whose the charge is. A redrive of the execution pays then. If it is not the customer's, stop the execution: nothing \
     has been paid.";

const INSUFFICIENT_FUNDS: &str = "Stripe has not paid because the balance of our own account with Stripe is too low. Add funds to it, in \
     Stripe's dashboard under Balances. A redrive of the execution pays then, once.";

const STOPPED_BY_SWITCH: &str = "Payments are stopped, so this one was not made. Once an operator has resumed them (`admin payments \
     resume`), a redrive of the execution pays. Nothing has to be approved again.";

const ABOVE_LIMIT: &str = "The payment would pass a limit of its offering, so it was not made. Either an operator raises the \
     limit (`admin limits raise`), or time passes until there is room in it again; then a redrive of the \
     execution pays. Nothing has to be approved again.";

impl Request {
    /// What the team is advised to do, where that is known; before it, why the payment was held, if it was.
    pub fn advice(&self) -> Option<String> {
        let error = self.stopped.as_ref()?.error.as_str();
        let advice = advice(error)?;
        let is_held = [PAYMENTS_STOPPED, LIMIT_REACHED].contains(&error);
        Some(match self.payment_hold.as_ref().filter(|_| is_held) {
            Some(hold) => format!("{}\n\n{advice}", hold.reason),
            None => advice.to_owned(),
        })
    }
}

/// What to do about an error.
pub(super) fn advice(error: &str) -> Option<&'static str> {
    match error {
        STRIPE_GUEST_CHARGE => Some(GUEST_CHARGE),
        STRIPE_INSUFFICIENT_FUNDS => Some(INSUFFICIENT_FUNDS),
        PAYMENTS_STOPPED => Some(STOPPED_BY_SWITCH),
        LIMIT_REACHED => Some(ABOVE_LIMIT),
        _ => None,
    }
}
