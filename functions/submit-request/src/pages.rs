//! The customer's pages: catalogue, form, and how a request stands.

use maud::{Markup, html};
use shared::form::{Answer, Field, FieldError, FieldKind};
use shared::http::{answers, page, when};
use shared::mail::tame;
use shared::question::{Question, REPLY_CHARS};
use shared::request::{Request, Status};
use shared::task::Offering;

use crate::posted::ONCE;
use crate::standing::Standing;

pub(crate) fn catalogue(offerings: &[Offering]) -> Markup {
    page(
        "What can we do for you?",
        &html! {
            h1 { "What can we do for you?" }
            @if offerings.is_empty() { p { "There is nothing to ask for at the moment." } }
            ul.list {
                @for offering in offerings {
                    li.card {
                        p.crumb { (offering.service.name) }
                        h2 { a href={ "/services/" (offering.path) } { (offering.offering.name) } }
                        p { (offering.offering.description) }
                    }
                }
            }
        },
    )
}

/// Something to say above the form.
pub(crate) enum Notice {
    None,
    /// The same form was sent before with other answers.
    SentBefore,
}

pub(crate) fn form(
    offering: &Offering,
    given: &[(String, Answer)],
    errors: &[FieldError],
    notice: &Notice,
) -> Markup {
    let title = if errors.is_empty() {
        offering.offering.name.clone()
    } else {
        format!("Please correct: {}", offering.offering.name)
    };
    page(
        &title,
        &html! {
            p.crumb { a href="/" { (offering.service.name) } }
            h1 { (offering.offering.name) }
            p { (offering.offering.description) }
            @if let Notice::SentBefore = notice {
                div.note role="alert" {
                    p { "This form was sent before with other answers, and that request is under way. Send it again only if you want to make another request." }
                }
            }
            @if !errors.is_empty() {
                div.note.bad role="alert" {
                    p { strong { "Your request was not sent yet." } " Please correct:" }
                    ul {
                        @for error in errors {
                            @match offering.form.field(&error.field) {
                                Some(field) => li { a href={ "#" (error.field) } { (field.label) } " " (error.message) },
                                None => li { (error.field) " " (error.message) },
                            }
                        }
                    }
                }
            }
            form.card method="post" action={ "/services/" (offering.path) "/requests" } {
                // New for every page: sending the same page twice makes one request.
                input type="hidden" name=(ONCE) value=(shared::id::RequestId::random());
                @for field in &offering.form.fields {
                    (question(field, given, errors))
                }
                button type="submit" { "Send request" }
            }
        },
    )
}

fn question(field: &Field, given: &[(String, Answer)], errors: &[FieldError]) -> Markup {
    let name = field.name.as_str();
    let error = errors.iter().find(|error| error.field == name);
    let value = given
        .iter()
        .find(|(n, _)| n == name)
        .map_or("", |(_, answer)| match answer {
            Answer::Text(text) | Answer::Number(text) => text.as_str(),
            Answer::Null | Answer::Other => "",
        });
    let described = [field.help.as_ref().map(|_| "help"), error.map(|_| "error")];
    let described: Vec<String> = described
        .into_iter()
        .flatten()
        .map(|part| format!("{name}-{part}"))
        .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let invalid = error.map(|_| "true");
    html! {
        div.field {
            label for=(name) { (field.label) @if !field.required { span.soft { " (optional)" } } }
            @if let Some(help) = &field.help { small id={ (name) "-help" } { (help) } }
            @match &field.kind {
                FieldKind::Textarea => {
                    textarea id=(name) name=(name) required[field.required] aria-describedby=[described] aria-invalid=[invalid] { "\n" (value) }
                },
                FieldKind::Select { options } => {
                    select id=(name) name=(name) required[field.required] aria-describedby=[described] aria-invalid=[invalid] {
                        option value="" { "Please choose" }
                        @for option in options { option value=(option) selected[option == value] { (option) } }
                    }
                },
                FieldKind::Email | FieldKind::Text { .. } | FieldKind::Usd => {
                    input id=(name) name=(name) value=(value) required[field.required] aria-describedby=[described] aria-invalid=[invalid]
                        type=(if field.kind == FieldKind::Email { "email" } else { "text" })
                        autocomplete=(if field.kind == FieldKind::Email { "email" } else { "off" })
                        inputmode=[(field.kind == FieldKind::Usd).then_some("decimal")];
                },
            }
            @if let Some(error) = error { p.error id={ (name) "-error" } { (field.label) " " (error.message) } }
        }
    }
}

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
    pub(crate) request: &'a Request,
    pub(crate) standing: &'a Standing<'a>,
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

