//! Mails: to whom, a subject and a body.

use super::section::{Section, given};
use crate::definition::Mail;
use crate::diagnostic::Report;

/// Reads a mail, whose recipient is at that key.
pub(crate) fn mail(
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

/// Reads a mail to the customer at a key that may be absent; `None` when it is there and could not be read.
#[expect(
    clippy::option_option,
    reason = "the inner says whether it was written"
)]
pub(crate) fn customer_mail(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    key: &'static str,
) -> Option<Option<Mail>> {
    given(section.optional(key).map(|(at, node)| {
        let mut section = Section::open(report, &format!("`{key}`"), at.span, node)?;
        let read = mail(report, &mut section, "to");
        section.close(report);
        read
    }))
}
