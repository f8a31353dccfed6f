//! Which news were taken in: whoever tells us of something tells it again until they are answered, and
//! sometimes once more.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::table::{Entity, Key, ReadError, Table, load};

/// How long it is remembered. Stripe sends an event again for three days, SNS for some weeks at most.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Who told us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Stripe's webhook.
    Stripe,
    /// SES, of a bounce or a complaint.
    Mail,
}

/// Something that was taken in, with everything that follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessedEvent {
    /// Who told us.
    pub source: Source,
    /// Their id of it.
    pub id: String,
    /// When it was taken in.
    pub at: Timestamp,
}

impl ProcessedEvent {
    /// Whether it was taken in before.
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
        Key {
            pk: format!("SEEN#{source}#{}", self.id),
            sk: "SEEN".to_owned(),
        }
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.at.checked_add(KEPT).ok()
    }
}
