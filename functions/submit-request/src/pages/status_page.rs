//! The status page: how a request stands, and where the customer answers questions.

use domain::inquiry::{Inquiry, REPLY_CHARS};
use domain::mail::sanitize_text;
use domain::one_time_code::CODE_DIGITS_WORD;
use domain::request::{Request, Status};
use maud::{Markup, html};
use web::{Page, PageContext, answers};

use super::code_field;
use crate::status_view::StatusView;

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
    let good = matches!(request.status, Status::Refunded | Status::Completed);
    let bad = request.status == Status::Denied;
    // What somebody of the team has added is not theirs to see here.
    let own = request.answers.iter().filter(|it| it.given_by.is_none());
    let own: Vec<_> = own.cloned().collect();
    shown.page.page(
        &request.title,
        &html! {
            p.crumb { (request.title) }
            h1 { (view.headline) }
            @if request.about.is_none() {
                div.note.good[good].bad[bad] role="status" {
                    p { "Now: " strong { (request.phase) } }
                    @if let Some((requested, approved)) = view.approved_less { p { "You asked for " (requested) ", and " (approved) " was approved." } }
                    @if let Some(reason) = view.reason { p { bdi { (sanitize_text(reason)) } } }
                    p { small { "Last change " (shown.page.time(request.updated_at)) } }
                }
            }
            @for inquiry in request.inquiries.iter().rev() { (asked(shown, inquiry)) }
            @if let Some(at) = request.forgotten_at {
                p { "We no longer keep what you sent us and what was written about it. It was removed on " (shown.page.time(at)) "." }
            } @else {
                section.card aria-labelledby="sent" {
                    h2 #sent { "What you sent us" }
                    (answers(&own))
                }
            }
            @if request.about.is_some() { (kept(shown)) } @else { (found_again(shown)) }
        },
    )
}

/// Under what a request was: where it is found again.
fn found_again(shown: &StatusPage<'_>) -> Markup {
    let request = shown.request;
    html! {
        @if !shown.view.is_over { p { a href=(shown.address()) { "Look for news" } } }
        p.soft {
            small {
                "Request " (request.request_id) ", sent " (shown.page.time(request.submitted_at)) ". "
                "Keep this page's address: it is the only way here."
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
    let action = format!("{}/answers", shown.address());
    html! {
        section.card aria-labelledby={ "question-" (number) } {
            h2 id={ "question-" (number) } { "Our question to you" }
            p.quote { bdi { (sanitize_text(&inquiry.text)) } }
            @match &inquiry.reply {
                Some(reply) => {
                    p.soft { "You answered at " (shown.page.time(reply.at)) ":" }
                    p.quote { bdi { (sanitize_text(&reply.text)) } }
                },
                None if inquiry.is_open(shown.request.status, &shown.request.phase) => {
                    @if let Some(written) = written {
                        div.note.bad role="alert" { p { "Your answer was not taken: " (written.problem) "." } }
                    }
                    form method="post" action=(action) {
                        input type="hidden" name="question" value=(number);
                        div.field {
                            label for={ "answer-" (number) } { "Your answer" }
                            textarea id={ "answer-" (number) } name="answer" required maxlength=(REPLY_CHARS) aria-invalid=[problem_of("answer").map(|_| "true")] { "\n" (text) }
                        }
                        (code_field(&format!("code-{number}"), &format!("The {CODE_DIGITS_WORD} digits in the mail in which we asked you this."), "", problem_of("code")))
                        button type="submit" { "Send my answer" }
                    }
                },
                None => p.soft { "An answer is no longer needed." },
            }
        }
    }
}
