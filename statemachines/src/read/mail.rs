//! Mails: to whom, a subject and a body.

use super::section::Section;
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
