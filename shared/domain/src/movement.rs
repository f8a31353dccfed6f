//! Movements of money as the audit log has them: what a customer got, and what of it came back.

use crate::audit::{Action, AuditRecord, Currency};
use crate::id::RequestId;
use crate::refund::SettlementMethod;

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
        let came_back = record.action == Action::RefundReversed;
        if !came_back && !matches!(record.action, Action::Refunded | Action::Credited) {
            return None;
        }
        let cents = i64::try_from(record.amount?.cents()).ok()?;
        Some(Self {
            request_id: record.request_id,
            means: record.means?,
            stripe_id: record.stripe_id.clone()?,
            charge: record.charge.clone()?,
            cents: if came_back { -cents } else { cents },
            currency: record.currency?,
        })
    }
}
