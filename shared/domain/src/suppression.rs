//! Addresses that no mail reaches, as the mail service has told.
//!
//! A mark holds no address, only what the link key makes of it: whoever reads the table learns nothing
//! from it, and whoever has an address can ask for its mark.
//!
//! A mark goes after 30 days. The mail service keeps a list of its own and lets the next mail to such an
//! address bounce again, so a mark comes back while it is right, and an address that works again heals.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::approval::LinkKey;
use crate::table::{CommitError, Entity, Key, ReadError, Stored, Table, Write, load};

const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often a mark is written anew because somebody else wrote at the same time.
const ATTEMPTS: usize = 8;

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// A mail came back for good.
    Bounced,
    /// Its owner reported a mail as spam; the mail service writes to them no more.
    Complained,
}

/// The mark of an address that no mail reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressedAddress {
    /// What the link key makes of the address.
    address_hash: String,
    /// What is wrong.
    pub trouble: SuppressionReason,
    /// Since when.
    pub since: Timestamp,
    /// When it was told of last.
    pub last: Timestamp,
}

impl SuppressedAddress {
    fn key_of(address_hash: &str) -> Key {
        Key {
            pk: format!("ADDRESS#{address_hash}"),
            sk: "ADDRESS".to_owned(),
        }
    }

    /// The database forgets a mark some time after its end, not at once.
    fn holds(&self, at: Timestamp) -> bool {
        self.expires_at().is_none_or(|end| at < end)
    }
}

impl Entity for SuppressedAddress {
    const KIND: &'static str = "badAddress";

    fn key(&self) -> Key {
        Self::key_of(&self.address_hash)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.last.checked_add(KEPT).ok()
    }
}

/// Whether no mail reaches an address.
pub async fn is_suppressed(
    table: &impl Table,
    key: &LinkKey,
    address: &str,
    at: Timestamp,
) -> Result<bool, ReadError> {
    let hash = key.address_hash(address);
    let mark = load::<SuppressedAddress>(table, &SuppressedAddress::key_of(&hash)).await?;
    Ok(mark.is_some_and(|mark| mark.value.holds(at)))
}

/// Marks an address. Marking it again for the same reason at the same time changes nothing.
pub async fn mark(
    table: &impl Table,
    key: &LinkKey,
    address: &str,
    trouble: SuppressionReason,
    at: Timestamp,
) -> Result<(), CommitError> {
    let unread = |error: ReadError| CommitError::Unavailable(error.to_string());
    let address_hash = key.address_hash(address);
    let place = SuppressedAddress::key_of(&address_hash);
    let new = SuppressedAddress {
        address_hash,
        trouble,
        since: at,
        last: at,
    };
    for _ in 0..ATTEMPTS {
        let write = match load::<SuppressedAddress>(table, &place)
            .await
            .map_err(unread)?
        {
            None => Write::create(&new),
            Some(old) if old.value.last >= at => return Ok(()),
            Some(Stored { value, version }) => {
                let since = if value.holds(at) { value.since } else { at };
                let value = SuppressedAddress {
                    since,
                    ..new.clone()
                };
                Write::update(&Stored { value, version })
            }
        };
        match table.commit(vec![write]).await {
            Err(CommitError::Conflict) => {}
            marked => return marked,
        }
    }
    Err(CommitError::Conflict)
}
