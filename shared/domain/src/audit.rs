//! The audit log: one record for every change of a request, stored in the same transaction.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{OfferingPath, PhaseName, RequestId};
use crate::status::Status;

/// What happened, when, by whom, and where the request stood afterwards.
///
/// It names approvers, who act for the company, and never holds a customer's answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// The request.
    pub request_id: RequestId,
    /// Its offering.
    pub offering: OfferingPath,
    /// 1 for the submission, then without a gap.
    pub seq: u32,
    /// When: the time of the event that the function handled.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What: `submitted`, `asked`, `approve`, `refunded` and so on.
    pub action: String,
    /// In which phase.
    pub phase: PhaseName,
    /// The status afterwards.
    pub status: Status,
    /// A reason, a refund's id, Stripe's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Actor {
    /// The customer who asks for the refund; the request knows who that is.
    Customer,
    /// The process itself.
    System,
    /// An approver, by address.
    Approver(String),
}

impl From<String> for Actor {
    fn from(text: String) -> Self {
        match text.as_str() {
            "customer" => Actor::Customer,
            "system" => Actor::System,
            _ => Actor::Approver(text),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> String {
        actor.to_string()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Customer => f.write_str("customer"),
            Actor::System => f.write_str("system"),
            Actor::Approver(address) => f.write_str(address),
        }
    }
}
