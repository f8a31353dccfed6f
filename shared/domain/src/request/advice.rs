//! Why a request stopped, in plain words, and what a person has to do about it.

use super::Request;
use crate::failure::{
    LIMIT_REACHED, PAYMENTS_STOPPED, REQUEST_CHANGED, STRIPE_GUEST_CHARGE,
    STRIPE_INSUFFICIENT_FUNDS, is_outage,
};

const GUEST_CHARGE: &str = "It is unclear whose the charge is: the address that Stripe has of who paid is not that of the one who asks. \
     An approver of this request who can tell opens the link in their mail once more, enters its code and confirms \
     whose the charge is. A redrive of the execution pays then. If it is not the customer's, leave it as it is: nothing has \
     been paid.";

const INSUFFICIENT_FUNDS: &str = "Stripe has not paid because the balance of our own account with Stripe is too low. Add funds to it, in \
     Stripe's dashboard under Balances. A redrive of the execution pays then, once.";

const STOPPED_BY_SWITCH: &str = "Payments are stopped, so this one was not made. Once an operator has resumed them (`admin payments \
     resume`), a redrive of the execution pays. Nothing has to be approved again.";

const ABOVE_LIMIT: &str = "The payment would pass a limit of its offering, so it was not made. Either an operator raises the \
     limit (`admin limits raise`), or time passes until there is room in it again; then a redrive of the \
     execution pays. Nothing has to be approved again.";

impl Request {
    /// What it is about, without a word of the customer's: `$30.00 for ch_1`, or what it is called.
    pub fn summary(&self) -> String {
        match (self.amount(), self.charge()) {
            (Some(amount), Some(charge)) => format!("{amount} for {charge}"),
            (Some(amount), None) => format!("{}, {amount}", self.title),
            (None, _) => self.title.clone(),
        }
    }

    /// Why it stopped, and what to do where that is known. None: it has not stopped.
    pub fn stop_cause(&self) -> Option<String> {
        let error = self.stopped.as_ref()?.error.as_str();
        Some(self.advice().unwrap_or_else(|| cause(error).to_owned()))
    }

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

/// What an error without advice means, for people who know nothing of its name.
fn cause(error: &str) -> &'static str {
    match error {
        "Stripe.Unavailable" => "Stripe did not answer for too long.",
        "Stripe.Misconfigured" => {
            "Stripe refuses our calls: its API key, or what that key may do, is not right."
        }
        "Stripe.Undecided" => {
            "Nobody knows whether Stripe has made this payment, and another attempt could pay twice. \
             Look the charge up at Stripe first."
        }
        "Stripe.Pending" => {
            "Stripe has taken this refund and not paid it in all this time. Look the refund up at Stripe."
        }
        "Execution.ABORTED" => {
            "Somebody stopped its execution in Step Functions. A redrive within 14 days lets it go on from where it stood."
        }
        "Execution.TIMED_OUT" => "Its execution ran for longer than Step Functions lets one run.",
        REQUEST_CHANGED => "What would be paid is not what was approved, so nothing was paid.",
        "Config.Invalid" => {
            "A setting of this deployment is missing or wrong, such as who is on a team."
        }
        outage if is_outage(outage) => "A service that this system needs was away for too long.",
        _ => "A part of this system does not work as it is deployed.",
    }
}
