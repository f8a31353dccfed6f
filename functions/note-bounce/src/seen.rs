//! Which news of a customer's address were taken in, so that each stands in the trail once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::table::{Entity, Key};

/// SNS delivers a message again for some weeks at most.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A bounce or a complaint that stands in a trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeenFeedback {
    /// SES's id of it.
    pub(crate) feedback_id: String,
    /// When it was told.
    pub(crate) at: Timestamp,
}

impl SeenFeedback {
    pub(crate) fn key_of(feedback_id: &str) -> Key {
        Key {
            pk: format!("MAIL_FEEDBACK#{feedback_id}"),
            sk: "FEEDBACK".to_owned(),
        }
    }
}

impl Entity for SeenFeedback {
    const KIND: &'static str = "mailFeedback";

    fn key(&self) -> Key {
        Self::key_of(&self.feedback_id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT).ok()
    }
}
