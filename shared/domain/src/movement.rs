//! Movements of money as the audit log has them: what a customer got, and what of it came back.

use crate::audit::{Action, AuditRecord, Currency};
use crate::id::RequestId;
use crate::refund::SettlementMethod;

/// The actions of which something moved.
pub const ACTIONS: &[Action] = &[Action::Refunded, Action::Credited, Action::RefundReversed];

/// How many cents a record says that moved: negative where they came back.
pub fn signed_cents(record: &AuditRecord) -> Option<i64> {
    let cents = i64::try_from(record.amount?.cents()).ok()?;
    let came_back = record.action == Action::RefundReversed;
    Some(if came_back { -cents } else { cents })
}

/// A record of the audit log that is about money or a credit that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedMovement {
    /// The request.
    pub request_id: RequestId,
    /// As money, or as a credit.
    pub means: SettlementMethod,
    /// Stripe's id of the refund or credit.
    pub stripe_id: String,
    /// The charge that it is of.
    pub charge: String,
    /// In cents: negative where it came back.
    pub cents: i64,
    /// In which currency.
    pub currency: Currency,
}

impl LoggedMovement {
    /// What a record says. None: it is about something else.
    pub fn of(record: &AuditRecord) -> Option<Self> {
        if !ACTIONS.contains(&record.action) {
            return None;
        }
        Some(Self {
            request_id: record.request_id,
            means: record.means?,
            stripe_id: record.stripe_id.clone()?,
            charge: record.charge.clone()?,
            cents: signed_cents(record)?,
            currency: record.currency?,
        })
    }
}
