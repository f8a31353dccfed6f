//! The port to Stripe: the few calls that a refund or a credit needs, and what their answers mean.
//!
//! Narrow traits: [`Payments`] are read, [`Refunds`] and [`Credits`] are made, and [`Listings`] are what was made in a
//! span of time.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::id::RequestId;
use crate::money::Usd;
use crate::task::StripeReason;

mod credit;
mod error;
mod payment;

pub use credit::{Credit, CreditNoteRefund, CreditOrder, CreditTarget};
pub use error::StripeError;
pub use payment::{Charge, Customer, Intent, Ownership, Payer, Payment, amount_text, ownership};

/// What comes of a call.
pub type StripeResult<T> = Result<T, StripeError>;

/// The name under which Stripe keeps a request's id with what was made for it.
pub const REQUEST_ID: &str = "request_id";

/// What is to be paid back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// A charge `ch_...` or a payment intent `pi_...`.
    pub charge: String,
    /// The amount to give back.
    pub amount: Usd,
    /// Stripe's word for why.
    pub reason: StripeReason,
    /// What else Stripe keeps with the refund: among it `request_id`, by which it is found again.
    pub metadata: BTreeMap<String, String>,
    /// The key under which a repeated call gets the first call's answer.
    pub idempotency_key: String,
}

impl RefundOrder {
    /// The call's parameters, in the order in which they are sent.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let named = |name: &str, value: String| (name.to_owned(), value);
        let mut form = vec![
            named(charge_parameter(&self.charge), self.charge.clone()),
            named("amount", self.amount.cents().to_string()),
            named("reason", self.reason.as_str().to_owned()),
        ];
        form.extend(credit::metadata_parameters(&self.metadata));
        form
    }
}

/// The parameter that names what is refunded: Stripe takes a payment intent under its own name.
pub fn charge_parameter(charge: &str) -> &'static str {
    if is_intent(charge) {
        "payment_intent"
    } else {
        "charge"
    }
}

/// Whether this names a payment intent rather than a charge.
pub fn is_intent(charge: &str) -> bool {
    charge.starts_with("pi_")
}

/// Whether this is the number of a receipt or an invoice, which people read, and no id of Stripe's: only ids have a `_`.
pub fn is_document_number(text: &str) -> bool {
    !text.contains('_')
}

/// A refund as Stripe describes it. The status stays open to new words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Refund {
    /// `re_...`
    pub id: String,
    /// In the smallest unit of the charge's currency.
    pub amount: u64,
    /// In lower case.
    #[serde(default)]
    pub currency: String,
    /// `ch_...`
    #[serde(default, deserialize_with = "expandable_id")]
    pub charge: Option<String>,
    /// `pi_...`, where the charge has one.
    #[serde(default, deserialize_with = "expandable_id")]
    pub payment_intent: Option<String>,
    /// `pending`, `requires_action`, `succeeded`, `failed`, `canceled`, or new.
    pub status: Option<String>,
    /// Why it failed, when it did.
    #[serde(default)]
    pub failure_reason: Option<String>,
    /// What we stored with it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: BTreeMap<String, String>,
}

/// How a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundState {
    /// The customer has the money.
    Paid,
    /// It was taken, and the money has not moved yet; with Stripe's word for that.
    Pending(String),
    /// It will not be paid; in words for the team.
    Failed(String),
}

impl Refund {
    /// How it stands. Whatever words Stripe adds: only `succeeded` means that the customer has the money.
    pub fn state(&self) -> RefundState {
        match self.status.as_deref() {
            Some("succeeded") => RefundState::Paid,
            Some(status @ ("failed" | "canceled")) => {
                let reason = self.failure_reason.as_deref().unwrap_or("no reason given");
                RefundState::Failed(format!("The refund {} is {status}: {reason}", self.id))
            }
            Some(status) => RefundState::Pending(status.to_owned()),
            None => RefundState::Pending("without a status".to_owned()),
        }
    }

    /// Whether it is of that charge, with that amount: what else carries a request's id was not made for it.
    pub fn fits(&self, charge: &str, amount: Usd) -> bool {
        let is_of_charge = self.charge.as_deref() == Some(charge);
        is_of_charge && self.currency == "usd" && self.amount == amount.cents()
    }

    /// Whether the money went, or is going, to the customer.
    pub fn is_live(&self) -> bool {
        !matches!(self.state(), RefundState::Failed(_))
    }

    /// The request that it was made for.
    pub fn request_id(&self) -> Option<RequestId> {
        self.metadata.get(REQUEST_ID)?.parse().ok()
    }
}

