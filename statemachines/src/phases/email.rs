//! `type: email`: a mail to the customer or to a team, which may invite to another offering.

use domain::id::OfferingPath;

use crate::asl::task::{Function, Task};
use crate::check::mails::Whom;
use crate::definition::Mail;
use crate::names::Place;
use crate::phase::{Action, Facts, PhaseKind, PhaseType, Report, Scope, Section, Written};
use crate::read::mail::mail;
use crate::read::section::text_of;
use crate::source::At;
use crate::text;
use crate::yaml::Entry;

pub(super) const TYPE: PhaseType = PhaseType {
    name: "email",
    read,
};

#[derive(Debug)]
struct Email(Mail);

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let mail = mail(report, section, "to");
    let invites = section.given(report, "invites to", offering_path)?;
    let mail = Mail { invites, ..mail? };
    let mails_customer = text::only_name(&mail.to.value).is_some();
    let facts = Facts {
        mails_customer,
        customer_sees: Some(if mails_customer {
            "We have written to you".to_owned()
        } else {
            "Being processed".to_owned()
        }),
        invites: mail.invites.clone(),
        ..Facts::default()
    };
    Some(Written::new(facts, Email(mail)))
}

fn offering_path(report: &mut Report<'_>, (key, node): &Entry) -> Option<At<OfferingPath>> {
    let At { value, span } = text_of(report, &key.value, node)?;
    let value = report.expect(
        value.parse().ok(),
        span,
        format!("`{value}` cannot be the address of an offering"),
        "Write the folder and the name of its definition, such as `customer-satisfaction/csat-survey`.",
    )?;
    Some(At { value, span })
}

impl PhaseKind for Email {
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let mail = scope
            .context
            .mail(report, &self.0, Place::of(scope.index), Whom::Anybody)?;
        let task = Task::new(Function::SendEmail, scope.name(), &mail).next(scope.next());
        let mut action = Action::of(scope.name(), task, ("[", "", "]"));
        action.usage.mails = 1;
        Some(action)
    }
}
