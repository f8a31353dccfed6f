//! Events that were processed. Stripe and SNS deliver at least once; an event that is stored here is skipped.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::table::{Entity, Key, ReadError, Table, load};

/// How long an event is remembered. Stripe repeats one for three days, SNS for some weeks at most.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Who sends events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Stripe's webhook.
    Stripe,
    /// SES, of a bounce or a complaint.
    Mail,
}

/// An event whose effects are all stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessedEvent {
    /// Who sent it.
    pub source: Source,
    /// The sender's id of it.
    pub id: String,
    /// When it was processed.
    pub at: Timestamp,
}

impl ProcessedEvent {
    /// Whether it was processed before.
    pub async fn is_known(&self, table: &impl Table) -> Result<bool, ReadError> {
        let known = load::<Self>(table, &self.key()).await?;
        Ok(known.is_some())
    }
}

impl Entity for ProcessedEvent {
    const KIND: &'static str = "seen";

    fn key(&self) -> Key {
        let source = match self.source {
            Source::Stripe => "STRIPE",
            Source::Mail => "MAIL",
        };
        Key::new(format!("SEEN#{source}#{}", self.id), "SEEN")
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT).ok()
    }
}
