//! The hash chain of a request's audit log: each record holds a hash over itself and the hash of the one before, and the
//! request holds the last. So whoever changes, removes, adds or swaps records has to write all that come after anew, and
//! the request too.
//!
//! A hash is SHA-256, as lower-case hex, over the hash of the record before (nothing for the first), a line feed, and the
//! record as JSON without `hash`: its names in the order of their code points, no white space. Whoever exports the records
//! can check it with any tool.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::approval::hex;
use crate::audit::AuditRecord;
use crate::id::RequestId;
use crate::request::Request;
use crate::request_store::RequestStore;
use crate::table::{Range, ReadError, Table};

/// What is wrong with an audit log, at the first record that it shows at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A record is not what was written: it was changed, added, or stands where another belongs.
    #[error("record {0} is not what was written there")]
    Changed(u32),
    /// A record is missing.
    #[error("record {0} is missing")]
    Missing(u32),
    /// There are more records than the request has.
    #[error("record {0} was added")]
    Added(u32),
    /// The records fit each other, and the last is not the one that the request knows.
    #[error("the records were written anew, up to the last of them: record {0}")]
    Rewritten(u32),
}

/// The hash of a record that follows the one with that hash.
pub(crate) fn hash(previous: &str, record: &AuditRecord) -> String {
    let record = serde_json::to_value(record).expect("records have string keys and serialize");
    hash_of(previous, &record)
}

fn hash_of(previous: &str, record: &Value) -> String {
    let fields = record.as_object().into_iter().flatten();
    let sorted: BTreeMap<_, _> = fields.filter(|(name, _)| *name != "hash").collect();
    let canonical = serde_json::to_string(&sorted).expect("it was JSON before");
    hex(&Sha256::digest(format!("{previous}\n{canonical}")))
}

/// Checks the records of a request, as they are stored and in the order of their keys.
pub fn verify(request: &Request, records: &[Value]) -> Result<(), Broken> {
    let mut previous = String::new();
    let mut expected = 0;
    for record in records {
        expected += 1;
        if expected > request.audit_count {
            return Err(Broken::Added(expected));
        }
        match record["seq"].as_u64() {
            Some(seq) if seq > expected.into() => return Err(Broken::Missing(expected)),
            Some(seq) if seq == u64::from(expected) => {}
            _ => return Err(Broken::Changed(expected)),
        }
        let of_request = record["requestId"] == request.request_id.to_string();
        let hash = hash_of(&previous, record);
        if !of_request || record["hash"] != hash {
            return Err(Broken::Changed(expected));
        }
        previous = hash;
    }
    if expected < request.audit_count {
        return Err(Broken::Missing(expected + 1));
    }
    if previous == request.audit_hash {
        Ok(())
    } else {
        Err(Broken::Rewritten(expected))
    }
}

impl<T: Table> RequestStore<T> {
    /// Checks the audit log of a request, and answers how many records it has. None: there is no such request.
    pub async fn verify_audit_log(
        &self,
        id: RequestId,
    ) -> Result<Option<Result<u32, Broken>>, ReadError> {
        let log = self.audit_log(id).await?;
        Ok(log.map(|(request, records)| verify(&request, &records).map(|()| request.audit_count)))
    }

    /// A request, and its records as they are stored at the same moment. None: there is no such request.
    pub(crate) async fn audit_log(
        &self,
        id: RequestId,
    ) -> Result<Option<(Request, Vec<Value>)>, ReadError> {
        let (pk, prefix) = AuditRecord::all_of(id);
        let mut before = self.request(id).await?;
        loop {
            let records = self.table().list(Range::all(&pk, prefix)).await?;
            let after = self.request(id).await?;
            // Otherwise something happened meanwhile, of which the record may have been read or not.
            if before == after {
                let records = records.into_iter().map(|(body, _)| body).collect();
                return Ok(after.map(|request| (request.value, records)));
            }
            before = after;
        }
    }
}
