//! `Stripe - Create Refund`: the customer gets money back.
//!
//! ```text
//! Process Refund Outcome -> pending: Pending Email -> Pending -> Pending Outcome -> done, error
//! ```

use shared::task::{ConnectorConfig, EmailConfig, RefundConfig, outcome};

use super::payment::{self, Payment};
use crate::asl::task::{Function, Task, branch_on};
use crate::connector::{Connector, ConnectorAction, ConnectorType, Place};
use crate::definition::Mail;
use crate::diagnostic::Report;
use crate::names;
use crate::process::{Exit, PENDING_EMAIL_SUFFIX, PENDING_SUFFIX, States, Step};
use crate::read::mail::mail;
use crate::read::section::Section;
use crate::usage::Usage;

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

    fn check(
        &self,
        report: &mut Report<'_>,
        place: &Place<'_>,
    ) -> Option<Box<dyn ConnectorAction>> {
        let config = self.payment.check(report, place);
        let mail = self.while_pending.as_ref();
        let at = names::Place::of(place.phase);
        let while_pending = mail.map(|mail| place.context.mail(report, mail, at));
        Some(Box::new(CreateRefund {
            config: config?,
            while_pending: match while_pending {
                Some(mail) => Some(mail?),
                None => None,
            },
        }))
    }
}

#[derive(Debug)]
struct CreateRefund {
    config: RefundConfig,
    while_pending: Option<EmailConfig>,
}

impl ConnectorAction for CreateRefund {
    fn task(&self, name: &str) -> Task {
        let config = ConnectorConfig::CreateRefund(self.config.clone());
        Task::new(Function::IssueRefund, name, &config)
    }

    /// A refund that was taken and is not paid yet is waited for: until it is paid or is not going to be.
    /// Stripe tells by an event; in case that one got lost, the state is entered again from time to time,
    /// and the function asks.
    fn own_exits(&self, states: &mut States, step: &Step, exits: &[Exit]) -> Vec<Exit> {
        let name = step.name.as_str();
        let mut first = format!("{name}{PENDING_SUFFIX}");
        branch_on(states, &first, exits, |next| {
            Task::new(Function::IssueRefund, &first, &ConnectorConfig::AwaitRefund)
                .of_phase(name)
                .retried_while_waiting()
                .wait(&first, POLL_SECONDS, next)
        });
        if let Some(mail) = &self.while_pending {
            let email = format!("{name}{PENDING_EMAIL_SUFFIX}");
            let task = Task::new(Function::SendEmail, &email, mail).of_phase(name);
            states.insert(email.clone(), task.next(&first));
            first = email;
        }
        vec![Exit {
            outcome: outcome::PENDING.to_owned(),
            label: None,
            to: step.name.clone(),
            state: first,
        }]
    }

    fn actor(&self) -> &'static str {
        payment::ACTOR
    }

    fn usage(&self) -> Usage {
        payment::usage()
    }
}
