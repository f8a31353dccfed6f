//! Daily digests of the audit logs of an offering. A [chain of hashes](crate::audit_chain) shows what was touched within a
//! request's log, and nothing where somebody writes log and request anew; a digest names the last record of each log, so
//! what it names can no longer be another record.
//!
//! The digest of a day names each request that has a record of that day or of the two before, with the last of these
//! records. It is written some hours after the day has ended in UTC. A record has the time of the event that was handled,
//! and retries of that last for more than a day: the next two digests name what was stored after the first was written.
//! What is stored later still is named with the request's next record.
//! An offering has a digest for each day from its first record on, also for days without one.
//!
//! A digest's hash is SHA-256, as lower-case hex, over lines that end with a line feed: the hash of the digest before
//! (empty for the first), the offering, the day, the digest's number, the number of its heads; and for each head, in the
//! order of the requests' ids, `requestId seq hash`. So whoever changes one has to write all that come after anew. A
//! [`DigestArchive`] holds them where nobody can.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::approval::hex;
use crate::id::{OfferingPath, RequestId};
use crate::table::{Entity, Key, ReadError, Stored, Table, load, load_all, load_values};

mod archive;
pub(crate) mod archive_error;
mod verify;
mod write;

pub use archive::{Archived, DigestArchive, archive_due};
pub use archive_error::ArchiveError;
pub use verify::{Copies, DigestFault, Verified, VerifyError, verify_digests};
pub use write::{remove_digests, write_due};

/// How many days the records are of that a digest names, with its own day.
const WINDOW_DAYS: i64 = 3;

/// The partition of all chains.
const CHAINS: &str = "DIGESTS";

/// The last record of a request's audit log when a digest was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogHead {
    /// The request.
    pub request_id: RequestId,
    /// The number of the record.
    pub seq: u32,
    /// Its hash.
    pub hash: String,
}

/// The digest of an offering and a day. Its heads are stored beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditDigest {
    /// The offering.
    pub offering: OfferingPath,
    /// 1 for the first, then without a gap.
    pub number: u32,
    /// The day in UTC, one after that of the digest before.
    pub day: Date,
    /// The hash of the digest before; empty for the first.
    pub previous: String,
    /// How many heads it has.
    pub count: usize,
    /// What binds it to its heads and to the digests before.
    pub hash: String,
}

impl AuditDigest {
    /// What the hash has to be with these heads.
    fn hash_with(&self, heads: &[LogHead]) -> String {
        let mut hash = Sha256::new();
        hash.update(format!(
            "{}\n{}\n{}\n",
            self.previous, self.offering, self.day
        ));
        hash.update(format!("{}\n{}\n", self.number, self.count));
        for head in heads {
            hash.update(format!("{} {} {}\n", head.request_id, head.seq, head.hash));
        }
        hex(&hash.finalize())
    }

    fn key_of(offering: &OfferingPath, day: Date) -> Key {
        Key::new(partition(offering), format!("DIGEST#{day}"))
    }
}

fn partition(offering: &OfferingPath) -> String {
    format!("DIGEST#{offering}")
}

impl Entity for AuditDigest {
    const KIND: &'static str = "auditDigest";

    fn key(&self) -> Key {
        Self::key_of(&self.offering, self.day)
    }
}

/// Some of a digest's heads: as many as fit into an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DigestHeads {
    offering: OfferingPath,
    day: Date,
    /// The digest's hash. As it stands in the key, two runs at once never write different heads there.
    digest: String,
    /// Counts the items of a digest, from 1.
    part: u32,
    heads: Vec<LogHead>,
}

/// What the sort keys of all heads of a day begin with.
fn heads_of_day(day: Date) -> String {
    format!("HEADS#{day}#")
}

impl Entity for DigestHeads {
    const KIND: &'static str = "digestHeads";

    fn key(&self) -> Key {
        let (heads, digest) = (heads_of_day(self.day), &self.digest);
        Key::new(
            partition(&self.offering),
            format!("{heads}{digest}#{:06}", self.part),
        )
    }
}

/// Where the digests of an offering begin and end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestChain {
    /// The offering.
    pub offering: OfferingPath,
    /// The day of the first digest that is still kept.
    pub oldest: Date,
    /// The day of the last digest.
    pub day: Date,
    /// Its number.
    pub number: u32,
    /// Its hash.
    pub hash: String,
    /// How far they were copied, and into which bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    copied: Option<Copied>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Copied {
    bucket: String,
    /// The day of the last digest that is there.
    until: Date,
}

impl Entity for DigestChain {
    const KIND: &'static str = "digestChain";

    fn key(&self) -> Key {
        Key::new(CHAINS, self.offering.to_string())
    }
}

/// The chains of all offerings that have one.
pub async fn digest_chains(table: &impl Table) -> Result<Vec<Stored<DigestChain>>, ReadError> {
    load_all(table, CHAINS, "").await
}

/// A digest with its heads, as it is copied: one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct WholeDigest {
    #[serde(flatten)]
    digest: AuditDigest,
    heads: Vec<LogHead>,
}

impl WholeDigest {
    async fn load(
        table: &impl Table,
        offering: &OfferingPath,
        day: Date,
    ) -> Result<Option<Self>, ReadError> {
        let digest = load::<AuditDigest>(table, &AuditDigest::key_of(offering, day)).await?;
        let Some(Stored { value: digest, .. }) = digest else {
            return Ok(None);
        };
        let prefix = format!("{}{}#", heads_of_day(day), digest.hash);
        let parts: Vec<DigestHeads> = load_values(table, &partition(offering), &prefix).await?;
        let heads = parts.into_iter().flat_map(|part| part.heads).collect();
        Ok(Some(Self { digest, heads }))
    }
}

/// Under which key a digest is copied: `service/offering/2026-11-26.json`.
fn archive_key(offering: &OfferingPath, day: Date) -> String {
    format!("{offering}/{day}.json")
}

/// What was recorded then or before is named by no digest but those of days that ended by `end`.
pub fn last_named_until(end: Timestamp) -> Timestamp {
    let window = SignedDuration::from_hours(24 * WINDOW_DAYS);
    end.saturating_sub(window).unwrap_or(Timestamp::MIN)
}
