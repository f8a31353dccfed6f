//! What the audit log says of each event. No answer of a customer is in it.

use super::advice::advice;
use super::{Event, Movement};
use crate::approval::{Decider, Recorded};
use crate::audit::{Action, Actor};
use crate::money::Usd;
use crate::refund::SettlementMethod::{self, Credit, Refund};
use crate::suppression::SuppressionReason;
use crate::task::outcome;

/// The part of an audit record that follows from the event.
pub(super) struct Entry {
    pub(super) actor: Actor,
    pub(super) action: Action,
    pub(super) amount: Option<Usd>,
    pub(super) means: Option<SettlementMethod>,
    pub(super) charge: Option<String>,
    pub(super) stripe_id: Option<String>,
    pub(super) detail: Option<String>,
}

impl Entry {
    pub(super) fn new(actor: Actor, action: Action) -> Self {
        Self {
            actor,
            action,
            amount: None,
            means: None,
            charge: None,
            stripe_id: None,
            detail: None,
        }
    }

    pub(super) fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    fn reason(mut self, reason: Option<&str>) -> Self {
        self.detail = reason.map(ToOwned::to_owned);
        self
    }

    /// What is given back of a charge, and how.
    fn gives(self, means: SettlementMethod, charge: &str, amount: Usd) -> Self {
        Self {
            means: Some(means),
            amount: Some(amount),
            ..self.charge(charge)
        }
    }

    fn moved(self, means: SettlementMethod, moved: Movement<'_>) -> Self {
        self.gives(means, moved.charge, moved.amount)
            .stripe_id(moved.stripe_id)
    }

    fn charge(mut self, charge: &str) -> Self {
        self.charge = Some(charge.to_owned());
        self
    }

    fn stripe_id(mut self, id: &str) -> Self {
        self.stripe_id = Some(id.to_owned());
        self
    }
}

fn by_system(action: Action) -> Entry {
    Entry::new(Actor::System, action)
}

fn by(approver: &str, action: Action) -> Entry {
    Entry::new(Actor::Approver(approver.to_owned()), action)
}

/// The entry of an event of a request that has so many questions by now.
pub(super) fn entry(event: &Event<'_>, questions: usize) -> Entry {
    match *event {
        Event::Asked(responsible) => by_system(Action::ApprovalRequested).detail(responsible),
        Event::Offered => by_system(Action::ChoiceOffered),
        Event::Reminded => by_system(Action::Reminded),
        Event::Escalated(responsible) => by_system(Action::Escalated).detail(responsible),
        Event::NobodyMayDecide(responsible) => by_system(Action::NobodyMayDecide).detail(format!(
            "nobody who is left in the {responsible} may decide this"
        )),
        Event::Decided(recorded) => decided(recorded),
        Event::LinkLocked(whose) => {
            let locked = by_system(Action::LinkLocked);
            match whose.name() {
                Some(name) => locked.detail(name),
                None => locked,
            }
        }
        Event::Unreachable(approvers) => by_system(Action::ApproverUnreachable).detail(approvers),
        Event::CustomerUnreachable(trouble) => by_system(match trouble {
            SuppressionReason::Bounced => Action::CustomerMailBounced,
            SuppressionReason::Complained => Action::CustomerMailReported,
            SuppressionReason::Refused => Action::MailRefused,
        }),
        Event::HandedOver { by: giver, to } => by(giver, Action::HandedOver).detail(to),
        Event::Questioned { by: requester, .. } => {
            by(requester, Action::QuestionAsked).detail(format!("question {questions}"))
        }
        Event::Replied { number, .. } => Entry::new(Actor::Customer, Action::QuestionAnswered)
            .detail(format!("question {number}")),
        Event::CodeRenewed(of) => by_system(Action::CodeRenewed).detail(of),
        Event::CustomerIdentified { by: who, field, .. } => {
            by(who, Action::CustomerIdentified).detail(field.as_str())
        }
        Event::OwnershipConfirmed { by: who, of } => {
            by(who, Action::OwnershipConfirmed).charge(&of.charge)
        }
        Event::Expired(_) => by_system(Action::Expired),
        Event::NotChosen => by_system(Action::ChoiceExpired),
        Event::Evaluated { text, .. } => by_system(Action::ConditionEvaluated).detail(text),
        Event::Mailed { to, accepted: true } => by_system(Action::Mailed).detail(to),
        Event::Mailed { to, accepted: _ } => by_system(Action::MailRefused).detail(to),
        Event::NotInvited(offering) => {
            by_system(Action::InvitationWithheld).detail(offering.as_str())
        }
        Event::MailWithheld(to) => by_system(Action::MailWithheld).detail(to),
        Event::Closed(_) => by_system(Action::Closed),
        Event::Forgotten(reason) => by_system(Action::Forgotten).detail(reason.to_string()),
        Event::Stopped { error, .. } => by_system(Action::Stopped).detail(match advice(error) {
            Some(advice) => format!("{error}: {advice}"),
            None => error.to_owned(),
        }),
        Event::Resumed(_) => by_system(Action::Resumed),
        Event::PaymentHeld(reason) => by_system(Action::PaymentHeld).detail(reason),
        Event::SettlementIntended {
            method,
            charge,
            amount,
            reason,
        } => by_system(match method {
            Refund => Action::RefundIntended,
            Credit => Action::CreditIntended,
        })
        .gives(method, charge, amount)
        .reason(reason),
        Event::CreditGiven { movement, .. } => by_system(Action::Credited).moved(Credit, movement),
        Event::RefundPending { id, status } => by_system(Action::RefundPending)
            .stripe_id(id)
            .detail(status),
        Event::RefundReversed { movement, message } => by_system(Action::RefundReversed)
            .moved(Refund, movement)
            .detail(message),
        Event::RefundSucceeded { movement, .. } => {
            by_system(Action::Refunded).moved(Refund, movement)
        }
        Event::RefundRefused(message) => by_system(Action::RefundRefused).detail(message),
        Event::ChargeExhausted(message) => by_system(Action::ChargeExhausted).detail(message),
    }
}

/// The entry of a decision. What was chosen is the detail: a definition is free in its options, and
/// actions are what is counted.
fn decided(recorded: &Recorded) -> Entry {
    let decision = recorded.decision();
    let action = match decision.outcome() {
        _ if recorded.missing() > 0 => Action::PartlyApproved,
        outcome::APPROVE => Action::Approved,
        outcome::REJECT => Action::Rejected,
        _ => Action::Expired,
    };
    let mut entry = match decision.decider() {
        Decider::Customer => {
            let chosen = Entry::new(Actor::Customer, Action::Chosen);
            return chosen.detail(decision.outcome());
        }
        Decider::Approver(approver) => by(approver, action),
        Decider::Nobody => by_system(action),
    };
    entry.amount = decision.approved_amount();
    entry.reason(decision.reason())
}
