//! Times as Step Functions counts and writes them.

use jiff::{SignedDuration, Timestamp};

use crate::clock::later;

/// The time so many seconds later, or the end of time.
pub(crate) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    later(at, SignedDuration::from_secs(seconds))
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339_millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
