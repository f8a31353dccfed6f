//! The page for an approver who knows the code: the request, and what can be done with it.

use domain::inquiry::{INQUIRY_CHARS, Inquiry};
use domain::mail::sanitize_text;
use maud::{Markup, html};
use web::{Page, answers};

use super::parts::{Notice, Written, footer, notice_box};
use super::{charge, decision_form, history, ownership};
use crate::OpenedLink;

/// The review page, or what a stopped process needs once it is decided.
pub(super) fn review(
    opened: &OpenedLink,
    written: &Written<'_>,
    colleagues: &[String],
    notice: &Notice<'_>,
) -> Page {
    if opened.approval.value.decision().is_some() {
        return ownership::stopped_page(opened, written.code, &notice_box(notice));
    }
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    let ineligible = opened.ineligible();
    opened.page.page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            p { "You decide as " strong { bdi { (opened.approver()) } } ", for the " (approval.asked.responsible()) "." }
            (notice_box(notice))
            section.card aria-labelledby="case" {
                h2 #case { "The request" }
                (answers(&request.answers_with_approved_amount()))
            }
            @if let Some(case) = &opened.case {
                (charge::card(&opened.page, case))
                (history::card(&opened.page, &case.approvals, request))
            }
            @if !request.inquiries.is_empty() {
                section.card aria-labelledby="asked" {
                    h2 #asked { "Asked and answered" }
                    @for inquiry in &request.inquiries { (exchange(inquiry)) }
                }
            }
            @match &ineligible {
                Some(ineligible) => div.note role="status" { p { "Here " (ineligible) "." } },
                None => (decision_form::form(opened, written, notice)),
            }
            (charge::customer_form(request, written.code, matches!(notice, Notice::Invalid { field, .. } if *field == crate::charge::CUSTOMER)))
            (other_actions(written, colleagues, notice))
            (footer(opened))
        },
    )
}

fn exchange(inquiry: &Inquiry) -> Markup {
    html! {
        dl {
            dt { (inquiry.requester) " asked" }
            dd { bdi { (sanitize_text(&inquiry.text)) } }
            dt { "The customer" }
            @match &inquiry.reply {
                Some(reply) => dd { bdi { (sanitize_text(&reply.text)) } },
                None => dd.none { "has not answered yet" },
            }
        }
    }
}

/// What else an approver can do: ask the customer, hand the request over.
fn other_actions(written: &Written<'_>, colleagues: &[String], notice: &Notice<'_>) -> Markup {
    let is_invalid = |name| matches!(notice, Notice::Invalid { field, .. } if *field == name);
    let invalid = |name| is_invalid(name).then_some("true");
    html! {
        details.card open[is_invalid("question")] {
            summary { "Ask the customer something" }
            form method="post" {
                input type="hidden" name="code" value=(written.code);
                input type="hidden" name="action" value="ask";
                div.field {
                    label for="question" { "Your question" }
                    small #question-help { "The customer gets a mail and answers on their own page. They are not told who asks." }
                    textarea #question name="question" required maxlength=(INQUIRY_CHARS) aria-describedby="question-help" aria-invalid=[invalid("question")] { "\n" (written.question) }
                }
                button.quiet type="submit" { "Send the question" }
            }
        }
        @if !colleagues.is_empty() {
            details.card open[is_invalid("to")] {
                summary { "Hand it to a colleague" }
                form method="post" {
                    input type="hidden" name="code" value=(written.code);
                    input type="hidden" name="action" value="hand-over";
                    div.field {
                        label for="to" { "Colleague" }
                        small #to-help { "They get a mail with links and a code of their own, and yours stop working." }
                        select #to name="to" required aria-describedby="to-help" aria-invalid=[invalid("to")] {
                            option value="" { "Please choose" }
                            @for colleague in colleagues { option value=(colleague) { (colleague) } }
                        }
                    }
                    button.quiet type="submit" { "Hand it over" }
                }
            }
        }
    }
}
