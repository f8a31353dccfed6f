//! Checking the digests of an offering, and by them the audit logs that they name.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    ArchiveError, AuditDigest, DigestArchive, DigestChain, LogHead, WholeDigest, archive_key,
};
use crate::audit_chain::{self, Broken};
use crate::dates::next_day;
use crate::id::RequestId;
use crate::request_store::RequestStore;
use crate::table::{Entity, ReadError, Table, load};

/// What is wrong, at the first place where it shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestFault {
    /// A digest is not what was written: it was changed, or stands where another belongs.
    #[error("the digest of {0} is not what was written there")]
    Changed(Date),
    /// A digest is missing.
    #[error("the digest of {0} is missing")]
    Missing(Date),
    /// There is a digest after the last.
    #[error("the digest of {0} was added")]
    Added(Date),
    /// The digests fit each other, and the last is not the one that the chain ends with.
    #[error("the digests were written anew, up to that of {0}")]
    Rewritten(Date),
    /// The bucket has no copy of a digest.
    #[error("the bucket has no digest of {0}")]
    NotCopied(Date),
    /// The bucket has another digest of that day.
    #[error("the bucket has another digest of {0}")]
    OtherCopy(Date),
    /// The copy in the bucket can be removed.
    #[error("the digest of {0} in the bucket is not locked")]
    NotLocked(Date),
    /// A request that a digest names is missing, with its audit log.
    #[error("the request {0}, which the digest of {1} names, is missing")]
    RequestMissing(RequestId, Date),
    /// The audit log of a request is broken in itself, or a record that a digest names is missing.
    #[error("the audit log of {0}: {1}")]
    Log(RequestId, Broken),
    /// The audit log of a request fits itself, and a record is not the one that was there that day.
    #[error(
        "the audit log of {request}: it was written anew, record {seq} is not the one that the digest of {day} names"
    )]
    LogRewritten {
        /// The request.
        request: RequestId,
        /// The number of the record.
        seq: u32,
        /// The first day whose digest names another one.
        day: Date,
    },
}

/// Why digests could not be found right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// They are not as they were written.
    #[error(transparent)]
    Fault(#[from] DigestFault),
    /// The table could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The bucket could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// The copies to compare digests with.
#[derive(Debug, Clone, Copy)]
pub struct Copies<'a, A> {
    /// Where they are.
    pub archive: &'a A,
    /// The bucket.
    pub bucket: &'a str,
    /// When nobody may be able to remove them.
    pub now: Timestamp,
}

/// What was found right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The day of the first digest.
    pub from: Date,
    /// The day of the last.
    pub until: Date,
    /// How many heads of audit logs were compared.
    pub heads: usize,
}

/// Checks the digests of an offering from that day on, or all; that each log which they name is whole and has the record;
/// and that the first copies in the bucket are the same, and locked.
pub async fn verify_digests<A: DigestArchive>(
    store: &RequestStore<impl Table>,
    chain: &DigestChain,
    from: Option<Date>,
    copies: Option<Copies<'_, A>>,
) -> Result<Verified, VerifyError> {
    let table = store.table();
    let first = from.map_or(chain.oldest, |from| from.clamp(chain.oldest, chain.day));
    // The hash and the number of the digest before. The first that is kept may follow one that is not.
    let mut before = match first.yesterday() {
        Ok(day) if first > chain.oldest => {
            let key = AuditDigest::key_of(&chain.offering, day);
            let digest = load::<AuditDigest>(table, &key).await?;
            let digest = digest.ok_or(DigestFault::Missing(day))?.value;
            Some((digest.number, digest.hash))
        }
        _ => None,
    };
    let (mut day, mut heads) = (first, 0);
    let mut compared = BTreeMap::new();
    loop {
        let whole = WholeDigest::load(table, &chain.offering, day).await?;
        let whole = whole.ok_or(DigestFault::Missing(day))?;
        check_digest(&whole, chain, day, before)?;
        if let Some(copies) = &copies {
            check_copy(&whole, copies).await?;
        }
        heads += whole.heads.len();
        compared = check_logs(store, whole.heads, day, &compared).await?;
        before = Some((whole.digest.number, whole.digest.hash));
        if day >= chain.day {
            break;
        }
        day = next_day(day);
    }
    if before != Some((chain.number, chain.hash.clone())) {
        return Err(DigestFault::Rewritten(day).into());
    }
    check_end(table, chain, copies.as_ref()).await?;
    Ok(Verified {
        from: first,
        until: day,
        heads,
    })
}

