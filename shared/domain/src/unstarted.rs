//! Requests that are stored and whose execution is not started yet.
//!
//! A request is stored first and started then, and whoever does it may die in between, or Step Functions may be away.
//! The customer is told that it was not taken and may never try again, but it is stored: so each new request has an
//! item here, in the transaction that stores it, until its execution has started. What is left over is started later.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{OfferingPath, RequestId};
use crate::request::Request;
use crate::request_store::RequestStore;
use crate::table::{CommitError, Entity, Key, ReadError, Table, load, load_values};
use crate::workflow::{Workflow, WorkflowError};

/// What the partitions' names end with: the first digit of the requests' ids, so that many requests at once do not
/// meet in one partition.
const SHARDS: &str = "0123456789abcdef";

/// A request that is stored and, as far as is known, not started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnstartedRequest {
    /// The request.
    pub request_id: RequestId,
    /// Whose state machine it is to run.
    pub offering: OfferingPath,
    /// Which version of it: the ARN of the one whose form was filled in.
    pub machine_version: String,
    /// When it was stored.
    pub stored_at: Timestamp,
}

impl UnstartedRequest {
    /// Of a request that is about to be stored, and is to run that version of its state machine.
    pub fn of(request: &Request, version: &str) -> Self {
        Self {
            request_id: request.request_id,
            offering: request.offering.clone(),
            machine_version: version.to_owned(),
            stored_at: request.submitted_at,
        }
    }

    /// Starts it. Where its version is gone, whatever the alias of its state machine leads to takes its place.
    pub async fn start(
        &self,
        workflow: &impl Workflow,
        alias: Option<&str>,
    ) -> Result<(), WorkflowError> {
        let started = workflow.start(&self.machine_version, self.request_id).await;
        match (started, alias) {
            (Err(WorkflowError::VersionGone), Some(alias)) => {
                workflow.start(alias, self.request_id).await
            }
            (started, _) => started,
        }
    }
}

impl Entity for UnstartedRequest {
    const KIND: &'static str = "unstarted";

    fn key(&self) -> Key {
        key(self.request_id)
    }
}

fn key(id: RequestId) -> Key {
    let sk = id.to_string();
    let shard = sk.chars().next().unwrap_or_default();
    Key::new(partition(shard), sk)
}

fn partition(shard: char) -> String {
    format!("UNSTARTED#{shard}")
}

impl<T: Table> RequestStore<T> {
    /// What a request is to run, as long as its execution has not started.
    pub async fn unstarted_request(
        &self,
        id: RequestId,
    ) -> Result<Option<UnstartedRequest>, ReadError> {
        let found = load(self.table(), &key(id)).await?;
        Ok(found.map(|stored| stored.value))
    }

    /// All that are left.
    pub async fn unstarted(&self) -> Result<Vec<UnstartedRequest>, ReadError> {
        let mut all = Vec::new();
        for shard in SHARDS.chars() {
            all.extend(load_values(self.table(), &partition(shard), "").await?);
        }
        Ok(all)
    }

    /// Notes that the execution of a request has started.
    pub async fn note_started(&self, id: RequestId) -> Result<(), CommitError> {
        self.table().remove(&key(id)).await
    }
}
