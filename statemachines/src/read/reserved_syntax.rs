//! Marks that mean something to the tools a text passes through on its way.
//!
//! Texts are carried inside the state machine. There `${...}` is replaced when it is deployed, and a
//! line that begins with `{%` and ends with `%}` is evaluated by Step Functions. Neither has an escape
//! that all tools honour, so such texts are refused rather than rewritten: what the definition says
//! is what arrives.

use crate::diagnostic::Report;
use crate::source::{At, Span, place_within};

/// Refuses what no text may contain.
pub(crate) fn check(report: &mut Report<'_>, text: &str, span: Span) {
    for (index, _) in text.match_indices("${") {
        let at = place_within(report.source, span, text, index..index + 2);
        if text[index + 1..].starts_with("{{") {
            report.refuse(
                at,
                "an amount brings its own dollar sign",
                "Leave out the `$` before the braces: {{ refundAmount }} becomes $50.00.",
            );
        } else {
            report.refuse(
                at,
                "`${` would be replaced when the state machine is deployed",
                "Leave out the `$` or write a space after it.",
            );
        }
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let (first, end) = (
            start + (line.len() - line.trim_start().len()),
            start + line.trim_end().len(),
        );
        let edges = [
            (line.trim().starts_with("{%"), first..first + 2),
            (line.trim().ends_with("%}"), end.saturating_sub(2)..end),
        ];
        if let Some((_, part)) = edges.into_iter().find(|(refused, _)| *refused) {
            report.refuse(
                place_within(report.source, span, text, part),
                "Step Functions would evaluate a line that begins with `{%` or ends with `%}`",
                "Let the line begin and end with words, or with an empty comment: {##}.",
            );
        }
        start += line.len();
    }
}

/// Refuses line breaks where there is one line.
pub(crate) fn check_line(report: &mut Report<'_>, label: &str, text: &At<String>) {
    if text.value.trim_end().contains('\n') {
        report.refuse(
            text.span,
            format!("`{label}` is a single line"),
            "Shorten it, or write `>` after the colon to spread it over several lines here.",
        );
    }
}

/// Refuses names to fill in where nothing is filled in, and line breaks where there is one line.
pub(crate) fn check_plain(report: &mut Report<'_>, label: &str, text: &At<String>) {
    check_line(report, label, text);
    if let Some(index) = text.value.find("{{") {
        let at = place_within(report.source, text.span, &text.value, index..index + 2);
        report.refuse(
            at,
            format!("`{label}` is shown as it is, nothing is filled in"),
            "Leave out the braces. Names can be used in the subject and the body of an email.",
        );
    }
}
