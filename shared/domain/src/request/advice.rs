//! What a person has to do about a request that stopped, besides a redrive.

use super::Request;
use crate::failure::{LIMIT_REACHED, PAYMENTS_STOPPED, STRIPE_GUEST_CHARGE};

impl Request {
    /// What the team is advised to do, where that is known, and what is known of why.
    pub fn advice(&self) -> Option<String> {
        let error = self.stopped.as_ref()?.error.as_str();
        let advice = advice(error)?;
        let hold = self.payment_hold.as_ref();
        Some(
            match hold.filter(|_| [PAYMENTS_STOPPED, LIMIT_REACHED].contains(&error)) {
                Some(hold) => format!("{}\n\n{advice}", hold.reason),
                None => advice.to_owned(),
            },
        )
    }
}

/// What to do about an error.
pub(super) fn advice(error: &str) -> Option<&'static str> {
    match error {
        STRIPE_GUEST_CHARGE => Some(
            "It is unclear whose the charge is: no customer of Stripe's with an address paid it, and the address \
             given at the payment is not that of the one who asks. An approver of this request who can tell opens \
             the link in their mail once more, enters its code and confirms whose the charge is. A redrive of the \
             execution pays then. If it is not the customer's, stop the execution: nothing has been paid.",
        ),
        PAYMENTS_STOPPED => Some(
            "Payments are stopped, so this one was not made. Once an operator has resumed them (`admin payments \
             resume`), a redrive of the execution pays. Nothing has to be approved again.",
        ),
        LIMIT_REACHED => Some(
            "The payment would pass a limit of its offering, so it was not made. Either an operator raises the \
             limit (`admin limits raise`), or time passes until there is room in it again; then a redrive of the \
             execution pays. Nothing has to be approved again.",
        ),
        _ => None,
    }
}
