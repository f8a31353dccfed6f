//! `Stripe - Create Refund`: the customer gets money back.

use shared::task::ConnectorConfig;

use super::payment::Payment;
use crate::asl::task::{Function, Task};
use crate::connector::{Call, Connector, ConnectorType, Pending, Place};
use crate::definition::Mail;
use crate::diagnostic::Report;
use crate::names;
use crate::read::mail::mail;
use crate::read::section::{Section, given};

pub(super) const TYPE: ConnectorType = ConnectorType {
    name: "Stripe - Create Refund",
    read,
};

/// How long a refund may be pending before a person has to look: 30 days.
const MAX_PENDING_SECONDS: u64 = 30 * 24 * 60 * 60;
/// How often Stripe is asked about a pending refund: every six hours.
const POLL_SECONDS: u32 = 6 * 60 * 60;

#[derive(Debug)]
struct Refund {
    payment: Payment,
    /// The mail to the customer when Stripe takes a refund and does not pay it yet.
    while_pending: Option<Mail>,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Box<dyn Connector>> {
    let payment = Payment::read(report, section);
    let while_pending = while_pending(report, section);
    Some(Box::new(Refund {
        payment: payment?,
        while_pending,
    }))
}

fn while_pending(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Mail> {
    let (key, node) = section.optional("while pending")?;
    let mut section = Section::open(report, "`while pending`", key.span, node)?;
    let read = mail(report, &mut section, "to");
    section.close(report);
    read
}

impl Connector for Refund {
    fn pays(&self) -> bool {
        true
    }

    fn sets(&self) -> Vec<String> {
        self.payment.sets()
    }

    fn longest_seconds(&self) -> u64 {
        MAX_PENDING_SECONDS
    }

    fn check(&self, report: &mut Report<'_>, place: &Place<'_>) -> Option<Call> {
        let scope = place.scope;
        let config = self.payment.check(report, place);
        let (mail, at) = (self.while_pending.as_ref(), names::Place::of(scope.index));
        let mail = mail.map(|mail| scope.context.mail(report, mail, at));
        let call = Payment::call(place, &ConnectorConfig::CreateRefund(config?));
        let phase = scope.name().to_owned();
        let wait =
            move |name: &str, next: &str| await_refund(name, &phase).wait(name, POLL_SECONDS, next);
        let pending = Pending {
            wait: Box::new(wait),
            mail: given(mail)?,
        };
        Some(Call {
            pending: Some(pending),
            ..call
        })
    }
}

/// Waits until a refund is paid, or is not going to be. Stripe tells by an event; in case that one got
/// lost, the state is entered again from time to time, and the function asks.
fn await_refund(name: &str, phase: &str) -> Task {
    Task::new(Function::IssueRefund, name, &ConnectorConfig::AwaitRefund)
        .of_phase(phase)
        .retried_while_waiting()
}
