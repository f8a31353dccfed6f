//! One Stripe account in memory, and the changes that are kept of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::StripeError;
use super::objects::{
    BalanceTransaction, Charge, CreditNote, Customer, Invoice, InvoicePayment, PaymentIntent,
    Refund, RefundStatus, SETTLES_AFTER_SECONDS, Settlement, find,
};

/// Everything that exists, oldest first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) customers: Vec<Customer>,
    pub(crate) charges: Vec<Charge>,
    pub(crate) payment_intents: Vec<PaymentIntent>,
    pub(crate) invoices: Vec<Invoice>,
    pub(crate) invoice_payments: Vec<InvoicePayment>,
    pub(crate) refunds: Vec<Refund>,
    /// Charges of the same account in live mode, where no key of this mode finds them.
    live_charges: Vec<String>,
    #[serde(skip)]
    pub(crate) is_topped_up: bool,
    #[serde(skip)]
    pub(crate) credit_notes: Vec<CreditNote>,
    #[serde(skip)]
    pub(crate) balance_transactions: Vec<BalanceTransaction>,
    /// Those that nobody has accepted yet, in order of time.
    #[serde(skip)]
    pub(crate) events: BTreeSet<Event>,
}

/// Something that happens to a refund at a time, and is to be sent then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) refund: String,
    /// What follows `refund.` in the event's type.
    pub(crate) what: String,
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
    ToppedUp,
    EventDelivered(Event),
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
                self.refunds.push(refund);
            }
            Change::CreditNoteCreated { note, transaction } => {
                self.credit_notes.push(note);
                self.balance_transactions.push(transaction);
            }
            Change::BalanceChanged(transaction) => self.balance_transactions.push(transaction),
            Change::ToppedUp => self.is_topped_up = true,
            Change::EventDelivered(event) => {
                self.events.remove(&event);
            }
        }
    }

    /// A charge that a request names in `param`.
    pub(crate) fn charge(&self, id: &str, param: &str) -> Result<&Charge, StripeError> {
        find(&self.charges, id, param).map_err(|mut error| {
            if self.live_charges.iter().any(|live| live == id) {
                error.message += "; a similar object exists in live mode, but a test mode key was used to make \
                                  this request.";
            }
            error
        })
    }

    /// Where a refund stands. It follows from the clock alone, so nothing has to happen for a refund to settle.
    pub(crate) fn status(&self, refund: &Refund, now: i64) -> RefundStatus {
        let is_settled = now >= refund.created.saturating_add(SETTLES_AFTER_SECONDS);
        match (self.settlement(refund), is_settled) {
            (Settlement::Immediate, _)
            | (Settlement::Delayed, true)
            | (Settlement::FailsLater, false) => RefundStatus::Succeeded,
            (Settlement::Delayed | Settlement::DelayedFailure, false) => RefundStatus::Pending,
            (Settlement::FailsLater | Settlement::DelayedFailure, true) => RefundStatus::Failed,
        }
    }

    fn settlement(&self, refund: &Refund) -> Settlement {
        let charge = self.charge(&refund.charge, "charge");
        charge.map_or(Settlement::Immediate, |charge| charge.settlement)
    }

    /// The events of a refund are known from the start.
    fn schedule_events(&mut self, refund: &Refund) {
        let last = match self.settlement(refund) {
            Settlement::Immediate => None,
            Settlement::Delayed => Some("updated"),
            Settlement::FailsLater | Settlement::DelayedFailure => Some("failed"),
        };
        let settled_at = refund.created.saturating_add(SETTLES_AFTER_SECONDS);
        let last = last.map(|what| (settled_at, what));
        let all = [(refund.created, "created")].into_iter().chain(last);
        self.events.extend(all.map(|(at, what)| Event {
            at,
            refund: refund.id.clone(),
            what: what.to_owned(),
        }));
    }
}
