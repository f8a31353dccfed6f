//! The rows of the refunds report: one for each movement of money.

use jiff::Timestamp;
use serde::Serialize;

use crate::audit::{Action, Actor, AuditRecord, Currency};
use crate::id::{OfferingPath, RequestId};
use crate::movement::signed_cents;
use crate::table::{ReadError, Table};

/// The names of [`Row`]'s fields.
pub(super) const COLUMNS: &[&str] = &[
    "paidAt",
    "requestId",
    "offering",
    "charge",
    "stripeId",
    "amountCents",
    "currency",
    "kind",
    "approvedBy",
    "reason",
    "approvedAt",
    "approverReasons",
];

/// A movement, with what its request's audit log says before it. Of several approvals each text lists all, in their order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    paid_at: Timestamp,
    request_id: RequestId,
    offering: OfferingPath,
    charge: Option<String>,
    stripe_id: Option<String>,
    /// Negative where it came back.
    amount_cents: Option<i64>,
    currency: Option<Currency>,
    kind: &'static str,
    approved_by: String,
    /// The customer's.
    reason: Option<String>,
    approved_at: String,
    approver_reasons: String,
}

/// The row of a record that is about a movement.
pub(super) async fn row(table: &impl Table, movement: &AuditRecord) -> Result<Row, ReadError> {
    let mut before = AuditRecord::load_all(table, movement.request_id).await?;
    before.retain(|record| record.seq < movement.seq);
    Ok(row_of(movement, &before))
}

fn row_of(movement: &AuditRecord, before: &[AuditRecord]) -> Row {
    let intents = [Action::RefundIntended, Action::CreditIntended];
    let mut latest = before.iter().rev();
    let intent = latest.find(|record| intents.contains(&record.action));
    let approvals = before.iter().filter(|record| {
        let is_approval = [Action::PartlyApproved, Action::Approved].contains(&record.action);
        is_approval && matches!(record.actor, Actor::Approver(_))
    });
    let list = |text: fn(&AuditRecord) -> Option<String>| {
        let texts: Vec<_> = approvals.clone().filter_map(text).collect();
        texts.join("; ")
    };
    let kind = match movement.means {
        _ if movement.action == Action::RefundReversed => "reversal",
        Some(means) => means.noun(),
        None => "refund",
    };
    Row {
        paid_at: movement.at,
        request_id: movement.request_id,
        offering: movement.offering.clone(),
        charge: movement.charge.clone(),
        stripe_id: movement.stripe_id.clone(),
        amount_cents: signed_cents(movement),
        currency: movement.currency,
        kind,
        approved_by: list(|record| Some(record.actor.to_string())),
        reason: intent.and_then(|record| record.detail.clone()),
        approved_at: list(|record| Some(record.at.to_string())),
        approver_reasons: list(|record| record.detail.clone()),
    }
}
