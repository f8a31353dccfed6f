//! The objects and the refund rules: pure, so that every rule can be read and tested as a table.
//! Amounts are whole minor units of the charge's currency (cents); times are Unix seconds, as in Stripe's API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::billing::{BalanceTransaction, CreditNote, Invoice};
use super::error::StripeError;
use super::wording::display;

/// Stripe's test mode settles an asynchronous refund within half an hour.
const SETTLES_AFTER_SECONDS: i64 = 30 * 60;

/// A person who paid.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) created: i64,
}

/// A payment that was tried.
#[derive(Clone, Debug)]
pub(crate) struct Charge {
    pub(crate) id: String,
    /// None: a guest paid.
    pub(crate) customer: Option<String>,
    pub(crate) payment_intent: Option<String>,
    pub(crate) amount_cents: u64,
    pub(crate) captured_cents: u64,
    pub(crate) currency: String,
    pub(crate) disputed: bool,
    /// How refunds of this charge settle, as Stripe's test cards decide it.
    pub(crate) settlement: Settlement,
    pub(crate) created: i64,
}

/// The intent to pay, whose latest charge is the payment.
#[derive(Clone, Debug)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) amount_cents: u64,
    pub(crate) currency: String,
    pub(crate) latest_charge: Option<String>,
    pub(crate) created: i64,
}

/// How a refund comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Settlement {
    /// Succeeds at once: an ordinary card.
    Immediate,
    /// Pending first, succeeds later (test card 4000 0000 0000 7726).
    Delayed,
    /// Succeeds first, fails later (test card 4000 0000 0000 5126).
    FailsLater,
}

/// Where a refund stands at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

impl RefundStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// The reasons that a caller may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Duplicate,
    Fraudulent,
    RequestedByCustomer,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Fraudulent => "fraudulent",
            Self::RequestedByCustomer => "requested_by_customer",
        }
    }
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) payment_intent: Option<String>,
    pub(crate) amount_cents: u64,
    pub(crate) currency: String,
    pub(crate) reason: Option<Reason>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) settlement: Settlement,
    pub(crate) created: i64,
}

impl Refund {
    /// What will be told of it, and when: it is known from the start.
    fn events(&self) -> Vec<Event> {
        let event = |kind: &'static str, at| Event {
            id: format!("evt_{}_{}", self.id, kind.trim_start_matches("refund.")),
            kind,
            refund: self.id.clone(),
            at,
        };
        let settled = self.created.saturating_add(SETTLES_AFTER_SECONDS);
        let created = event("refund.created", self.created);
        match self.settlement {
            Settlement::Immediate => vec![created],
            Settlement::Delayed => vec![created, event("refund.updated", settled)],
            Settlement::FailsLater => vec![created, event("refund.failed", settled)],
        }
    }

    /// The status follows from the clock alone, so nothing has to happen for a refund to settle.
    pub(crate) fn status(&self, now: i64) -> RefundStatus {
        let settled = now >= self.created.saturating_add(SETTLES_AFTER_SECONDS);
        match (self.settlement, settled) {
            (Settlement::Immediate, _)
            | (Settlement::Delayed, true)
            | (Settlement::FailsLater, false) => RefundStatus::Succeeded,
            (Settlement::Delayed, false) => RefundStatus::Pending,
            (Settlement::FailsLater, true) => RefundStatus::Failed,
        }
    }
}

/// What is to be refunded.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Charge(String),
    PaymentIntent(String),
}

/// A well-formed wish to refund.
#[derive(Clone, Debug)]
pub(crate) struct RefundRequest {
    pub(crate) target: Target,
    /// None: all that is left.
    pub(crate) amount_cents: Option<u64>,
    pub(crate) reason: Option<Reason>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A change to the world; what the journal keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    RefundCreated(Refund),
    MetadataSet {
        refund: String,
        metadata: BTreeMap<String, String>,
    },
    EventDelivered {
        event: String,
    },
    CreditNoteCreated {
        note: CreditNote,
        /// What it puts on the customer's balance.
        given: BalanceTransaction,
    },
    BalanceChanged(BalanceTransaction),
}

/// Something about a refund that is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) refund: String,
    /// When it happens.
    pub(crate) at: i64,
}

/// Everything that exists.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) customers: Vec<Customer>,
    pub(crate) charges: Vec<Charge>,
    pub(crate) intents: Vec<PaymentIntent>,
    pub(crate) invoices: Vec<Invoice>,
    /// In order of creation, like what follows.
    pub(crate) refunds: Vec<Refund>,
    pub(crate) credit_notes: Vec<CreditNote>,
    pub(crate) balance_transactions: Vec<BalanceTransaction>,
    /// Those that nobody has taken in yet.
    pub(crate) events: Vec<Event>,
}

