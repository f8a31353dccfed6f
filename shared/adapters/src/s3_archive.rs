//! Digests in buckets of S3, which lock each object by their own default retention (Object Lock).

use std::time::Duration;

use crate::aws::described;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::ChecksumAlgorithm;
use domain::audit_digest::{ArchiveError, Archived, DigestArchive};
use jiff::Timestamp;

/// How long one attempt at a call may take, and how long all of them. A digest of 100,000 heads has 14 MB.
const ATTEMPT: Duration = Duration::from_secs(30);
const CALL: Duration = Duration::from_secs(65);

/// S3.
#[derive(Debug, Clone)]
pub struct S3Archive(Client);

impl S3Archive {
    /// S3 with the role of the function, or of whoever asks.
    pub fn new(aws: &aws_config::SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(CALL);
        let config = Builder::from(aws).timeout_config(timeouts.build());
        Self(Client::from_conf(config.build()))
    }

    /// The id of the oldest version of an object. A later one, or its removal, leaves that where it is locked.
    async fn oldest_version(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<String>, ArchiveError> {
        let (mut oldest, mut after) = (None, (None, None));
        loop {
            let list = self.0.list_object_versions().bucket(bucket).prefix(key);
            let list = list.set_key_marker(after.0).set_version_id_marker(after.1);
            let page = list
                .send()
                .await
                .map_err(|error| ArchiveError(described(&error)))?;
            // Those of a key are listed from the newest to the oldest.
            let versions = page.versions.into_iter().flatten();
            let mut of_key = versions.filter(|version| version.key.as_deref() == Some(key));
            oldest = of_key.next_back().and_then(|it| it.version_id).or(oldest);
            if page.next_key_marker.is_none() {
                return Ok(oldest);
            }
            after = (page.next_key_marker, page.next_version_id_marker);
        }
    }
}

impl DigestArchive for S3Archive {
    async fn put(&self, bucket: &str, key: &str, content: Vec<u8>) -> Result<(), ArchiveError> {
        let put = self.0.put_object().bucket(bucket).key(key);
        let put = put
            .if_none_match("*")
            .content_type("application/json")
            // S3 takes nothing without a checksum into a bucket that locks.
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .body(content.into());
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(()),
            Err(error) => Err(ArchiveError(described(&error))),
        }
    }

    async fn first(&self, bucket: &str, key: &str) -> Result<Option<Archived>, ArchiveError> {
        let Some(version) = self.oldest_version(bucket, key).await? else {
            return Ok(None);
        };
        let get = self.0.get_object().bucket(bucket).key(key);
        let object = get.version_id(version).send().await;
        let object = object.map_err(|error| ArchiveError(described(&error)))?;
        let locked_until = object.object_lock_retain_until_date;
        let content = object.body.collect().await;
        let content = content.map_err(|error| ArchiveError(error.to_string()))?;
        Ok(Some(Archived {
            content: content.to_vec(),
            locked_until: locked_until.and_then(|at| Timestamp::from_second(at.secs()).ok()),
        }))
    }
}

#[cfg(test)]
mod tests;
