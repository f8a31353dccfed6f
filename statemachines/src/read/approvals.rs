//! The phases in which people decide.

use domain::task::Confirm;

use super::section::{Section, text_of};
use super::times::seconds;
use crate::definition::{Approval, Escalate};
use crate::diagnostic::{Report, suggestion};
use crate::source::At;
use crate::yaml::{Entry, Node};

/// How often people are reminded where a definition does not say it.
const REMIND_SECONDS: u32 = 24 * 60 * 60;
/// How many people may have to say yes. More of them is a committee and no email.
const MOST_APPROVALS: u32 = 9;
const CONFIRMATIONS: [(&str, Confirm); 2] = [("code", Confirm::Code), ("click", Confirm::Click)];

pub(super) fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Approval> {
    let at = section.at;
    let question = section.plain(report, "question");
    let remind = match section.optional("remind") {
        Some(entry) => seconds(report, entry, "every", "every 24 hours"),
        None => Some(At {
            value: REMIND_SECONDS,
            span: at,
        }),
    };
    let expire = section.required(report, "expire");
    let expire = expire.and_then(|entry| seconds(report, entry, "after", "after 14 days"));
    let expire_reason = section.plain(report, "reason when expired");
    let escalate = section.optional("escalate");
    let escalate = escalate.map(|entry| escalation(report, entry));
    let separate_from = section.optional("separate from");
    let separate_from = separate_from.map(|entry| phases(report, entry));
    let confirm = section.optional("confirm");
    let confirm = confirm.map(|entry| confirmation(report, entry));
    let approvals = section.optional("approvals");
    let approvals = approvals.map(|entry| count(report, entry));
    let look_up = super::connectors::look_up(report, section);
    Some(Approval {
        look_up,
        question: question?,
        remind_seconds: remind?,
        escalate: match escalate {
            Some(escalate) => Some(escalate?),
            None => None,
        },
        expire_seconds: expire?,
        expire_reason: expire_reason?,
        separate_from: separate_from.unwrap_or_default(),
        confirm: confirm.unwrap_or(Some(Confirm::Code))?,
        approvals: approvals.unwrap_or(Some(1))?,
    })
}

fn escalation(report: &mut Report<'_>, (key, node): &Entry) -> Option<Escalate> {
    let mut section = Section::open(report, "`escalate`", key.span, node)?;
    let after = section.required(report, "after");
    let after = after.and_then(|entry| seconds(report, entry, "", "72 hours"));
    let to = section.text(report, "to");
    section.close(report);
    Some(Escalate {
        after_seconds: after?,
        to: to?,
    })
}

/// A list of phases; a single one may stand for itself.
fn phases(report: &mut Report<'_>, (key, node): &Entry) -> Vec<At<String>> {
    let items = match &node.value {
        Node::List(items) => items.as_slice(),
        Node::Text(_) | Node::Map(_) | Node::Empty | Node::Flag(_) | Node::Number => {
            std::slice::from_ref(node)
        }
    };
    let items = items.iter();
    items
        .filter_map(|item| text_of(report, &key.value, item))
        .collect()
}

pub(super) fn confirmation(report: &mut Report<'_>, (key, node): &Entry) -> Option<Confirm> {
    let text = text_of(report, &key.value, node)?;
    let known = CONFIRMATIONS.iter().find(|(name, _)| *name == text.value);
    if known.is_none() {
        report.refuse(
            text.span,
            format!("there is no way to confirm called `{}`", text.value),
            suggestion(&text.value, CONFIRMATIONS.map(|(name, _)| name)),
        );
    }
    known.map(|(_, confirm)| *confirm)
}

fn count(report: &mut Report<'_>, (key, node): &Entry) -> Option<u32> {
    let written = report.source.get(node.span.start..node.span.end);
    let count = written
        .and_then(|text| text.trim().parse::<u32>().ok())
        .filter(|count| (1..=MOST_APPROVALS).contains(count));
    if count.is_none() {
        report.refuse(
            node.span,
            format!(
                "`{}` must be a number from 1 to {MOST_APPROVALS}",
                key.value
            ),
            "Write how many different people have to approve: `approvals: 2`.",
        );
    }
    count
}
