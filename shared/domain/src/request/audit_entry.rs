//! What the audit log says of each event. No answer of a customer is in it.

use super::Event;
use super::ownership_confirmation::advice;
use crate::approval::{Decider, Recorded};
use crate::audit::Actor;
use crate::suppression::SuppressionReason;

/// Who did what, and what there is to add.
pub(super) struct Entry<'a> {
    pub(super) actor: Actor,
    pub(super) action: &'a str,
    pub(super) detail: Option<String>,
}

fn by_system(action: &str, detail: Option<String>) -> Entry<'_> {
    Entry {
        actor: Actor::System,
        action,
        detail,
    }
}

fn by<'a>(approver: &str, action: &'a str, detail: Option<String>) -> Entry<'a> {
    Entry {
        actor: Actor::Approver(approver.to_owned()),
        action,
        detail,
    }
}

/// The entry of an event of a request that has so many questions by now.
pub(super) fn entry<'a>(event: &Event<'a>, questions: usize) -> Entry<'a> {
    let text = |text: &str| Some(text.to_owned());
    match *event {
        Event::Asked { responsible } => by_system("asked", text(responsible)),
        Event::Offered => by_system("asked", text("customer")),
        Event::Reminded => by_system("reminded", None),
        Event::Escalated { responsible } => by_system("escalated", text(responsible)),
        Event::NobodyMayDecide { responsible } => {
            let detail = format!("nobody of the {responsible} who is left may decide this");
            by_system("nobody may decide", Some(detail))
        }
        Event::Decided(recorded) => decided(recorded),
        Event::LinkLocked { whose } => {
            by_system("link locked", whose.name().map(ToOwned::to_owned))
        }
        Event::Unreachable { approver } => by_system("address unreachable", text(approver)),
        Event::CustomerUnreachable { trouble } => match trouble {
            SuppressionReason::Bounced => by_system("the customer's address bounced", None),
            SuppressionReason::Complained => {
                by_system("the customer reported our mail as spam", None)
            }
        },
        Event::HandedOver { by: giver, to } => by(giver, "handed over", text(to)),
        Event::Questioned { by: asker, .. } => {
            let detail = format!("question {questions}");
            by(asker, "question asked", Some(detail))
        }
        Event::Replied { number, .. } => Entry {
            actor: Actor::Customer,
            action: "question answered",
            detail: Some(format!("question {number}")),
        },
        Event::CodeRenewed { of } => by_system("code renewed", text(of)),
        Event::CustomerIdentified { by: who, field, .. } => {
            by(who, "customer identified", text(field.as_str()))
        }
        Event::OwnershipConfirmed { by: who, charge } => {
            by(who, "charge vouched for", text(charge))
        }
        Event::Expired { .. } => by_system("expired", None),
        Event::NotChosen => by_system("not chosen", None),
        Event::Evaluated {
            text: condition, ..
        } => by_system("evaluated", text(condition)),
        Event::Mailed { to, accepted } => {
            let action = if accepted { "mailed" } else { "mail refused" };
            by_system(action, text(to))
        }
        Event::NotInvited { offering } => by_system("invitation not sent", text(offering.as_str())),
        Event::Closed { .. } => by_system("closed", None),
        Event::Stopped { error, .. } => {
            let detail = match advice(error) {
                Some(advice) => format!("{error}: {advice}"),
                None => error.to_owned(),
            };
            by_system("stopped", Some(detail))
        }
        Event::Resumed => by_system("resumed", None),
        Event::RefundIntended { charge, amount } => {
            by_system("refund intended", Some(format!("{amount} of {charge}")))
        }
        Event::CreditIntended { charge, amount } => {
            by_system("credit intended", Some(format!("{amount} for {charge}")))
        }
        Event::CreditGiven { id, amount, .. } => {
            by_system("credited", Some(format!("{amount}: {id}")))
        }
        Event::RefundPending { id, status } => {
            by_system("refund pending", Some(format!("{id}: {status}")))
        }
        Event::RefundReversed { message } => by_system("refund failed", text(message)),
        Event::RefundSucceeded { id, amount, .. } => {
            by_system("refunded", Some(format!("{amount}: {id}")))
        }
        Event::RefundRefused { message } => by_system("refund refused", text(message)),
    }
}

/// The entry of a decision. What was chosen is named beside the action: a definition is free in its
/// options, and actions are what is counted.
fn decided(recorded: &Recorded) -> Entry<'_> {
    let decision = recorded.decision();
    let action = match recorded.missing() {
        0 => decision.outcome(),
        _ => "approved in part",
    };
    let reason = decision.reason().map(ToOwned::to_owned);
    match decision.decider() {
        Decider::Approver(approver) => by(approver, action, reason),
        Decider::Customer => Entry {
            actor: Actor::Customer,
            action: "chosen",
            detail: Some(decision.outcome().to_owned()),
        },
        Decider::Nobody => by_system(action, reason),
    }
}
