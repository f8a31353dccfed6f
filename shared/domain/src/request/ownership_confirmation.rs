//! Whose a charge is where Stripe cannot tell: an approver's confirmation, and the stop where it is missing.

use serde::{Deserialize, Serialize};

use super::Request;
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
