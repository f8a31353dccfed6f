//! The objects of an account. Their members are Stripe's, by Stripe's names; what else an object has on the wire
//! follows from these and is added in [`super::wire`]. Amounts are whole minor units of the currency (cents);
//! times are Unix seconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::StripeError;

/// Key-value pairs that a client stores with an object.
pub(crate) type Metadata = BTreeMap<String, String>;

/// Stripe's test mode settles an asynchronous refund within half an hour.
pub(crate) const SETTLES_AFTER_SECONDS: i64 = 30 * 60;

/// What exists at start was made on 1 January 2026, 00:00 UTC.
fn made_at() -> i64 {
    1_767_225_600
}

/// A person who paid.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) email: Option<String>,
    pub(crate) name: String,
    #[serde(default = "made_at")]
    created: i64,
}

/// A payment that was tried.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    /// None: a guest paid.
    pub(crate) customer: Option<String>,
    /// What was given at the payment. None: the customer's own address.
    #[serde(default, skip_serializing)]
    pub(crate) billing_email: Option<String>,
    pub(crate) payment_intent: Option<String>,
    #[serde(rename = "amount")]
    pub(crate) amount_cents: u64,
    #[serde(rename = "amount_captured")]
    pub(crate) captured_cents: u64,
    pub(crate) currency: String,
    /// What is printed on the receipt that was mailed. None: none was.
    #[serde(default)]
    receipt_number: Option<String>,
    #[serde(default)]
    pub(crate) disputed: bool,
    #[serde(default = "made_at")]
    created: i64,
    /// Not Stripe's: which of its test cards paid.
    #[serde(default, skip_serializing)]
    pub(crate) settlement: Settlement,
    /// Not Stripe's: the account's balance is too low to refund it until it is topped up.
    #[serde(default, skip_serializing)]
    pub(crate) needs_top_up: bool,
}

/// How refunds of a charge come to their end, as Stripe's test cards decide it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Settlement {
    /// Succeeds at once: an ordinary card.
    #[default]
    Immediate,
    /// Pending first, succeeds later (test card 4000 0000 0000 7726).
    Delayed,
    /// Pending first, fails later.
    DelayedFailure,
    /// Succeeds first, fails later (test card 4000 0000 0000 5126).
    FailsLater,
}

/// The intent to pay, whose latest charge is the payment.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    customer: String,
    #[serde(rename = "amount")]
    pub(crate) amount_cents: u64,
    currency: String,
    pub(crate) latest_charge: Option<String>,
    #[serde(default = "made_at")]
    created: i64,
}

/// What was to be paid, and was.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    /// What is printed on it, which that of a credit note continues.
    pub(crate) number: String,
    pub(crate) customer: String,
    #[serde(rename = "amount_paid")]
    pub(crate) paid_cents: u64,
    #[serde(default = "made_at")]
    created: i64,
}

/// The payment of an invoice. All invoices are paid, each by one payment intent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct InvoicePayment {
    pub(crate) id: String,
    pub(crate) invoice: String,
    #[serde(rename = "amount_paid")]
    pub(crate) paid_cents: u64,
    #[serde(default = "made_at")]
    pub(crate) created: i64,
    #[serde(skip_serializing)]
    pub(crate) payment_intent: String,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    #[serde(rename = "amount")]
    pub(crate) amount_cents: u64,
    pub(crate) charge: String,
    #[serde(default = "made_at")]
    pub(crate) created: i64,
    pub(crate) currency: String,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    pub(crate) payment_intent: Option<String>,
    pub(crate) reason: Option<String>,
}

/// Where a refund stands at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// A document that takes back a part of an invoice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CreditNote {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) invoice: String,
    pub(crate) customer: String,
    #[serde(rename = "amount")]
    pub(crate) amount_cents: u64,
    pub(crate) customer_balance_transaction: String,
    pub(crate) metadata: Metadata,
    pub(crate) created: i64,
}

/// A change of what a customer owes: what is given to them is negative.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BalanceTransaction {
    pub(crate) id: String,
    pub(crate) customer: String,
    #[serde(rename = "amount")]
    pub(crate) amount_cents: i64,
    #[serde(rename = "ending_balance")]
    pub(crate) ending_balance_cents: i64,
    /// The credit note that it comes from, with its invoice; None: it was made by itself.
    pub(crate) credit_note: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) created: i64,
}

/// Something that Stripe finds by its id.
pub(crate) trait Object {
    /// Stripe's word for it, as in `No such charge: 'ch_x'`.
    const NOUN: &str;

    fn id(&self) -> &str;
}

/// An object that a request names in `param`.
pub(crate) fn find<'a, T: Object>(
    all: &'a [T],
    id: &str,
    param: &str,
) -> Result<&'a T, StripeError> {
    let found = all.iter().find(|it| it.id() == id);
    found.ok_or_else(|| StripeError::missing(T::NOUN, id, param))
}

/// `re_` and 24 characters, as Stripe's ids look.
pub(crate) fn new_id(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}_{}", &random[..24])
}

macro_rules! objects {
    ($($object:ident, $noun:literal;)*) => {$(
        impl Object for $object {
            const NOUN: &str = $noun;

            fn id(&self) -> &str {
                &self.id
            }
        }
    )*};
}

objects! {
    Customer, "customer";
    Charge, "charge";
    PaymentIntent, "payment_intent";
    Invoice, "invoice";
    InvoicePayment, "invoice_payment";
    Refund, "refund";
    CreditNote, "credit_note";
    BalanceTransaction, "customer_balance_transaction";
}
