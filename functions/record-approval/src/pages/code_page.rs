//! What an opened link of an approver's shows to whoever opens it.

use domain::approval::Refusal;
use domain::request::AnswerKind;
use maud::html;
use web::{Page, answers};

use super::parts::{code_field, code_refused, footer};
use crate::OpenedLink;

/// The page that an opened link shows: what it is about, and where the code goes. Nothing personal of the
/// customer's is on it.
pub(super) fn code_page(opened: &OpenedLink, refusal: Option<&Refusal>) -> Page {
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    let impersonal = |kind| matches!(kind, AnswerKind::Amount | AnswerKind::Charge);
    let known: Vec<_> = request
        .answers_with_approved_amount()
        .into_iter()
        .filter(|answer| impersonal(answer.kind))
        .collect();
    opened.page.page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            (code_refused(refusal))
            p { "You are asked as " strong { bdi { (opened.approver()) } } ", for the " (approval.asked.responsible()) "." }
            section.card aria-label="At a glance" { (answers(&known)) }
            form.card method="post" {
                (code_field(approval.confirm, " They open the whole case.", refusal))
                button type="submit" { "Show the case" }
            }
            (footer(opened))
        },
    )
}
