//! Whose a charge is where Stripe cannot tell: an approver's confirmation, and the stop where it is missing.

use serde::{Deserialize, Serialize};

use super::{Request, Stopped};
use crate::failure::STRIPE_GUEST_CHARGE;

/// An approver's word that a charge is that of the customer who asks. It holds for this charge alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnershipConfirmation {
    /// `ch_...`
    pub charge: String,
    /// The approver's address.
    pub by: String,
}

impl Request {
    /// The charge that an approver has confirmed to be the customer's.
    pub fn confirmed_charge(&self) -> Option<&str> {
        let confirmation = self.ownership_confirmation.as_ref()?;
        Some(&confirmation.charge)
    }

    /// Whether it stands still because nobody could tell whose the charge is.
    pub fn stopped_over_a_guests_charge(&self) -> bool {
        let stopped = self.stopped.as_ref();
        stopped.is_some_and(|stopped| stopped.error == STRIPE_GUEST_CHARGE)
    }
}

impl Stopped {
    /// What a person has to do besides a redrive, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        advice(&self.error)
    }
}

/// What a person has to do about an error besides a redrive, where that is known.
pub(super) fn advice(error: &str) -> Option<&'static str> {
    (error == STRIPE_GUEST_CHARGE).then_some(
        "It is unclear whose the charge is: no customer of Stripe's with an address paid it, and the address \
         given at the payment is not that of the one who asks. An approver of this request who can tell opens \
         the link in their mail once more, enters its code and confirms whose the charge is. A redrive of the \
         execution pays then. If it is not the customer's, stop the execution: nothing has been paid.",
    )
}