fn check_digest(
    whole: &WholeDigest,
    chain: &DigestChain,
    day: Date,
    before: Option<(u32, String)>,
) -> Result<(), DigestFault> {
    let digest = &whole.digest;
    let follows = match before {
        Some((number, hash)) => digest.number == number + 1 && digest.previous == hash,
        // Only the first of all follows none.
        None => (digest.number == 1) == digest.previous.is_empty(),
    };
    let is_of_day = digest.day == day && digest.offering == chain.offering;
    let is_whole = digest.count == whole.heads.len();
    if follows && is_of_day && is_whole && digest.hash == digest.hash_with(&whole.heads) {
        Ok(())
    } else {
        Err(DigestFault::Changed(day))
    }
}

async fn check_copy<A: DigestArchive>(
    whole: &WholeDigest,
    copies: &Copies<'_, A>,
) -> Result<(), VerifyError> {
    let day = whole.digest.day;
    let key = archive_key(&whole.digest.offering, day);
    let copy = copies.archive.first(copies.bucket, &key).await?;
    let copy = copy.ok_or(DigestFault::NotCopied(day))?;
    if serde_json::from_slice(&copy.content).ok().as_ref() != Some(whole) {
        return Err(DigestFault::OtherCopy(day).into());
    }
    if copy.locked_until.is_none_or(|until| until < copies.now) {
        return Err(DigestFault::NotLocked(day).into());
    }
    Ok(())
}

/// Compares what a digest names, but what the one before named just so, and gives all that it names.
async fn check_logs(
    store: &RequestStore<impl Table>,
    heads: Vec<LogHead>,
    day: Date,
    compared: &BTreeMap<RequestId, LogHead>,
) -> Result<BTreeMap<RequestId, LogHead>, VerifyError> {
    let mut named = BTreeMap::new();
    for head in heads {
        let request = head.request_id;
        if compared.get(&request) != Some(&head) {
            let log = store.audit_log(request).await?;
            let (owner, records) = log.ok_or(DigestFault::RequestMissing(request, day))?;
            audit_chain::verify(&owner, &records)
                .map_err(|broken| DigestFault::Log(request, broken))?;
            let seq = head.seq;
            let at = usize::try_from(seq).unwrap_or_default().checked_sub(1);
            match at.and_then(|at| records.get(at)) {
                Some(record) if record["hash"] == head.hash => {}
                Some(_) => return Err(DigestFault::LogRewritten { request, seq, day }.into()),
                None => return Err(DigestFault::Log(request, Broken::Missing(seq)).into()),
            }
        }
        named.insert(request, head);
    }
    Ok(named)
}

/// Nothing comes after the last digest, unless one was written meanwhile.
async fn check_end<A: DigestArchive>(
    table: &impl Table,
    chain: &DigestChain,
    copies: Option<&Copies<'_, A>>,
) -> Result<(), VerifyError> {
    let day = next_day(chain.day);
    let key = AuditDigest::key_of(&chain.offering, day);
    let added = load::<AuditDigest>(table, &key).await?.is_some();
    let in_bucket = match copies {
        Some(copies) => {
            let key = archive_key(&chain.offering, day);
            let copy = copies.archive.first(copies.bucket, &key).await?;
            copy.is_some()
        }
        None => false,
    };
    let now = load::<DigestChain>(table, &chain.key()).await?;
    if now.is_some_and(|now| now.value.day > chain.day) {
        return Ok(());
    }
    match (added, in_bucket) {
        (true, _) => Err(DigestFault::Added(day).into()),
        (false, true) => Err(DigestFault::Missing(day).into()),
        (false, false) => Ok(()),
    }
}
