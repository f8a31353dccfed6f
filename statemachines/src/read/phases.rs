//! The phases: what happens in each step.

use shared::id::PhaseName;
use shared::task::{EndStatus, START_STATE, StripeReason};

use super::marks;
use super::section::{Section, text_of};
use crate::definition::{Approval, Kind, Mail, Phase, Refund};
use crate::diagnostic::{Report, suggestion};
use crate::names::RESERVED_PHASES;
use crate::source::At;
use crate::yaml::{Entry, Node};

const TYPES: [&str; 6] = [
    "start",
    "approval",
    "condition",
    "connector",
    "email",
    "end",
];
const CONNECTOR: &str = "Stripe - Create Refund";
const STATUSES: [(&str, EndStatus); 2] = [
    ("refunded", EndStatus::Refunded),
    ("denied", EndStatus::Denied),
];
const STRIPE_REASONS: [(&str, StripeReason); 2] = [
    ("duplicate", StripeReason::Duplicate),
    ("requested_by_customer", StripeReason::RequestedByCustomer),
];

pub(super) fn read(report: &mut Report<'_>, section: &Section<'_>) -> Vec<Phase> {
    let phases = section.entries.iter();
    phases
        .map(|(name, node)| Phase {
            name: name.clone(),
            kind: phase(report, name, node).unwrap_or(Kind::Unreadable),
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
        "approval" => approval(report, &mut section).map(Kind::Approval),
        "condition" => Some(Kind::Condition),
        "connector" => {
            if !is_known_connector(report, &mut section) {
                // What else it has is for a connector that is not known.
                return None;
            }
            refund(report, &mut section).map(Kind::Refund)
        }
        "email" => mail(report, &mut section, "to").map(Kind::Email),
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

fn approval(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Approval> {
    let question = section.plain(report, "question");
    let remind = section.required(report, "remind");
    let remind = remind.and_then(|entry| seconds(report, entry, "every", "every 24 hours"));
    let expire = section.required(report, "expire");
    let expire = expire.and_then(|entry| seconds(report, entry, "after", "after 14 days"));
    let expire_reason = section.plain(report, "reason when expired");
    Some(Approval {
        question: question?,
        remind_seconds: remind?,
        expire_seconds: expire?,
        expire_reason: expire_reason?,
    })
}

/// `every 24 hours`, `after 14 days`.
fn seconds(
    report: &mut Report<'_>,
    (key, node): &Entry,
    word: &str,
    example: &str,
) -> Option<At<u32>> {
    let text = text_of(report, &key.value, node)?;
    let parts: Vec<&str> = text.value.split_whitespace().collect();
    let parsed = match parts[..] {
        [first, count, unit] if first == word => {
            let unit_seconds = match unit.strip_suffix('s').unwrap_or(unit) {
                "minute" => Some(60),
                "hour" => Some(60 * 60),
                "day" => Some(24 * 60 * 60),
                "week" => Some(7 * 24 * 60 * 60),
                _ => None,
            };
            let count = count.parse::<u32>().ok().filter(|count| *count > 0);
            count.zip(unit_seconds).and_then(|(c, u)| c.checked_mul(u))
        }
        _ => None,
    };
    if parsed.is_none() {
        report.refuse(
            text.span,
            format!("`{}` is not a length of time", text.value),
            format!("Write it like `{example}`, in minutes, hours, days or weeks."),
        );
    }
    parsed.map(|value| At {
        value,
        span: text.span,
    })
}

fn is_known_connector(report: &mut Report<'_>, section: &mut Section<'_>) -> bool {
    let Some(connector) = section.text(report, "connector") else {
        return false;
    };
    if connector.value != CONNECTOR {
        report.refuse(
            connector.span,
            format!("there is no connector `{}`", connector.value),
            suggestion(&connector.value, [CONNECTOR]),
        );
    }
    connector.value == CONNECTOR
}

fn refund(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Refund> {
    let charge = section.text(report, "charge");
    let amount = section.text(report, "amount");
    let reason = section.text(report, "reason");
    let stripe_reasons = match section.optional("stripe reasons") {
        Some((key, node)) => {
            let reasons = Section::open(report, "`stripe reasons`", key.span, node)?;
            let entries = reasons.entries.iter();
            entries
                .filter_map(|(reason, node)| {
                    marks::check(report, &reason.value, reason.span);
                    Some((reason.clone(), stripe_reason(report, node)?))
                })
                .collect()
        }
        None => Vec::new(),
    };
    let output = section.text(report, "output");
    let on_error = section.section(report, "on error").and_then(|mut section| {
        let on_error = mail(report, &mut section, "tell");
        section.close(report);
        on_error
    });
    Some(Refund {
        charge: charge?,
        amount: amount?,
        reason: reason?,
        stripe_reasons,
        output: output?,
        on_error: on_error?,
    })
}

fn stripe_reason(report: &mut Report<'_>, node: &At<Node>) -> Option<StripeReason> {
    let text = text_of(report, "reason", node)?;
    let known = STRIPE_REASONS.iter().find(|(name, _)| *name == text.value);
    if known.is_none() {
        let help = if text.value == "fraudulent" {
            "`fraudulent` puts the customer on Stripe's block list, and is never sent.".to_owned()
        } else {
            suggestion(&text.value, STRIPE_REASONS.map(|(name, _)| name))
        };
        report.refuse(
            text.span,
            format!("`{}` is no reason that can be sent to Stripe", text.value),
            help,
        );
    }
    known.map(|(_, reason)| *reason)
}

fn mail(report: &mut Report<'_>, section: &mut Section<'_>, to: &'static str) -> Option<Mail> {
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
