//! One Stripe account in memory, and the changes that are kept of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::collection::Collection;
use super::error::StripeError;
use super::objects::{
    BalanceTransaction, Charge, CreditNote, Customer, Invoice, InvoicePayment, PaymentIntent,
    Refund, RefundStatus, SETTLES_AFTER_SECONDS, Settlement,
};

/// Everything that exists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) customers: Collection<Customer>,
    pub(crate) charges: Collection<Charge>,
    pub(crate) payment_intents: Collection<PaymentIntent>,
    pub(crate) invoices: Collection<Invoice>,
    pub(crate) invoice_payments: Collection<InvoicePayment>,
    pub(crate) refunds: Collection<Refund>,
    /// Charges of the same account in live mode, where no key of this mode finds them.
    live_charges: Vec<String>,
    #[serde(skip)]
    pub(crate) topped_up_cents: u64,
    #[serde(skip)]
    pub(crate) credit_notes: Collection<CreditNote>,
    #[serde(skip)]
    pub(crate) balance_transactions: Collection<BalanceTransaction>,
    /// Those that nobody has accepted yet, in order of time.
    #[serde(skip)]
    pub(crate) events: BTreeMap<EventKey, Event>,
}

/// When an event happens, and its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EventKey {
    pub(crate) at: i64,
    pub(crate) id: String,
}

/// Something about a refund that is to be sent.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) refund: String,
}

/// A change to an account; what the journal keeps.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    RefundCreated(Refund),
    CreditNoteCreated {
        note: CreditNote,
        /// What it puts on the customer's balance.
        transaction: BalanceTransaction,
    },
    BalanceChanged(BalanceTransaction),
    ToppedUp {
        cents: u64,
    },
    EventDelivered(EventKey),
}

impl Account {
    /// The account at the very start.
    pub(crate) fn demo() -> Self {
        serde_saphyr::from_str(include_str!("demo.yaml")).expect("the committed file is an account")
    }

    /// Makes a change. Total: what was journaled once applies again at every start.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::RefundCreated(refund) => {
                self.schedule_events(&refund);
                self.refunds.insert(refund);
            }
            Change::CreditNoteCreated { note, transaction } => {
                self.credit_notes.insert(note);
                self.balance_transactions.insert(transaction);
            }
            Change::BalanceChanged(transaction) => self.balance_transactions.insert(transaction),
            Change::ToppedUp { cents } => {
                self.topped_up_cents = self.topped_up_cents.saturating_add(cents);
            }
            Change::EventDelivered(event) => {
                self.events.remove(&event);
            }
        }
    }

    /// A charge that a request names in `param`.
    pub(crate) fn charge(&self, id: &str, param: &str) -> Result<&Charge, StripeError> {
        let found = self.charges.find(id, param);
        found.map_err(|error| {
            if self.live_charges.iter().any(|live| live == id) {
                error.in_live_mode()
            } else {
                error
            }
        })
    }

    /// Where a refund stands.
    pub(crate) fn status(&self, refund: &Refund, now: i64) -> RefundStatus {
        refund.status(self.settlement(refund), now)
    }

    fn settlement(&self, refund: &Refund) -> Settlement {
        let charge = self.charges.get(&refund.charge);
        charge.map_or(Settlement::Immediate, |charge| charge.settlement)
    }

    /// The events of a refund are known from the start.
    fn schedule_events(&mut self, refund: &Refund) {
        let settled = refund.created.saturating_add(SETTLES_AFTER_SECONDS);
        let last = match self.settlement(refund) {
            Settlement::Immediate => None,
            Settlement::Delayed => Some(("refund.updated", settled)),
            Settlement::FailsLater | Settlement::DelayedFailure => Some(("refund.failed", settled)),
        };
        for (kind, at) in [("refund.created", refund.created)].into_iter().chain(last) {
            let id = format!("evt_{}_{}", refund.id, kind.trim_start_matches("refund."));
            let refund = refund.id.clone();
            self.events
                .insert(EventKey { at, id }, Event { kind, refund });
        }
    }
}
