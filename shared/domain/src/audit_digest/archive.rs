//! Copies of digests outside of the table, where what is written stays: a bucket with Object Lock.

use std::future::Future;

use jiff::Timestamp;

use super::archive_error::ArchiveError;
use super::{Copied, WholeDigest, archive_key, digest_chains};
use crate::dates::next_day;
use crate::failure::Failure;
use crate::table::{ReadError, Table, Write};

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// What was written.
    pub content: Vec<u8>,
    /// Until when nobody can remove or change it. None: somebody can.
    pub locked_until: Option<Timestamp>,
}

/// The port to the buckets that copies are kept in.
pub trait DigestArchive: Send + Sync {
    /// Writes under a key where nothing is. What is there stays.
    fn put(
        &self,
        bucket: &str,
        key: &str,
        content: Vec<u8>,
    ) -> impl Future<Output = Result<(), ArchiveError>> + Send;

    /// What was written under a key first, whatever was written or removed there later.
    fn first(
        &self,
        bucket: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<Archived>, ArchiveError>> + Send;
}

/// Copies all digests that are not in that bucket yet.
pub async fn archive_due(
    table: &impl Table,
    archive: &impl DigestArchive,
    bucket: &str,
) -> Result<(), Failure> {
    for mut chain in digest_chains(table).await? {
        let copied = chain.value.copied.take().filter(|it| it.bucket == bucket);
        let oldest = chain.value.oldest;
        let mut day = copied.map_or(oldest, |it| next_day(it.until).max(oldest));
        while day <= chain.value.day {
            let digest = WholeDigest::load(table, &chain.value.offering, day).await?;
            let digest = digest.ok_or_else(|| ReadError::Malformed {
                pk: chain.value.offering.to_string(),
                sk: day.to_string(),
                why: "the digest is missing".to_owned(),
            })?;
            let content = serde_json::to_vec(&digest).expect("a digest serializes");
            let key = archive_key(&chain.value.offering, day);
            archive.put(bucket, &key, content).await?;
            chain.value.copied = Some(Copied {
                bucket: bucket.to_owned(),
                until: day,
            });
            table.commit(vec![Write::update(&chain)]).await?;
            chain.version += 1;
            day = next_day(day);
        }
    }
    Ok(())
}
