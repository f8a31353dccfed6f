//! The audit log of what people change for the whole deployment, beside those of the requests: a partition of its
//! own, numbered without a gap.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::id::{OfferingPath, RequestId};
use crate::optimistic::update;
use crate::table::{Entity, Key, ReadError, Table, Write, load_or, load_values};

const PARTITION: &str = "OPERATORS";

/// Who changed something, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Who, as they call themselves.
    pub by: String,
    /// Why, in their words.
    pub because: String,
    /// When.
    pub at: Timestamp,
}

/// One change. Its fields are named as those of a request's [`AuditRecord`](crate::audit::AuditRecord).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatorRecord {
    /// From 1, without a gap.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What they did.
    pub action: OperatorAction,
    /// The offering, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offering: Option<OfferingPath>,
    /// What holds now, and why.
    pub detail: String,
}

/// What was changed. The names are stored and reported: they do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorAction {
    /// No payment is made from now on.
    PaymentsStopped,
    /// Payments are made again.
    PaymentsResumed,
    /// Limits hold in place of an offering's own.
    LimitsOverridden,
    /// The offering's own limits hold again.
    LimitsReset,
    /// Requests that had stopped were let go on.
    RequestsRedriven,
    /// People joined a team.
    MembersAdded,
    /// People left a team.
    MembersRemoved,
    /// A team is again as it was deployed.
    TeamReset,
    /// The personal data of somebody's requests was removed.
    PersonErased,
}

printed_as_stored!(OperatorAction);

/// How many records there are.
#[derive(Debug, Serialize, Deserialize)]
struct LogHead {
    count: u32,
}

impl OperatorRecord {
    /// All of them, oldest first.
    pub async fn all(table: &impl Table) -> Result<Vec<Self>, ReadError> {
        load_values(table, PARTITION, "AUDIT#").await
    }

    /// What stores the next record. It fails the transaction if another record was stored since.
    pub(crate) async fn append(
        table: &impl Table,
        change: &Change,
        action: OperatorAction,
        offering: Option<&OfferingPath>,
        detail: String,
    ) -> Result<[Write; 2], ReadError> {
        let mut head = load_or(table, LogHead { count: 0 }).await?;
        head.value.count += 1;
        let record = Self {
            seq: head.value.count,
            at: change.at,
            actor: change.by.clone(),
            action,
            offering: offering.cloned(),
            detail,
        };
        Ok([Write::update(&head), Write::create(&record)])
    }
}

/// Records that requests that had stopped are let go on: how many, and why they had stopped.
pub async fn record_redrive(
    table: &impl Table,
    (requests, cause): (usize, &str),
    change: &Change,
) -> Result<(), Failure> {
    let detail = format!("{requests} stopped by {cause}: {}", change.because);
    record(table, OperatorAction::RequestsRedriven, detail, change).await
}

/// Records that the personal data of these requests is removed. Whose they were is not recorded.
pub async fn record_erasure(
    table: &impl Table,
    requests: &[RequestId],
    change: &Change,
) -> Result<(), Failure> {
    let ids: Vec<String> = requests.iter().map(ToString::to_string).collect();
    let detail = format!("{} ({}): {}", ids.len(), ids.join(", "), change.because);
    record(table, OperatorAction::PersonErased, detail, change).await
}

/// Records what is no change of an item.
async fn record(
    table: &impl Table,
    action: OperatorAction,
    detail: String,
    change: &Change,
) -> Result<(), Failure> {
    update(|| async {
        let append = OperatorRecord::append(table, change, action, None, detail.clone());
        Ok(table.commit(append.await?.into()).await?)
    })
    .await
}

impl Entity for OperatorRecord {
    const KIND: &'static str = "operatorAudit";

    fn key(&self) -> Key {
        Key::new(PARTITION, format!("AUDIT#{:06}", self.seq))
    }
}

impl Entity for LogHead {
    const KIND: &'static str = "operatorAuditHead";

    fn key(&self) -> Key {
        Key::new(PARTITION, "HEAD")
    }
}
