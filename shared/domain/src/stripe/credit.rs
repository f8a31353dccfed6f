//! A credit toward the customer's next invoice, in place of money back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::RequestId;
use crate::money::Usd;

/// What is to be credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditOrder {
    /// The kind of credit.
    pub target: CreditTarget,
    /// The amount to credit.
    pub amount: Usd,
    /// What else Stripe keeps with the credit: among it `request_id`, by which it is found again.
    pub metadata: BTreeMap<String, String>,
    /// The key under which a repeated call gets the first call's answer.
    pub idempotency_key: String,
}

/// How a credit is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CreditTarget {
    /// A credit note on the finalized invoice that was paid.
    Invoice(String),
    /// A negative amount on the balance of a customer, where no invoice was paid.
    Customer(String),
}

/// A credit as Stripe describes it: a credit note or a transaction of a balance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Credit {
    /// `cn_...` or `cbtxn_...`
    pub id: String,
    /// In cents. Of a customer's balance, what is given is negative.
    #[serde(default)]
    pub amount: i64,
    /// In lower case.
    #[serde(default)]
    pub currency: String,
    /// Of a credit note: `issued`, or `void` when it was taken back.
    #[serde(default)]
    pub status: Option<String>,
    /// Of a credit note: what of it was given after the invoice was paid. What it lowered before was never paid.
    #[serde(default)]
    pub post_payment_amount: Option<u64>,
    /// Of a credit note: the refunds that pay it out, each with what it pays of this credit note.
    #[serde(default)]
    pub refunds: Vec<CreditNoteRefund>,
    /// What we stored with it.
    #[serde(default, deserialize_with = "super::null_as_default")]
    pub metadata: BTreeMap<String, String>,
}

/// A refund that pays a credit note out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CreditNoteRefund {
    /// In cents.
    pub amount_refunded: u64,
}

impl Credit {
    /// The request that it was made for.
    pub fn request_id(&self) -> Option<RequestId> {
        self.metadata.get(super::REQUEST_ID)?.parse().ok()
    }

    /// Whether it was taken back.
    pub fn is_void(&self) -> bool {
        self.status.as_deref() == Some("void")
    }

    /// What it gave beside the refunds that pay it out, which Stripe lists by themselves. In cents.
    pub fn given_cents(&self) -> u64 {
        if self.is_void() {
            return 0;
        }
        let whole = self.post_payment_amount;
        let paid_out = self.refunds.iter().map(|refund| refund.amount_refunded);
        whole
            .unwrap_or(self.amount.unsigned_abs())
            .saturating_sub(paid_out.sum())
    }
}

impl CreditOrder {
    /// The call's parameters, in the order in which they are sent.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let cents = self.amount.cents();
        let mut form = match &self.target {
            CreditTarget::Invoice(invoice) => vec![
                ("invoice".to_owned(), invoice.clone()),
                ("amount".to_owned(), cents.to_string()),
                // All of it goes to the balance, from where the next invoice takes it.
                ("credit_amount".to_owned(), cents.to_string()),
            ],
            // What the customer owes is positive.
            CreditTarget::Customer(_) => vec![
                ("amount".to_owned(), format!("-{cents}")),
                ("currency".to_owned(), "usd".to_owned()),
            ],
        };
        form.extend(metadata_parameters(&self.metadata));
        form
    }
}

/// Metadata as the parameters of a form.
pub(super) fn metadata_parameters(
    metadata: &BTreeMap<String, String>,
) -> impl Iterator<Item = (String, String)> {
    metadata
        .iter()
        .map(|(name, value)| (format!("metadata[{name}]"), value.clone()))
}
