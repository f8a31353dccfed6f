//! The ledger entry of a refund: the intent is written before Stripe is called.
//!
//! At most one entry exists per request, created under a condition. Whoever finds one that is not
//! settled knows that Stripe may have been asked already, and looks before asking again: also
//! when Stripe has long forgotten the idempotency key.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::RequestId;
use crate::money::Usd;
use crate::table::{Entity, Key};

/// What we asked Stripe to pay back, or are about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundEntry {
    /// For which request.
    pub request_id: RequestId,
    /// The charge or payment intent.
    pub charge: String,
    /// How much.
    pub amount: Usd,
    /// When it was intended.
    pub intended_at: Timestamp,
    /// Stripe's id of the refund, once it has told us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripe_id: Option<String>,
}

impl RefundEntry {
    /// Where a request's entry is stored.
    pub fn key_of(request_id: RequestId) -> Key {
        Key {
            pk: format!("REQUEST#{request_id}"),
            sk: "REFUND".to_owned(),
        }
    }

    /// The key under which Stripe answers a repeated call with the first call's answer. It depends
    /// on what is paid and never on the attempt.
    pub fn idempotency_key(&self) -> String {
        format!(
            "refund-{}-{}-{}",
            self.request_id,
            self.charge,
            self.amount.cents()
        )
    }
}

impl Entity for RefundEntry {
    const KIND: &'static str = "refund";

    fn key(&self) -> Key {
        Self::key_of(self.request_id)
    }
}
