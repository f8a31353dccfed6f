//! The link of somebody who is asked, as it is stored, with the wrong guesses at its code.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::link_keys::link_hash;
use crate::id::{PhaseName, RequestId};
use crate::one_time_code::Guesses;
use crate::table::{Entity, Key};

/// An approval's link, stored under the hash of its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    pub(super) hash: String,
    /// The request.
    pub request_id: RequestId,
    /// The phase.
    pub phase: PhaseName,
    /// The round of the approval that it belongs to.
    pub round: u32,
    /// The approver's address. None: it is the customer's link, whose address stands in the approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// Which of the approver's links it is: a locked one is followed by a fresh one.
    #[serde(default)]
    pub generation: u32,
    /// The wrong codes that were tried on it.
    #[serde(flatten)]
    pub(super) guesses: Guesses,
    /// When the database may forget it.
    pub(super) kept_until: Timestamp,
}

impl Link {
    /// Where the link of that id is stored.
    pub fn key_of(link_id: &str) -> Key {
        Self::key_of_hash(&link_hash(link_id))
    }

    fn key_of_hash(hash: &str) -> Key {
        Key::new(format!("LINK#{hash}"), "LINK")
    }

    /// Whether it was guessed at too often to be of use any longer.
    pub fn is_locked(&self) -> bool {
        self.guesses.is_locked()
    }

    /// Counts a wrong code.
    pub fn count_wrong_code(&mut self) {
        self.guesses.count();
    }
}

impl Entity for Link {
    const KIND: &'static str = "link";

    fn key(&self) -> Key {
        Self::key_of_hash(&self.hash)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.kept_until)
    }
}
