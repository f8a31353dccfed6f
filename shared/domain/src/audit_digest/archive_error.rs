//! Why a copy of a digest was not written or read.

/// The buckets did not do what they were asked. Worth another try, unless a permission is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bucket did not answer: {0}")]
pub struct ArchiveError(pub String);
