//! The phases in which the customer chooses.

use domain::id::slug;
use domain::task::{Confirm, outcome};

use super::approvals::confirmation;
use super::section::{Section, text_of};
use super::times::seconds;
use super::{marks, phases};
use crate::definition::{Choice, NEXT};
use crate::diagnostic::Report;
use crate::source::At;
use crate::yaml::Entry;

/// Words that mean something else where an outcome is read.
const TAKEN: [&str; 9] = [
    outcome::DONE,
    outcome::ERROR,
    outcome::APPROVE,
    outcome::REJECT,
    outcome::EXPIRE,
    outcome::PENDING,
    outcome::OTHERWISE,
    outcome::RESUME,
    NEXT,
];
/// A choice between one thing is none.
const FEWEST_OPTIONS: usize = 2;
/// An option is part of a link.
const OPTION_CHARS: usize = 40;

pub(super) fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Choice> {
    let mail = phases::mail(report, section, "to");
    let question = section.plain(report, "question");
    let before = report.count();
    let options = section.section(report, "options");
    // One that is written twice has been reported.
    let all_read = report.count() == before;
    let options = options.and_then(|section| {
        if all_read {
            check_count(report, &section);
        }
        let entries = section.entries.iter();
        entries.map(|entry| option(report, entry)).collect()
    });
    let expire = section.required(report, "expire");
    let expire = expire.and_then(|entry| seconds(report, entry, "after", "after 3 days"));
    let confirm = section.optional("confirm");
    let confirm = confirm.map(|entry| confirmation(report, entry));
    Some(Choice {
        mail: mail?,
        question: question?,
        options: options?,
        expire_seconds: expire?,
        confirm: confirm.unwrap_or(Some(Confirm::Code))?,
    })
}

fn check_count(report: &mut Report<'_>, section: &Section<'_>) {
    if section.entries.len() < FEWEST_OPTIONS {
        report.refuse(
            section.at,
            "a choice needs at least two options",
            "Add a line for each: its name and what the customer reads, such as `credit: A credit toward my next invoice`.",
        );
    }
}

fn option(report: &mut Report<'_>, (name, node): &Entry) -> Option<(At<String>, At<String>)> {
    let written = name.value.as_str();
    let is_slug = slug(written).as_deref() == Some(written);
    if !is_slug || written.len() > OPTION_CHARS {
        report.refuse(
            name.span,
            format!("`{written}` cannot be the name of an option"),
            "Use lower-case words joined by hyphens, such as `credit` or `next-invoice`. What the customer reads comes after the colon.",
        );
    } else if TAKEN.contains(&written) {
        report.refuse(
            name.span,
            format!("`{written}` already means something else"),
            "Call the option something else. What the customer reads comes after the colon.",
        );
    }
    let label = text_of(report, written, node)?;
    marks::check_line(report, written, &label);
    Some((name.clone(), label))
}
