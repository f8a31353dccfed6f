//! The limits of what is paid: `per day: 10,000.00`.

use domain::money::{AmountError, Usd};
use domain::payment_control::{Limit, Limits};

use super::section::Section;
use crate::diagnostic::{Report, list};
use crate::source::At;
use crate::yaml::{Entry, Node};

/// Reads the section. A limit that could not be read is left out, which has been reported.
pub(super) fn read(report: &mut Report<'_>, (key, node): &Entry) -> Option<At<Limits>> {
    let mut section = Section::open(report, "`limits`", key.span, node)?;
    let mut limits = Limits::default();
    let mut is_any = false;
    for limit in Limit::ALL {
        if let Some((key, node)) = section.optional(limit.as_str()) {
            is_any = true;
            limits.set(limit, amount(report, &key.value, node));
        }
    }
    if !is_any && section.entries.is_empty() {
        report.refuse(
            key.span,
            "`limits` has no limit",
            format!("It may have: {}.", list(Limit::ALL.map(Limit::as_str))),
        );
    }
    check_order(report, &section, &limits);
    section.close(report);
    Some(At {
        value: limits,
        span: key.span,
    })
}

/// No refund within its own limit is above another one.
fn check_order(report: &mut Report<'_>, section: &Section<'_>, limits: &Limits) {
    let narrow = Limit::PerRefund;
    let mut entries = section.entries.iter();
    let Some((key, _)) = entries.find(|(key, _)| key.value == narrow.as_str()) else {
        return;
    };
    for wide in [Limit::PerCustomer, Limit::PerDay] {
        if let (Some(most), Some(less)) = (limits.amount(narrow), limits.amount(wide))
            && most > less
        {
            report.refuse(
                key.span,
                format!("`{narrow}` is more than `{wide}`, so that a refund of {most} could never be paid"),
                format!("Make it {less} or less, or `{wide}` more."),
            );
        }
    }
}

/// A number is read as it is written: as YAML has it, it could be a fraction of a cent.
fn amount(report: &mut Report<'_>, label: &str, node: &At<Node>) -> Option<Usd> {
    let written = match &node.value {
        Node::Text(text) => text.as_str(),
        Node::Number => &report.source[node.span.start..node.span.end],
        Node::Empty | Node::Flag(_) | Node::List(_) | Node::Map(_) => "",
    };
    let parsed = parse(written.trim());
    if let Err(error) = &parsed {
        report.refuse(
            node.span,
            format!("`{label}` {error}"),
            "Write dollars such as `2,000.00`, with or without commas. Leave the line out for no such limit.",
        );
    }
    parsed.ok()
}

/// Digits, with commas at each thousand or without any.
fn parse(text: &str) -> Result<Usd, AmountError> {
    let amount: Usd = text.replace(',', "").parse()?;
    let shown = amount.to_string();
    let [grouped, given] = [&shown[1..], text].map(|it| it.split('.').next());
    if text.contains(',') && given != grouped {
        return Err(AmountError::NotAnAmount);
    }
    Ok(amount)
}
