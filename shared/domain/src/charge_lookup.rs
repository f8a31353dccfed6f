//! What Stripe says about a charge before anybody decides, for the reviewer's eyes.
//!
//! Nothing here decides: what is wrong is a warning, and Stripe's own answer decides at the refund.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::charge_statement::ChargeStatement;
use crate::id::RequestId;
use crate::request::{Request, UnclearCharge};
use crate::stripe::{Charge, Ownership, ownership};
use crate::table::{Entity, Key};

mod others;
mod report;

pub use others::OtherRequest;
pub use report::ChargeReport;

/// What a lookup found, stored beside the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeLookup {
    /// For which request.
    pub request_id: RequestId,
    /// When Stripe was asked.
    pub looked_up_at: Timestamp,
    /// The charges and payment intents that the request is about, or may be: as named, and as found.
    pub charges: Vec<String>,
    /// What Stripe knows of it. Empty: it knows no such charge. More than one: those whose receipt or invoice has the
    /// number that the request gives.
    #[serde(default)]
    pub payments: Vec<FoundPayment>,
    /// The customers with the address of the one who asks.
    #[serde(default)]
    pub customers: Vec<String>,
}

/// A payment as a reviewer sees it. Amounts are in the smallest unit of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundPayment {
    /// In lower case.
    pub currency: String,
    /// Whether it is that of the customer who asks, by Stripe's word alone.
    pub ownership: Ownership,
    /// Stripe's id of who paid. None: a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// What was paid. None: the payment intent came to no charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<ChargeFound>,
}

/// A charge as a reviewer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeFound {
    /// `ch_...`
    #[serde(default)]
    id: String,
    amount: u64,
    captured: u64,
    refunded: u64,
    /// Of it, what the customer does not have yet.
    pending: u64,
    /// Credited for it, beside what was refunded.
    #[serde(default)]
    credited: u64,
    /// What of all that was given by which requests of this system.
    #[serde(default)]
    by_request: BTreeMap<RequestId, u64>,
    paid_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last4: Option<String>,
    disputed: bool,
}

impl FoundPayment {
    /// What there is to say about a payment, by its statement, where the one with that address asks.
    pub fn new(statement: &ChargeStatement, email: &str) -> Self {
        let payment = &statement.payment;
        let charge = payment.charge.as_ref();
        Self {
            currency: payment.currency.clone(),
            ownership: ownership(&payment.payer, email),
            customer: payment.payer.customer_id().map(ToOwned::to_owned),
            charge: charge.map(|charge| ChargeFound::new(charge, statement)),
        }
    }

    /// The charge's id.
    fn charge_id(&self) -> Option<&str> {
        let id = self.charge.as_ref().map(|charge| charge.id.as_str());
        id.filter(|id| !id.is_empty())
    }

    /// Whose it is, with what approvers of the request have entered and confirmed.
    fn ownership(&self, request: &Request) -> Ownership {
        request.judge_ownership(self.ownership, self.charge_id(), self.customer.as_deref())
    }
}

impl ChargeFound {
    fn new(charge: &Charge, statement: &ChargeStatement) -> Self {
        let mut by_request = BTreeMap::new();
        for entry in statement.entries() {
            if let Some(request) = entry.request {
                *by_request.entry(request).or_insert(0) += entry.cents;
            }
        }
        Self {
            id: charge.id.clone(),
            amount: charge.amount,
            captured: charge.captured_amount(),
            refunded: statement.refunded(),
            pending: statement.pending(),
            credited: statement.credited(),
            by_request,
            paid_at: Timestamp::from_second(charge.created).unwrap_or(Timestamp::UNIX_EPOCH),
            last4: charge.last4().map(ToOwned::to_owned),
            disputed: charge.disputed,
        }
    }

    /// What was given back or is on its way, as a refund or a credit, by anybody.
    pub fn given(&self) -> u64 {
        self.refunded.saturating_add(self.credited)
    }

    /// What of [`ChargeFound::given`] was given by which requests of this system.
    pub fn given_by_request(&self) -> &BTreeMap<RequestId, u64> {
        &self.by_request
    }

    /// What can still be given back.
    fn refundable(&self) -> u64 {
        self.captured.saturating_sub(self.given())
    }
}

impl ChargeLookup {
    /// The payments that the request may be about: all that were found until an approver has confirmed one.
    pub fn payments_of(&self, request: &Request) -> impl Iterator<Item = &FoundPayment> {
        let confirmed = request.charge_number().and_then(|_| request.charge());
        let is_it = move |it: &&FoundPayment| confirmed.is_none() || it.charge_id() == confirmed;
        self.payments.iter().filter(is_it)
    }

    /// The charges of which only a person can tell whether the request is about it, or whose it is, where nobody has yet.
    /// That of another customer is none, unless an approver says so.
    pub fn unclear_charges(&self, request: &Request) -> Vec<UnclearCharge> {
        let is_known = request.charge().is_some();
        let unclear = self.payments_of(request).filter(|payment| {
            let ownership = payment.ownership(request);
            ownership == Ownership::Unclear || (ownership == Ownership::Theirs && !is_known)
        });
        let unclear = unclear.filter_map(|payment| {
            Some(UnclearCharge {
                charge: payment.charge_id()?.to_owned(),
                customer: payment.customer.clone(),
            })
        });
        unclear.collect()
    }

    /// Where the lookup of a request is stored.
    pub fn key_of(request_id: RequestId) -> Key {
        Key::new(format!("REQUEST#{request_id}"), "LOOKUP")
    }
}

impl Entity for ChargeLookup {
    const KIND: &'static str = "findings";

    fn key(&self) -> Key {
        Self::key_of(self.request_id)
    }
}

/// That a request is about a charge, so that others about the same charge find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeUse {
    /// The charge or payment intent.
    pub charge: String,
    /// The request.
    pub request_id: RequestId,
}

impl ChargeUse {
    /// The partition of all requests for a charge, and what their sort keys begin with.
    pub fn of_charge(charge: &str) -> (String, &'static str) {
        (format!("CHARGE#{charge}"), "REQUEST#")
    }
}

impl Entity for ChargeUse {
    const KIND: &'static str = "chargeUse";

    fn key(&self) -> Key {
        let (pk, prefix) = Self::of_charge(&self.charge);
        Key::new(pk, format!("{prefix}{}", self.request_id))
    }
}