impl World {
    pub(crate) fn charge(&self, id: &str) -> Option<&Charge> {
        self.charges.iter().find(|charge| charge.id == id)
    }

    pub(crate) fn intent(&self, id: &str) -> Option<&PaymentIntent> {
        self.intents.iter().find(|intent| intent.id == id)
    }

    pub(crate) fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    pub(crate) fn refund(&self, id: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.id == id)
    }

    /// What was paid back of a charge. A pending refund is not in it, a failed one no longer.
    pub(crate) fn refunded_cents(&self, charge: &Charge, now: i64) -> u64 {
        self.sum(charge, now, RefundStatus::Succeeded)
    }

    /// What can still be paid back: captured - refunded - on its way.
    pub(crate) fn refundable_cents(&self, charge: &Charge, now: i64) -> u64 {
        charge
            .captured_cents
            .saturating_sub(self.refunded_cents(charge, now))
            .saturating_sub(self.sum(charge, now, RefundStatus::Pending))
    }

    fn sum(&self, charge: &Charge, now: i64, status: RefundStatus) -> u64 {
        let of_charge = self.refunds.iter().filter(|r| r.charge == charge.id);
        let matching = of_charge.filter(|r| r.status(now) == status);
        matching.map(|r| r.amount_cents).sum()
    }

    /// The refund that a request leads to, or Stripe's refusal. Changes nothing.
    pub(crate) fn plan_refund(
        &self,
        request: RefundRequest,
        id: String,
        now: i64,
    ) -> Result<Refund, StripeError> {
        let charge = self.target(&request.target)?;
        if charge.disputed {
            let message = format!(
                "Charge {} has been charged back; cannot issue a refund.",
                charge.id
            );
            return Err(StripeError::refused(message).code("charge_disputed"));
        }
        // What was not captured yet can only be let go as a whole.
        let is_captured = charge.captured_cents > 0;
        let left_cents = if is_captured {
            self.refundable_cents(charge, now)
        } else {
            let refunded_cents = self.refunded_cents(charge, now);
            charge.amount_cents.saturating_sub(refunded_cents)
        };
        if left_cents == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(StripeError::refused(message).code("charge_already_refunded"));
        }
        let amount_cents = request.amount_cents.unwrap_or(left_cents);
        if amount_cents > left_cents {
            let message = format!(
                "Refund amount ({}) is greater than unrefunded amount on charge ({})",
                display(amount_cents, &charge.currency),
                display(left_cents, &charge.currency),
            );
            // Stripe gives this one no code.
            return Err(StripeError::refused(message).param("amount"));
        }
        if !is_captured && amount_cents != charge.amount_cents {
            let message = "You cannot partially refund an uncaptured charge. Instead, capture the charge for an \
                           amount less than the original amount";
            return Err(StripeError::refused(message).param("amount"));
        }
        Ok(Refund {
            id,
            charge: charge.id.clone(),
            payment_intent: charge.payment_intent.clone(),
            amount_cents,
            currency: charge.currency.clone(),
            reason: request.reason,
            metadata: request.metadata,
            settlement: charge.settlement,
            created: now,
        })
    }

    fn target(&self, target: &Target) -> Result<&Charge, StripeError> {
        match target {
            // Stripe names the parameter `id` here, although it was sent as `charge`.
            Target::Charge(id) => self
                .charge(id)
                .ok_or_else(|| StripeError::missing("charge", id, "id")),
            Target::PaymentIntent(id) => {
                let intent = self
                    .intent(id)
                    .ok_or_else(|| StripeError::missing("payment_intent", id, "payment_intent"))?;
                let latest = intent.latest_charge.as_deref();
                latest
                    .and_then(|charge| self.charge(charge))
                    .ok_or_else(|| no_successful_charge(Some(id)))
            }
        }
    }

    /// Brings a change about. Total: what was journaled once applies again at every start.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::RefundCreated(refund) => {
                self.events.extend(refund.events());
                self.refunds.push(refund);
            }
            Change::CreditNoteCreated { note, given } => {
                self.credit_notes.push(note);
                self.balance_transactions.push(given);
            }
            Change::BalanceChanged(transaction) => self.balance_transactions.push(transaction),
            Change::EventDelivered { event } => self.events.retain(|e| e.id != event),
            Change::MetadataSet { refund, metadata } => {
                if let Some(found) = self.refunds.iter_mut().find(|r| r.id == refund) {
                    found.metadata = metadata;
                }
            }
        }
    }
}

fn no_successful_charge(intent: Option<&str>) -> StripeError {
    let intent = intent.unwrap_or("none");
    StripeError::refused(format!(
        "This PaymentIntent ({intent}) does not have a successful charge to refund."
    ))
}
