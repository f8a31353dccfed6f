//! The customer's pages: catalogue, form, and how a request stands.

use maud::{Markup, html};
use shared::form::{Answer, Field, FieldError, FieldKind};
use shared::http::{answers, page, refreshing_page, when};
use shared::request::{Request, Status};
use shared::task::Offering;

use crate::posted::ONCE;
use crate::standing::Standing;

/// How often a status page looks again while something may still happen.
const REFRESH_SECONDS: u32 = 20;

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

pub(crate) fn standing(request: &Request, standing: &Standing<'_>) -> Markup {
    let refresh = (!standing.is_over).then_some(REFRESH_SECONDS);
    let good = request.status == Status::Refunded;
    let bad = request.status == Status::Denied;
    refreshing_page(
        &request.title,
        refresh,
        &html! {
            p.crumb { (request.title) }
            h1 { (standing.headline) }
            div.note.good[good].bad[bad] role="status" {
                p { "Now: " strong { (request.phase) } }
                @if let Some(reason) = standing.reason { p { bdi { (reason) } } }
                p { small { "Last change " time datetime=(request.updated_at) { (when(request.updated_at)) } } }
            }
            section.card aria-labelledby="sent" {
                h2 #sent { "What you sent us" }
                (answers(&request.answers))
            }
            p.soft {
                small {
                    "Request " (request.request_id) ", sent " (when(request.submitted_at)) ". "
                    @if !standing.is_over { "This page looks for news by itself. " }
                    "Keep its address: it is the only way here."
                }
            }
        },
    )
}