pub(crate) fn standing(shown: &StatusPage<'_>) -> Markup {
    let StatusPage {
        request, standing, ..
    } = *shown;
    let good = matches!(request.status, Status::Refunded | Status::Completed);
    let bad = request.status == Status::Denied;
    page(
        &request.title,
        &html! {
            p.crumb { (request.title) }
            h1 { (standing.headline) }
            div.note.good[good].bad[bad] role="status" {
                p { "Now: " strong { (request.phase) } }
                @if let Some(reason) = standing.reason { p { bdi { (tame(reason)) } } }
                p { small { "Last change " time datetime=(request.updated_at) { (when(request.updated_at)) } } }
            }
            @for question in request.questions.iter().rev() { (asked(shown, question)) }
            section.card aria-labelledby="sent" {
                h2 #sent { "What you sent us" }
                (answers(&request.answers))
            }
            @if !standing.is_over { p { a href=(shown.address()) { "Look for news" } } }
            p.soft {
                small {
                    "Request " (request.request_id) ", sent " (when(request.submitted_at)) ". "
                    "Keep this page's address: it is the only way here."
                }
            }
        },
    )
}

/// A question of ours: to be answered, or with its answer.
fn asked(page: &StatusPage<'_>, question: &Question) -> Markup {
    let number = question.number;
    let written = page.written.filter(|written| written.number == number);
    let text = written.map_or("", |written| written.text);
    let invalid = |field| written.filter(|w| w.field == field).map(|_| "true");
    let action = format!("{}/answers", page.address());
    html! {
        section.card aria-labelledby={ "question-" (number) } {
            h2 id={ "question-" (number) } { "Our question to you" }
            p.quote { bdi { (tame(&question.text)) } }
            @match &question.reply {
                Some(reply) => {
                    p.soft { "You answered at " time datetime=(reply.at) { (when(reply.at)) } ":" }
                    p.quote { bdi { (tame(&reply.text)) } }
                },
                None if question.is_open(page.request) => {
                    @if let Some(written) = written {
                        div.note.bad role="alert" { p { "Your answer was not taken: " (written.problem) "." } }
                    }
                    form method="post" action=(action) {
                        input type="hidden" name="question" value=(number);
                        div.field {
                            label for={ "answer-" (number) } { "Your answer" }
                            textarea id={ "answer-" (number) } name="answer" required maxlength=(REPLY_CHARS) aria-invalid=[invalid("answer")] { "\n" (text) }
                        }
                        (code_field(&format!("code-{number}"), "The six digits in the mail in which we asked you this.", invalid("code").is_some()))
                        button type="submit" { "Send my answer" }
                    }
                },
                None => p.soft { "An answer is no longer needed." },
            }
        }
    }
}

/// Where the code from a mail is entered.
fn code_field(id: &str, help: &str, is_invalid: bool) -> Markup {
    let described = format!("{id}-help");
    html! {
        div.field {
            label for=(id) { "Code" }
            small id=(described) { (help) }
            input.code id=(id) name="code" required inputmode="numeric" autocomplete="one-time-code" maxlength="12"
                aria-describedby=(described) aria-invalid=[is_invalid.then_some("true")];
        }
    }
}
