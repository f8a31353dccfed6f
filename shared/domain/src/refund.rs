//! The ledger entry of a refund or credit: the intent is written before Stripe is called.
//!
//! At most one entry exists per request, created under a condition. Whoever finds one that is not
//! settled knows that Stripe may have been asked already, and looks before asking again: also
//! when Stripe has long forgotten the idempotency key.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::closed_set::name_of;
use crate::id::{FieldName, PhaseName, RequestId, TaskToken, TeamId};
use crate::money::Usd;
use crate::payment_control::Reservation;
use crate::request::{Event, Movement};
use crate::stripe::{Refund, RefundState};
use crate::table::{Entity, Key};

/// What we asked Stripe to give back, or are about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundEntry {
    /// The request.
    pub request_id: RequestId,
    /// The phase that gives back.
    pub phase: PhaseName,
    /// As money, or as a credit.
    pub method: SettlementMethod,
    /// The charge or payment intent, as the request names it or an approver has confirmed it. The number of a receipt or an
    /// invoice as long as nobody has; then nothing is asked of Stripe.
    pub charge: String,
    /// `ch_...`: the charge that it comes to. None: nothing that Stripe knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
    /// The amount to give back.
    pub amount: Usd,
    /// How often Stripe has refused it so far. A refused call keeps its idempotency key, so the next one needs another.
    #[serde(default)]
    pub refusals: u32,
    /// When it was intended.
    pub intended_at: Timestamp,
    /// The variable that the definition keeps the result under.
    pub output: FieldName,
    /// The team to notify when a refund fails after all.
    pub notify: TeamId,
    /// Stripe's id of the refund or credit, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripe_id: Option<String>,
    /// What it has reserved of its offering's limits, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Reservation>,
    /// The end result. None: not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
    /// The state that waits for its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Whether the team was notified that it came back.
    #[serde(default)]
    pub is_notified: bool,
    /// Whether the customer was.
    #[serde(default)]
    pub is_customer_notified: bool,
}

/// How something is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SettlementMethod {
    /// Money, where it came from.
    Refund,
    /// A credit toward the next invoice.
    Credit,
}

impl SettlementMethod {
    /// What it makes, in a word.
    pub fn noun(self) -> &'static str {
        name_of(&self)
    }
}

/// The end result of giving back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Settlement {
    /// The customer has it.
    Paid,
    /// Stripe said no, for good: something else may be tried.
    Refused,
    /// The customer had it, and then the bank sent the money back.
    Reversed,
}

/// A state that waits for the end of a pending refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The state's name.
    pub state: String,
    /// What lets the execution go on.
    pub task_token: TaskToken,
}

/// What a refund's state, as Stripe gives it, changes of our entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundUpdate {
    /// Nothing: it is known, or about another refund.
    None,
    /// Stripe took it, and says so in this word.
    Pending(String),
    /// It was paid.
    Paid,
    /// It will not be paid, in words for the team.
    Refused(String),
    /// It had been paid and came back, in words for the team.
    Reversed(String),
}

impl RefundEntry {
    /// Where a request's entry is stored.
    pub fn key_of(request_id: RequestId) -> Key {
        Key::new(format!("REQUEST#{request_id}"), "REFUND")
    }

    /// The key under which Stripe answers a repeated call with the first call's answer. It depends on what is paid and
    /// on how often that was refused for good, and never on an attempt of which the answer is unknown.
    pub fn idempotency_key(&self) -> String {
        let (request_id, charge) = (self.request_id, &self.charge);
        let (noun, cents) = (self.method.noun(), self.amount.cents());
        match self.refusals {
            0 => format!("{noun}-{request_id}-{charge}-{cents}"),
            refusals => format!("{noun}-{request_id}-{charge}-{cents}-{refusals}"),
        }
    }

    /// Whether a refund is the one that was ordered: of this charge, with this amount.
    pub fn is_fulfilled_by(&self, refund: &Refund) -> bool {
        let charge = self.charge_id.as_deref();
        let fits = |charge| refund.fits(charge, self.amount);
        self.method == SettlementMethod::Refund && charge.is_some_and(fits)
    }

    /// Applies the state of a refund, and says what is new about it.
    ///
    /// States come with answers and with events, late, twice and in any order. So a refund only ever goes
    /// forward: from pending to paid or refused, and from paid to reversed.
    pub fn apply_update(&mut self, refund: &Refund) -> RefundUpdate {
        let known = self.stripe_id.as_ref();
        if !self.is_fulfilled_by(refund) || known.is_some_and(|id| *id != refund.id) {
            return RefundUpdate::None;
        }
        let first = self.stripe_id.replace(refund.id.clone()).is_none();
        let update = match (self.settlement, refund.state()) {
            (None, RefundState::Pending(word)) if first => RefundUpdate::Pending(word),
            (None, RefundState::Paid) => RefundUpdate::Paid,
            (None, RefundState::Failed(why)) => RefundUpdate::Refused(why),
            (Some(Settlement::Paid), RefundState::Failed(why)) => RefundUpdate::Reversed(why),
            _ => RefundUpdate::None,
        };
        match update {
            RefundUpdate::Paid => self.settlement = Some(Settlement::Paid),
            RefundUpdate::Refused(_) => self.settlement = Some(Settlement::Refused),
            RefundUpdate::Reversed(_) => self.settlement = Some(Settlement::Reversed),
            RefundUpdate::None | RefundUpdate::Pending(_) => {}
        }
        update
    }

    /// What moved, or will. Stripe's id is empty as long as it is not known.
    pub fn movement(&self) -> Movement<'_> {
        Movement {
            stripe_id: self.stripe_id.as_deref().unwrap_or_default(),
            charge: self.charge_id.as_deref().unwrap_or(&self.charge),
            amount: self.amount,
        }
    }

    /// What an update means for the request.
    pub fn event<'a>(&'a self, update: &'a RefundUpdate) -> Option<Event<'a>> {
        let movement = self.movement();
        match update {
            RefundUpdate::None => None,
            RefundUpdate::Pending(status) => Some(Event::RefundPending {
                id: movement.stripe_id,
                status,
            }),
            RefundUpdate::Paid => Some(Event::RefundSucceeded {
                movement,
                status: "succeeded",
                output: &self.output,
            }),
            RefundUpdate::Refused(message) => Some(Event::RefundRefused(message)),
            RefundUpdate::Reversed(message) => Some(Event::RefundReversed { movement, message }),
        }
    }
}

impl Entity for RefundEntry {
    const KIND: &'static str = "refund";

    fn key(&self) -> Key {
        Self::key_of(self.request_id)
    }
}
