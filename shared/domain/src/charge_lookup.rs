//! What Stripe says about a charge before anybody decides, for the reviewer's eyes.
//!
//! Nothing here decides: what is wrong is a warning, and Stripe's own answer decides at the refund.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::charge_statement::ChargeStatement;
use crate::dates::day;
use crate::id::RequestId;
use crate::money::Usd;
use crate::request::{OwnershipConfirmation, Status};
use crate::stripe::{Charge, Ownership, Payer, amount_text};
use crate::table::{Entity, Key};

/// What a lookup found, stored beside the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeLookup {
    /// For which request.
    pub request_id: RequestId,
    /// When Stripe was asked.
    pub looked_up_at: Timestamp,
    /// The charges and payment intents that the request is about: as named, and as found.
    pub charges: Vec<String>,
    /// What Stripe knows of it. None: it knows no such charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<FoundPayment>,
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
    /// Whether it is that of the customer who asks.
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
    /// What there is to say about a payment, by its statement.
    pub fn new(statement: &ChargeStatement, ownership: Ownership) -> Self {
        let payment = &statement.payment;
        let charge = payment.charge.as_ref();
        Self {
            currency: payment.currency.clone(),
            ownership,
            customer: match &payment.payer {
                Payer::Customer(customer) => Some(customer.id.clone()),
                Payer::Guest(_) => None,
            },
            charge: charge.map(|charge| ChargeFound::new(charge, statement)),
        }
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
    /// Where the lookup of a request is stored.
    pub fn key_of(request_id: RequestId) -> Key {
        Key {
            pk: format!("REQUEST#{request_id}"),
            sk: "LOOKUP".to_owned(),
        }
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
        Key {
            pk,
            sk: format!("{prefix}{}", self.request_id),
        }
    }
}

/// Another request for the same charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRequest {
    /// Its id.
    pub request_id: RequestId,
    /// What it asks for.
    pub amount: Option<Usd>,
    /// Where it stands.
    pub status: Status,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

/// What a reviewer is shown about the charge of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeReport {
    /// What the lookup found. None: there was none, or Stripe did not answer.
    pub found: Option<ChargeLookup>,
    /// Other requests for the same charge, as they stand now.
    pub others: Vec<OtherRequest>,
    /// What this request asks for.
    pub amount: Option<Usd>,
    /// Which of Stripe's customers an approver says that it is.
    pub stripe_customer: Option<String>,
    /// Which charge an approver has confirmed to be the customer's.
    pub confirmation: Option<OwnershipConfirmation>,
}

