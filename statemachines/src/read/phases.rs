//! The phases: what happens in each step.

use domain::id::{OfferingPath, PhaseName};
use domain::task::{EndStatus, START_STATE};

use super::section::{Section, text_of};
use super::times::seconds;
use super::{approvals, choices, connectors};
use crate::definition::{Kind, Mail, Phase};
use crate::diagnostic::{Report, suggestion};
use crate::names::RESERVED_PHASES;
use crate::source::At;
use crate::yaml::{Entry, Node};

const TYPES: [&str; 8] = [
    "start",
    "approval",
    "choice",
    "condition",
    "connector",
    "email",
    "wait",
    "end",
];
const STATUSES: [(&str, EndStatus); 3] = [
    ("refunded", EndStatus::Refunded),
    ("denied", EndStatus::Denied),
    ("completed", EndStatus::Completed),
];

pub(super) fn read(report: &mut Report<'_>, section: &Section<'_>) -> Vec<Phase> {
    let phases = section.entries.iter();
    phases
        .map(|(name, node)| Phase {
            name: name.clone(),
            kind: phase(report, name, node).unwrap_or(Kind::Invalid),
        })
        .collect()
}

fn phase(report: &mut Report<'_>, name: &At<String>, node: &At<Node>) -> Option<Kind> {
    check_name(report, name);
    let label = format!("phase `{}`", name.value);
    let mut section = Section::open(report, &label, name.span, node)?;
    let kind = section.text(report, "type")?;
    let read = match kind.value.as_str() {
        "start" => Some(Kind::Start),
        "approval" => approvals::read(report, &mut section).map(Kind::Approval),
        "choice" => choices::read(report, &mut section).map(Kind::Choice),
        "condition" => Some(Kind::Condition),
        "connector" => {
            // Where it is not known, neither is what else it may have.
            let deed = connectors::deed(report, &mut section)?;
            connectors::read(report, &mut section, deed).map(|read| Kind::Connector(Box::new(read)))
        }
        "email" => email(report, &mut section).map(Kind::Email),
        "wait" => {
            let length = section.required(report, "for");
            let length = length.and_then(|entry| seconds(report, entry, "", "7 days"));
            length.map(Kind::Wait)
        }
        "end" => end_status(report, &mut section).map(Kind::End),
        other => {
            report.refuse(
                kind.span,
                format!("there is no phase type `{other}`"),
                suggestion(other, TYPES),
            );
            return None;
        }
    };
    section.close(report);
    let is_start = matches!(read, Some(Kind::Start));
    if is_start != (name.value == START_STATE) {
        report.refuse(
            name.span,
            format!("the phase of type `start` is the one called `{START_STATE}`"),
            format!("Call the phase of type `start` {START_STATE}, and no other."),
        );
    }
    read
}

fn check_name(report: &mut Report<'_>, name: &At<String>) {
    if name.value.parse::<PhaseName>().is_err() {
        report.refuse(
            name.span,
            format!("`{}` cannot be the name of a phase", name.value),
            "Use at most 60 letters, digits, spaces and hyphens.",
        );
    } else if RESERVED_PHASES.iter().any(|end| name.value.ends_with(end)) {
        report.refuse(
            name.span,
            format!(
                "`{}` is, or could be, the name of a generated state",
                name.value
            ),
            "Call the phase something else.",
        );
    }
}

/// A mail that is a phase of its own, which may invite.
fn email(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Mail> {
    let mail = mail(report, section, "to");
    let invites = section.optional("invites to");
    let invites = match invites.map(|entry| offering_path(report, entry)) {
        Some(path) => Some(path?),
        None => None,
    };
    Some(Mail { invites, ..mail? })
}

fn offering_path(report: &mut Report<'_>, (key, node): &Entry) -> Option<At<OfferingPath>> {
    let At { value, span } = text_of(report, &key.value, node)?;
    let path = value.parse().ok();
    if path.is_none() {
        report.refuse(
            span,
            format!("`{value}` cannot be the address of an offering"),
            "Write the folder and the name of its definition, such as `customer-satisfaction/csat-survey`.",
        );
    }
    path.map(|value| At { value, span })
}

pub(super) fn mail(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    to: &'static str,
) -> Option<Mail> {
    let to = section.text(report, to);
    let subject = section.text(report, "subject");
    let body = section.text(report, "body");
    if let Some(subject) = &subject
        && subject.value.trim_end().contains('\n')
    {
        report.refuse(
            subject.span,
            "a subject is a single line",
            "Shorten it, or move the rest into the body.",
        );
    }
    Some(Mail {
        to: to?,
        subject: subject?,
        body: body?,
        invites: None,
    })
}

fn end_status(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<EndStatus> {
    let text = section.text(report, "status")?;
    let known = STATUSES.iter().find(|(name, _)| *name == text.value);
    if known.is_none() {
        report.refuse(
            text.span,
            format!("there is no status `{}`", text.value),
            suggestion(&text.value, STATUSES.map(|(name, _)| name)),
        );
    }
    known.map(|(_, status)| *status)
}
