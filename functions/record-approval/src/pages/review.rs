//! The page for an approver who knows the code: the request, and what can be done with it.
//!
//! What is needed to decide comes first, then the decision, then what else can be done, and at last what is read in
//! peace. All inputs are in one form, whose buttons say what is done: whichever is pressed, nothing that was entered is
//! lost.

use domain::approval::viewed_digest;
use domain::inquiry::{INQUIRY_CHARS, Inquiry};
use domain::mail::sanitize_text;
use domain::request::{AnswerKind, Answered};
use maud::{Markup, html};
use web::{Page, answers};

use super::parts::{Notice, Written, footer, notice_box};
use super::{charge, decision_form, history, ownership};
use crate::OpenedLink;

/// The most characters and lines of a text that stands above the decision.
const SHORT_CHARS: usize = 200;
const SHORT_LINES: usize = 3;

/// The review page, or what a stopped process needs once it is decided.
pub(super) fn review(
    opened: &OpenedLink,
    written: &Written<'_>,
    colleagues: &[String],
    notice: &Notice<'_>,
) -> Page {
    if opened.approval.value.decision().is_some() {
        return ownership::stopped_page(opened, &written.inputs.code, &notice_box(notice));
    }
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    let (long, short): (Vec<_>, Vec<_>) = request
        .answers_with_approved_amount()
        .into_iter()
        .filter(|answer| answer.value.is_some())
        .partition(is_long);
    opened.page.page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            (notice_box(notice))
            section.card.facts aria-label="The request" {
                (answers(&short))
                @if !long.is_empty() {
                    p { "Further down: " @for answer in &long { a href={ "#" (answer.name) } { (answer.label) } " " } }
                }
                @if let Some(case) = &opened.case { (charge::warnings(case)) }
            }
            @if !request.inquiries.is_empty() {
                section.card aria-labelledby="asked" {
                    h2 #asked { "Asked and answered" }
                    @for inquiry in &request.inquiries { (exchange(inquiry)) }
                }
            }
            (form(opened, written, colleagues, notice))
            @for answer in &long {
                section.card id=(answer.name) aria-label=(answer.label) { (answers(std::slice::from_ref(answer))) }
            }
            @if let Some(case) = &opened.case {
                (charge::card(&opened.page, case))
                (history::card(&opened.page, &case.approvals, request))
            }
            p.soft { "You are asked as " strong { bdi { (opened.approver()) } } ", for the " (approval.asked.responsible()) "." }
            (footer(opened))
        },
    )
}

/// Whether a text is too long to stand above the decision.
fn is_long(answer: &Answered) -> bool {
    let text = answer.value.as_ref().map(ToString::to_string);
    answer.kind == AnswerKind::Other
        && text.is_some_and(|text| {
            text.chars().count() > SHORT_CHARS || text.lines().count() > SHORT_LINES
        })
}

fn form(
    opened: &OpenedLink,
    written: &Written<'_>,
    colleagues: &[String],
    notice: &Notice<'_>,
) -> Markup {
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    let viewed = viewed_digest::digest(request, &approval.definition);
    html! {
        form method="post" {
            // The enter key presses a form's first button: here it decides nothing.
            button type="submit" disabled hidden {}
            input type="hidden" name="code" value=(written.inputs.code);
            input type="hidden" name="viewed" value=(viewed);
            @match opened.ineligible() {
                Some(ineligible) => div.note role="status" { p { "You may not decide this one: " (ineligible) "." } },
                None => (decision_form::decision(opened, written, notice)),
            }
            (question(written, notice))
            (hand_over(written, colleagues, notice))
            (charge::customer_field(opened, written, notice))
        }
    }
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

/// Where the customer is asked something.
fn question(written: &Written<'_>, notice: &Notice<'_>) -> Markup {
    let field = notice.field(
        "question",
        "The customer gets a mail and answers on their own page. They are not told who asks.",
    );
    let given = &written.inputs.question;
    html! {
        details.card open[field.problem.is_some() || !given.is_empty()] {
            summary { "Ask the customer something" }
            (field.around(&html! {
                textarea #question name="question" maxlength=(INQUIRY_CHARS) aria-describedby=[field.described_by()] aria-invalid=[field.invalid()] { "\n" (given) }
            }))
            button.quiet type="submit" name="action" value="ask" { "Send the question" }
        }
    }
}

/// Where the request is handed over.
fn hand_over(written: &Written<'_>, colleagues: &[String], notice: &Notice<'_>) -> Markup {
    let field = notice.field(
        "to",
        "They get a mail with links and a code of their own, and yours stop working.",
    );
    let given = &written.inputs.to;
    html! {
        @if !colleagues.is_empty() {
            details.card open[field.problem.is_some() || !given.is_empty()] {
                summary { "Hand it to a colleague" }
                (field.around(&html! {
                    select #to name="to" aria-describedby=[field.described_by()] aria-invalid=[field.invalid()] {
                        option value="" { "Please choose" }
                        @for colleague in colleagues { option value=(colleague) selected[colleague == given] { (colleague) } }
                    }
                }))
                button.quiet type="submit" name="action" value="hand-over" { "Hand it over" }
            }
        }
    }
}
