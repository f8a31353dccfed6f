//! Which events were taken in: Stripe sends an event until it is answered, and sometimes once more.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::table::{Entity, Key};

/// Stripe sends an event again for three days at most.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An event that was taken in, with everything that follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeenEvent {
    /// `evt_...`
    pub(crate) event_id: String,
    /// When.
    pub(crate) received_at: Timestamp,
}

impl SeenEvent {
    pub(crate) fn key_of(event_id: &str) -> Key {
        Key {
            pk: format!("STRIPE_EVENT#{event_id}"),
            sk: "EVENT".to_owned(),
        }
    }
}

impl Entity for SeenEvent {
    const KIND: &'static str = "stripeEvent";

    fn key(&self) -> Key {
        Self::key_of(&self.event_id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.received_at.checked_add(KEPT).ok()
    }
}
