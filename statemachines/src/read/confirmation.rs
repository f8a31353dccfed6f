//! What a decision needs besides its link.

use domain::task::Confirm;

use super::section::{Section, word_of};
use crate::diagnostic::Report;

const CONFIRMATIONS: [(&str, Confirm); 2] = [("code", Confirm::Code), ("click", Confirm::Click)];

/// The value of `confirm:`, which may be absent.
pub(crate) fn confirm(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Confirm> {
    let what = "way to confirm called";
    let confirm = section.given(report, "confirm", |report, (key, node)| {
        word_of(report, &key.value, node, &CONFIRMATIONS, what)
    });
    Some(confirm?.unwrap_or(Confirm::Code))
}