/// The id of something that is named or, where it was asked for, written out.
pub fn expandable_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Expandable {
        Named(String),
        WrittenOut { id: String },
    }
    let found = Option::<Expandable>::deserialize(deserializer)?;
    Ok(found.map(|found| match found {
        Expandable::Named(id) | Expandable::WrittenOut { id } => id,
    }))
}

/// What Stripe writes as `null` where there is none.
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What is read before anything is paid.
pub trait Payments: Send + Sync {
    /// A charge, or a payment intent and the charge it came to, and who paid.
    fn payment(&self, charge: &str) -> impl Future<Output = StripeResult<Payment>> + Send;

    /// The payments of a customer whose receipt or invoice has that number, in any case; each charge once.
    fn numbered(
        &self,
        customer: &str,
        number: &str,
    ) -> impl Future<Output = StripeResult<Vec<Payment>>> + Send;

    /// The customers with exactly that address.
    fn customers(&self, email: &str) -> impl Future<Output = StripeResult<Vec<Customer>>> + Send;
}

/// Money back.
pub trait Refunds: Send + Sync {
    /// Asks for a refund.
    fn create_refund(
        &self,
        order: &RefundOrder,
    ) -> impl Future<Output = StripeResult<Refund>> + Send;

    /// A refund, as it is now.
    fn refund(&self, id: &str) -> impl Future<Output = StripeResult<Refund>> + Send;

    /// All refunds of a charge or payment intent.
    fn refunds(&self, charge: &str) -> impl Future<Output = StripeResult<Vec<Refund>>> + Send;
}

/// Credits in place of money back.
pub trait Credits: Send + Sync {
    /// The finalized invoice that was paid with a payment intent, if one was.
    fn paid_invoice(
        &self,
        intent: &str,
    ) -> impl Future<Output = StripeResult<Option<String>>> + Send;

    /// Asks for a credit.
    fn create_credit(
        &self,
        order: &CreditOrder,
    ) -> impl Future<Output = StripeResult<Credit>> + Send;

    /// All credits of that kind.
    fn credits(
        &self,
        target: &CreditTarget,
    ) -> impl Future<Output = StripeResult<Vec<Credit>>> + Send;
}

/// What was made in a span of time, whoever made it.
pub trait Listings: Send + Sync {
    /// All refunds that were created in a span, as they are now.
    fn refunds_created(
        &self,
        span: &Range<Timestamp>,
    ) -> impl Future<Output = StripeResult<Vec<Refund>>> + Send;

    /// All credit notes that were created in a span, as they are now. Transactions of balances cannot be listed so: Stripe
    /// lists those of one customer at a time.
    fn credit_notes_created(
        &self,
        span: &Range<Timestamp>,
    ) -> impl Future<Output = StripeResult<Vec<Credit>>> + Send;

    /// A credit note, as it is now.
    fn credit_note(&self, id: &str) -> impl Future<Output = StripeResult<Credit>> + Send;
}

/// All that giving back needs.
pub trait Stripe: Payments + Refunds + Credits {}

impl<S: Payments + Refunds + Credits> Stripe for S {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_intent_goes_under_its_own_name() {
        assert_eq!(charge_parameter("ch_1"), "charge");
        assert_eq!(charge_parameter("pi_1"), "payment_intent");
    }

    #[test]
    fn only_one_word_means_that_the_customer_has_the_money() {
        let refund = |status: Option<&str>| Refund {
            id: "re_1".to_owned(),
            amount: 1,
            status: status.map(ToOwned::to_owned),
            failure_reason: Some("lost_or_stolen_card".to_owned()),
            ..Refund::default()
        };
        for (status, standing) in [
            (Some("succeeded"), RefundState::Paid),
            (Some("pending"), RefundState::Pending("pending".to_owned())),
            (
                Some("requires_action"),
                RefundState::Pending("requires_action".to_owned()),
            ),
            (
                Some("a_new_word"),
                RefundState::Pending("a_new_word".to_owned()),
            ),
            (None, RefundState::Pending("without a status".to_owned())),
            (
                Some("failed"),
                RefundState::Failed("The refund re_1 is failed: lost_or_stolen_card".to_owned()),
            ),
            (
                Some("canceled"),
                RefundState::Failed("The refund re_1 is canceled: lost_or_stolen_card".to_owned()),
            ),
        ] {
            assert_eq!(refund(status).state(), standing, "{status:?}");
        }
    }
}
