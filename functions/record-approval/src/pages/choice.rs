//! The pages of a customer who was offered a choice: for the code, for the choice, and with what they chose.

use domain::approval::{Choice, Decider, Decision, Refusal};
use domain::request::{AnswerKind, Answered};
use maud::html;
use web::{Page, answers};

use super::parts::{Notice, Written, code_field, code_refused, crumb, footer, notice_box};
use crate::OpenedLink;

/// The page that an opened link shows. Not even the question is on it: the definition may have put
/// something of the customer's into it.
pub(super) fn code_page(opened: &OpenedLink, refusal: Option<&Refusal>) -> Page {
    let title = "A question about your request";
    opened.page.page(
        title,
        &html! {
            (crumb(opened))
            h1 { (title) }
            (code_refused(refusal))
            p { "We have sent you a mail with this link and a code. The code shows you the question, and you choose on the next page." }
            form.card method="post" {
                (code_field(opened.approval.value.confirm, "", refusal))
                button type="submit" { "Show the question" }
            }
            (footer(opened))
        },
    )
}

/// The page for the customer who knows the code: what they can choose, and what it is about.
pub(super) fn review(
    opened: &OpenedLink,
    choice: &Choice,
    written: &Written<'_>,
    notice: &Notice<'_>,
) -> Page {
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    // What somebody of the team has added is not theirs to see here.
    let own = |answer: &Answered| answer.given_by.is_none() && answer.value.is_some();
    let at_a_glance = |kind| matches!(kind, AnswerKind::Amount | AnswerKind::Charge);
    let (glance, rest): (Vec<_>, Vec<_>) = request
        .answers_with_approved_amount()
        .into_iter()
        .filter(own)
        .partition(|answer| at_a_glance(answer.kind));
    opened.page.page(
        &approval.question,
        &html! {
            (crumb(opened))
            h1 { bdi { (approval.question) } }
            (notice_box(notice))
            section.card aria-label="At a glance" { (answers(&glance)) }
            form.card method="post" {
                input type="hidden" name="code" value=(written.inputs.code);
                fieldset.field {
                    legend { "Your choice" }
                    @for option in &choice.options {
                        label.choice {
                            input type="radio" name="decision" value=(option.outcome) required checked[written.decision == Some(option.outcome.as_str())];
                            bdi { (option.label) }
                        }
                    }
                }
                button type="submit" { "Confirm my choice" }
            }
            @if !rest.is_empty() {
                details.card {
                    summary { "What else you wrote" }
                    (answers(&rest))
                }
            }
            (footer(opened))
        },
    )
}

/// The page once the customer has chosen.
pub(super) fn recorded(opened: &OpenedLink, choice: &Choice, decision: &Decision) -> Page {
    outcome(opened, choice, decision, "Thank you", true)
}

/// The page that the link shows afterwards, also to who has just sent another choice, which was not recorded.
pub(super) fn chosen(
    opened: &OpenedLink,
    choice: &Choice,
    decision: &Decision,
    not_done: Option<&str>,
) -> Page {
    let title = not_done.unwrap_or(match decision.decider() {
        Decider::Customer | Decider::Approver(_) => "You have already chosen",
        Decider::Nobody => "The time to choose is over",
    });
    let is_done = not_done.is_none() && opened.is_own(decision);
    outcome(opened, choice, decision, title, is_done)
}

fn outcome(
    opened: &OpenedLink,
    choice: &Choice,
    decision: &Decision,
    title: &str,
    is_done: bool,
) -> Page {
    let at = decision.at();
    let time = opened.page.time(at);
    opened.page.page(
        title,
        &html! {
            (crumb(opened))
            h1 { (title) }
            div.note.good[is_done] role="status" {
                @match choice.label(decision.outcome()) {
                    Some(label) => p { "You chose “" bdi { (label) } "” on " (time) "." },
                    None => p { "Nothing was chosen in time, so your request went on without it on " (time) "." },
                }
            }
            p { "There is nothing more for you to do. You can close this page." }
            (footer(opened))
        },
    )
}
