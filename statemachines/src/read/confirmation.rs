//! What a decision needs besides its link.

use domain::task::Confirm;

use super::section::{Section, word_of};
use crate::diagnostic::Report;

/// The value of `confirm:`, which may be absent.
pub(crate) fn confirm(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Confirm> {
    let confirm = section.given(report, "confirm", |report, entry| {
        word_of(report, entry, "way to confirm called")
    });
    Some(confirm?.unwrap_or_default())
}