impl ChargeReport {
    /// What to show, as a label and a value each.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let Some(payment) = self.payment() else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        if let Some(charge) = &payment.charge {
            let text = |amount| amount_text(amount, &payment.currency);
            lines.push(("Charge amount", text(charge.amount)));
            let paid = charge.refunded.saturating_sub(charge.pending);
            lines.push(("Already refunded", text(paid)));
            if charge.pending > 0 {
                lines.push(("Refunds on their way", text(charge.pending)));
            }
            if charge.credited > 0 {
                lines.push(("Already credited", text(charge.credited)));
            }
            lines.push(("Refundable", text(charge.refundable())));
            lines.push(("Currency", payment.currency.to_ascii_uppercase()));
            lines.push(("Paid on", day(charge.paid_at)));
            if let Some(last4) = &charge.last4 {
                lines.push(("Card", format!("ending in {last4}")));
            }
            let disputed = if charge.disputed { "yes" } else { "no" };
            lines.push(("Disputed", disputed.to_owned()));
        }
        let customer = payment
            .customer
            .as_deref()
            .unwrap_or("none, paid as a guest");
        lines.push(("Stripe customer", customer.to_owned()));
        let belongs = match self.ownership(payment) {
            Ownership::Theirs => "yes",
            Ownership::Another => "no",
            Ownership::Unclear => "unclear",
        };
        lines.push(("Belongs to the customer who asks", belongs.to_owned()));
        if let Some(confirmation) = self.confirmation(payment) {
            lines.push(("Confirmed by", confirmation.by.clone()));
        }
        for other in &self.others {
            let amount = other.amount.map(|it| it.to_string()).unwrap_or_default();
            let status = other.status.as_str().replace('_', " ");
            let on = day(other.submitted_at);
            lines.push((
                "Other request for this charge",
                format!("{amount}, {status}, sent on {on} ({})", other.request_id),
            ));
        }
        lines
    }

    /// What a reviewer has to know before deciding.
    pub fn warnings(&self) -> Vec<String> {
        let Some(found) = &self.found else {
            return vec![
                "Stripe could not be asked about this charge. Look it up before you decide."
                    .to_owned(),
            ];
        };
        let Some(payment) = &found.payment else {
            return vec!["Stripe knows no such charge: the refund will be refused.".to_owned()];
        };
        let mut warnings = self.ownership_warnings(payment, &found.customers);
        if payment.currency != "usd" {
            let currency = payment.currency.to_ascii_uppercase();
            warnings.push(format!(
                "It was paid in {currency}. Refunds are made in USD only: it will be refused."
            ));
        }
        match &payment.charge {
            None => warnings.push("Nothing was paid with this payment intent.".to_owned()),
            Some(charge) => warnings.extend(self.charge_warnings(charge, &payment.currency)),
        }
        if !self.others.is_empty() {
            warnings.push("There are other requests for this charge.".to_owned());
        }
        warnings
    }

    fn payment(&self) -> Option<&FoundPayment> {
        self.found.as_ref()?.payment.as_ref()
    }

    /// As it was found, or as a reviewer has said since.
    fn ownership(&self, payment: &FoundPayment) -> Ownership {
        let identified = self.stripe_customer.is_some() && self.stripe_customer == payment.customer;
        let unclear = payment.ownership == Ownership::Unclear;
        if identified || (unclear && self.confirmation(payment).is_some()) {
            Ownership::Theirs
        } else {
            payment.ownership
        }
    }

    /// The confirmation of this very charge.
    fn confirmation(&self, payment: &FoundPayment) -> Option<&OwnershipConfirmation> {
        let charge = payment.charge.as_ref()?;
        let confirmation = self.confirmation.as_ref();
        confirmation.filter(|confirmation| confirmation.charge == charge.id)
    }

    /// The charge of which only a person can say whose it is, where nobody has yet. That of another
    /// customer is none: Stripe has said whose it is.
    pub fn charge_to_confirm(&self) -> Option<&str> {
        let payment = self.payment()?;
        let charge = payment.charge.as_ref()?;
        let is_open = self.ownership(payment) == Ownership::Unclear && !charge.id.is_empty();
        is_open.then_some(charge.id.as_str())
    }

    fn ownership_warnings(&self, payment: &FoundPayment, customers: &[String]) -> Vec<String> {
        let known = match customers {
            [] => "Stripe has no customer with the address of the one who asks.".to_owned(),
            ids => format!("The customer who asks is {} in Stripe.", ids.join(" or ")),
        };
        match self.ownership(payment) {
            Ownership::Theirs => Vec::new(),
            Ownership::Another => vec![format!(
                "This charge belongs to another customer: the refund will be refused. {known}"
            )],
            Ownership::Unclear => vec![format!(
                "It is unclear whose charge this is: the address given at the payment is another one. {known}"
            )],
        }
    }

    fn charge_warnings(&self, charge: &ChargeFound, currency: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        let refundable = charge.refundable();
        if charge.disputed {
            warnings.push("The bank disputes this charge, or inquires about it.".to_owned());
        }
        if charge.captured == 0 {
            warnings.push("The charge was not captured: there is nothing to refund.".to_owned());
        } else if refundable == 0 {
            warnings.push(
                "Nothing is left of the charge: all of it was refunded or credited already."
                    .to_owned(),
            );
        } else if self
            .amount
            .is_some_and(|wanted| wanted.cents() > refundable)
        {
            let left = amount_text(refundable, currency);
            warnings.push(format!("Only {left} of the charge can still be refunded."));
        }
        warnings
    }
}

#[cfg(test)]
mod tests;
