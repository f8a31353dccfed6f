//! The status page: how a request stands, and where the customer answers questions.

use domain::arrival::arrives_by;
use domain::audit::{Action, AuditRecord};
use domain::inquiry::{Inquiry, REPLY_CHARS};
use domain::mail::sanitize_text;
use domain::one_time_code::CODE_DIGITS_WORD;
use domain::request::{RefundProgress, Request, Status};
use domain::task::ACKNOWLEDGEMENT_STATE;
use maud::{Markup, html};
use web::{Field, FieldProblem, Page, PageContext, answers, to_correct};

use super::code_field;
use crate::status_view::StatusView;
use crate::timeline::{given, is_out_of_reach, timeline};

/// An answer that could not be taken, to be corrected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WrittenAnswer<'a> {
    pub(crate) number: u32,
    pub(crate) text: &'a str,
    /// Which of the inputs is to be corrected.
    pub(crate) field: &'static str,
    pub(crate) problem: &'a str,
}

/// What the status page shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StatusPage<'a> {
    pub(crate) page: &'a PageContext,
    pub(crate) request: &'a Request,
    pub(crate) view: &'a StatusView<'a>,
    /// Its audit log.
    pub(crate) records: &'a [AuditRecord],
    /// The unguessable part of the page's address.
    pub(crate) key: &'a str,
    pub(crate) written: Option<WrittenAnswer<'a>>,
}

impl StatusPage<'_> {
    /// The page's own path.
    fn address(&self) -> String {
        format!("/requests/{}/{}", self.request.request_id, self.key)
    }
}

pub(crate) fn status_page(shown: &StatusPage<'_>) -> Page {
    let StatusPage { request, view, .. } = *shown;
    // What somebody of the team has added is not theirs to see here.
    let own = request.answers.iter();
    let own = own.filter(|it| it.given_by.is_none() && it.value.is_some());
    let own: Vec<_> = own.cloned().collect();
    let is_request = request.about.is_none();
    shown.page.page(
        &format!("{} · {}", view.headline, request.title_for_customer()),
        &html! {
            p.crumb {
                (request.title_for_customer())
                @if is_request { " · Reference " strong { (request.reference()) } }
            }
            h1 { (view.headline) }
            @if is_request { (standing(shown)) }
            @for inquiry in request.inquiries.iter().rev() { (asked(shown, inquiry)) }
            @if is_request { (history(shown)) }
            @if let Some(at) = request.forgotten_at {
                p { "We no longer keep what you sent us and what was written about it. It was removed on " (shown.page.time(at)) "." }
            } @else {
                section.card aria-labelledby="sent" {
                    h2 #sent { "What you sent us" }
                    (answers(&own))
                }
            }
            @if is_request { (found_again(shown)) } @else { (kept(shown)) }
        },
    )
}

/// How the request stands, and what follows from it for the customer.
fn standing(shown: &StatusPage<'_>) -> Markup {
    let StatusPage { request, view, .. } = *shown;
    let good = matches!(request.status, Status::Refunded | Status::Completed);
    let bad = request.status == Status::Denied;
    let paid = given(shown.records, Action::Refunded)
        .filter(|_| request.refund == Some(RefundProgress::Paid));
    let credited = given(shown.records, Action::Credited);
    html! {
        div.note.good[good].bad[bad] role="status" {
            @if let Some(now) = view.now { p { "Now: " strong { (now) } } }
            @if let Some((requested, approved)) = view.approved_less { p { "You asked for " (requested) ", and " (approved) " was approved." } }
            @if let Some((at, amount)) = paid {
                @let by = arrives_by(at);
                p {
                    "We paid " strong { (amount) } " back to your original payment method on " (shown.page.day(at))
                    ". It should appear on your statement by " strong { (shown.page.day(by)) } "."
                }
            }
            @if let Some((at, amount)) = credited {
                p {
                    "We gave you a credit of " strong { (amount) } " on " (shown.page.day(at)) ". It comes off your next invoice by itself."
                }
            }
            @if let Some(reason) = view.reason { p { bdi { (sanitize_text(reason)) } } }
            @if view.has_expired {
                p { "We are sorry. This is our fault, and says nothing about your request." }
                p { a href=(request.form_url()) { "Send it again" } " – the payment and the amount are filled in." }
            }
            @if let Some(usually) = view.usually_takes { p { "It usually takes " (usually) " until we decide. We write to you then." } }
            p { small { "Last change " (shown.page.time(request.updated_at)) } }
        }
    }
}

