//! What an opened link shows to whoever opens it.

use maud::{Markup, html};
use shared::approval::Refusal;
use shared::http::{answers, page};
use shared::request::AnswerKind;
use shared::task::Confirm;

use super::footer;
use crate::Case;

/// The page that an opened link shows: what it is about, and where the code goes. Nothing personal of the
/// customer's is on it.
pub(crate) fn at_the_door(case: &Case, refusal: Option<&Refusal>) -> Markup {
    let (approval, request) = (&case.approval.value, &case.request.value);
    let impersonal = |kind| matches!(kind, AnswerKind::Amount | AnswerKind::Charge);
    let known: Vec<_> = request
        .answers
        .iter()
        .filter(|answer| impersonal(answer.kind))
        .cloned()
        .collect();
    let invalid = refusal.is_some().then_some("true");
    page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            p { "You are asked as " strong { bdi { (case.approver()) } } ", for the " (approval.responsible) "." }
            section.card aria-label="At a glance" { (answers(&known)) }
            @if let Some(refusal) = refusal {
                div.note.bad role="alert" { p { "Nothing was recorded: " (refusal) "." } }
            }
            form.card method="post" {
                @match approval.confirm {
                    Confirm::Code => {
                        div.field {
                            label for="code" { "Code" }
                            small #code-help { "The six digits in the mail that brought you here. They open the whole case." }
                            input.code #code name="code" required inputmode="numeric" autocomplete="one-time-code" maxlength="12"
                                aria-describedby="code-help" aria-invalid=[invalid];
                        }
                    },
                    Confirm::Click => { p { "Nothing is decided yet by opening the case." } },
                }
                button type="submit" { "Show the case" }
            }
            (footer(case))
        },
    )
}
