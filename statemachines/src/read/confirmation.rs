//! What a decision needs besides its link.

use shared::task::Confirm;

use super::section::{Section, word_of};
use crate::diagnostic::Report;

const CONFIRMATIONS: [(&str, Confirm); 2] = [("code", Confirm::Code), ("click", Confirm::Click)];

/// The value of `confirm:`, which may be absent.
pub(crate) fn confirm(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Confirm> {
    match section.optional("confirm") {
        Some((key, node)) => {
            let what = "way to confirm called";
            word_of(report, &key.value, node, &CONFIRMATIONS, what)
        }
        None => Some(Confirm::Code),
    }
}
