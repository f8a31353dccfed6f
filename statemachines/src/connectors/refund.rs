//! `Stripe - Create Refund`: the customer gets money back.

use domain::task::ConnectorConfig;

use super::payment::Payment;
use crate::asl::task::{Function, Task};
use crate::check::mails::Whom;
use crate::connector::{Call, Connector, ConnectorType, Pending, Place, Report, Section};
use crate::definition::Mail;
use crate::names;
use crate::process::PENDING_SUFFIX;
use crate::read::mail::customer_mail;
use crate::read::section::given;

pub(super) const TYPE: ConnectorType = ConnectorType {
    name: "Stripe - Create Refund",
    read,
};

/// How long a refund may be pending before a person has to look: 30 days.
const MAX_PENDING_SECONDS: u64 = 30 * 24 * 60 * 60;
/// How often Stripe is asked about a pending refund: every six hours. It tells by an event, which may get
/// lost.
const POLL_SECONDS: u32 = 6 * 60 * 60;

#[derive(Debug)]
struct Refund {
    payment: Payment,
    /// The mail to the customer when Stripe takes a refund and does not pay it yet.
    while_pending: Option<Mail>,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Box<dyn Connector>> {
    let payment = Payment::read(report, section);
    let while_pending = customer_mail(report, section, "while pending");
    Some(Box::new(Refund {
        payment: payment?,
        while_pending: while_pending?,
    }))
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
        let mail = mail.map(|mail| scope.context.mail(report, mail, at, Whom::Customer));
        let call = Payment::call(place, &ConnectorConfig::CreateRefund(config?));
        let config = ConnectorConfig::AwaitRefund;
        let name = format!("{}{PENDING_SUFFIX}", scope.name());
        let pending = Pending {
            task: Task::new(Function::IssueRefund, &name, &config)
                .of_phase(scope.name())
                .retried_while_waiting(),
            poll_seconds: POLL_SECONDS,
            mail: given(mail)?,
        };
        Some(Call {
            pending: Some(pending),
            ..call
        })
    }
}
