//! Suppressed addresses: mail to them bounced for good, their owners complained, or the mail service refused them.
//!
//! An entry holds a keyed hash of the address, not the address: whoever reads the table learns nothing from it.
//!
//! An entry expires, and comes back for as long as it is right. After a bounce or a complaint it is kept for 30 days,
//! as each further one counts against the sender; the mail service has a suppression list of its own and lets the next
//! mail to such an address bounce again. A refusal counts against nobody and may end at any hour, such as when an
//! address is verified, so its entry is kept for a day.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::approval::LinkKeys;
use crate::failure::Failure;
use crate::mail::{self, Mail, MailError, Mailer};
use crate::optimistic::update;
use crate::table::{Entity, Key, ReadError, Stored, Table, Write, load};

/// Why an address is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// A mail came back for good.
    Bounced,
    /// Its owner reported a mail as spam; the mail service writes to them no more.
    Complained,
    /// The mail service does not send to it.
    Refused,
}

impl SuppressionReason {
    /// How long an address is suppressed.
    fn kept(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            SuppressionReason::Bounced | SuppressionReason::Complained => 30 * 24,
            SuppressionReason::Refused => 24,
        })
    }
}

/// The entry of a suppressed address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressedAddress {
    /// The address's [keyed hash](LinkKeys::address_hashes) by the key that was the newest then.
    address_hash: String,
    /// What was reported last.
    pub reason: SuppressionReason,
    /// When it was first reported.
    pub since: Timestamp,
    /// When it was last reported.
    pub last: Timestamp,
}

impl SuppressedAddress {
    fn key_of(address_hash: &str) -> Key {
        Key::new(format!("ADDRESS#{address_hash}"), "ADDRESS")
    }

    /// The database deletes an expired entry some time later, not at once.
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
        self.last.checked_add(self.reason.kept()).ok()
    }
}

/// Whether an address is suppressed.
pub async fn is_suppressed(
    table: &impl Table,
    keys: &LinkKeys,
    address: &str,
    at: Timestamp,
) -> Result<bool, ReadError> {
    for hash in keys.address_hashes(address) {
        let entry = load::<SuppressedAddress>(table, &SuppressedAddress::key_of(&hash)).await?;
        if entry.is_some_and(|entry| entry.value.holds(at)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Sends several mails, such as one to each of a team, and returns how many the mail service accepted. An address that
/// it refuses is suppressed, and the others get their mail all the same. Fails when the service does not answer, or
/// takes no mail from this sender: the caller's retry sends all of them again.
pub async fn send_all(
    mailer: &impl Mailer,
    (table, keys): (&impl Table, &LinkKeys),
    mails: &[Mail],
    at: Timestamp,
) -> Result<usize, Failure> {
    let mut accepted = 0;
    for mail in mails {
        match mail::send(mailer, mail).await {
            Ok(()) => accepted += 1,
            Err(MailError::RecipientRefused(_)) => {
                suppress(table, keys, &mail.to, SuppressionReason::Refused, at).await?;
            }
            Err(error) => return Err(Failure::MailUnavailable(error)),
        }
    }
    Ok(accepted)
}

/// Suppresses an address. Reporting the same again changes nothing.
pub async fn suppress(
    table: &impl Table,
    keys: &LinkKeys,
    address: &str,
    reason: SuppressionReason,
    at: Timestamp,
) -> Result<(), Failure> {
    let new = SuppressedAddress {
        address_hash: keys.newest().address_hash(address),
        reason,
        since: at,
        last: at,
    };
    update(|| async {
        let write = match load::<SuppressedAddress>(table, &new.key()).await? {
            None => Write::create(&new),
            Some(old) if old.value.expires_at() >= new.expires_at() => return Ok(()),
            Some(Stored { value, version }) => {
                let is_current = value.holds(new.last);
                let since = if is_current { value.since } else { new.since };
                let value = SuppressedAddress {
                    since,
                    ..new.clone()
                };
                Write::update(&Stored { value, version })
            }
        };
        Ok(table.commit(vec![write]).await?)
    })
    .await
}