/// What has happened so far, oldest first.
fn history(shown: &StatusPage<'_>) -> Markup {
    html! {
        section.card aria-labelledby="history" {
            h2 #history { "What happened so far" }
            ol {
                @for milestone in timeline(shown.records) {
                    li { (milestone.text) br; small { (shown.page.time(milestone.at)) } }
                }
            }
        }
    }
}

/// Under what a request was: where it is found again.
fn found_again(shown: &StatusPage<'_>) -> Markup {
    let request = shown.request;
    let is_mailed =
        request.steps.contains_key(ACKNOWLEDGEMENT_STATE) && !is_out_of_reach(shown.records);
    html! {
        @if !shown.view.is_over { p { a href=(shown.address()) { "Look for news" } } }
        p.soft {
            small {
                "If you write to us about this request, name its reference, " (request.reference()) ". "
                @if is_mailed { "The way back to this page is in the mail that we sent you when your request arrived." }
                @else { "Keep this page's address: it is the only way here." }
            }
        }
    }
}

/// Under the answers of somebody who was invited: nothing more happens.
fn kept(shown: &StatusPage<'_>) -> Markup {
    html! {
        p.soft {
            small { "Sent " (shown.page.time(shown.request.submitted_at)) ". There is nothing more to do." }
        }
    }
}

/// A question of ours: to be answered, or with its answer.
fn asked(shown: &StatusPage<'_>, inquiry: &Inquiry) -> Markup {
    let number = inquiry.number;
    let written = shown.written.filter(|written| written.number == number);
    let text = written.map_or("", |written| written.text);
    let problem_of = |field| written.filter(|w| w.field == field).map(|w| w.problem);
    let (answer_id, code_id) = (format!("answer-{number}"), format!("code-{number}"));
    let answer = Field {
        id: &answer_id,
        label: "Your answer",
        help: "",
        problem: problem_of("answer"),
    };
    let action = format!("{}/answers", shown.address());
    html! {
        section.card aria-labelledby={ "question-" (number) } {
            h2 id={ "question-" (number) } { "Our question to you" }
            p.quote { bdi { (sanitize_text(&inquiry.text)) } }
            @match &inquiry.reply {
                Some(reply) => {
                    p.soft { "You answered on " (shown.page.time(reply.at)) ":" }
                    p.quote { bdi { (sanitize_text(&reply.text)) } }
                },
                None if inquiry.is_open(shown.request.status, &shown.request.phase) => {
                    @if let Some(written) = written {
                        @let (id, label) = if written.field == "code" { (&code_id, "Code") } else { (&answer_id, answer.label) };
                        (to_correct("Your answer was not taken.", [FieldProblem { id: Some(id), label, message: format!(": {}.", written.problem) }]))
                    }
                    form method="post" action=(action) {
                        input type="hidden" name="question" value=(number);
                        (answer.around(&html! {
                            textarea id=(answer.id) name="answer" required maxlength=(REPLY_CHARS) aria-describedby=[answer.described_by()] aria-invalid=[answer.invalid()] { "\n" (text) }
                        }))
                        (code_field(&code_id, &format!("The {CODE_DIGITS_WORD} digits in the mail in which we asked you this."), "", problem_of("code")))
                        button type="submit" { "Send my answer" }
                    }
                },
                None if shown.request.status == Status::NeedsAttention => {
                    p.soft { "You cannot answer just now. We go on with this as soon as we can." }
                },
                None => p.soft { "An answer is no longer needed." },
            }
        }
    }
}
