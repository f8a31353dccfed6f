//! Buckets in memory, for tests: what was written first stays.

use std::collections::BTreeMap;

use domain::audit_digest::{ArchiveError, Archived, DigestArchive};
use jiff::Timestamp;
use parking_lot::Mutex;

/// Buckets that forget everything when they are dropped.
#[derive(Debug, Default)]
pub struct MemoryArchive {
    objects: Mutex<BTreeMap<(String, String), Archived>>,
    locked_until: Option<Timestamp>,
}

impl MemoryArchive {
    /// Buckets that lock what is written until that time.
    pub fn locking_until(at: Timestamp) -> Self {
        Self {
            locked_until: Some(at),
            ..Self::default()
        }
    }

    /// Changes what is stored, as nobody could who has to keep to the lock.
    pub fn tamper(&self, change: impl FnOnce(&mut BTreeMap<(String, String), Archived>)) {
        change(&mut self.objects.lock());
    }

    /// The keys in a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let objects = self.objects.lock();
        let keys = objects.keys().filter(|(of, _)| of == bucket);
        keys.map(|(_, key)| key.clone()).collect()
    }
}

impl DigestArchive for MemoryArchive {
    async fn put(&self, bucket: &str, key: &str, content: Vec<u8>) -> Result<(), ArchiveError> {
        let mut objects = self.objects.lock();
        let object = objects.entry((bucket.to_owned(), key.to_owned()));
        object.or_insert(Archived {
            content,
            locked_until: self.locked_until,
        });
        Ok(())
    }

    async fn first(&self, bucket: &str, key: &str) -> Result<Option<Archived>, ArchiveError> {
        let objects = self.objects.lock();
        Ok(objects.get(&(bucket.to_owned(), key.to_owned())).cloned())
    }
}
