//! The form of an offering.

use domain::form::{Answer, Field, FieldError, FieldKind, has_secret};
use domain::invitation::{CODE, TOKEN};
use domain::one_time_code::CODE_DIGITS_WORD;
use domain::task::Offering;
use maud::{Markup, html};
use web::{FieldProblem, Page, PageContext, to_correct};

use super::code_field;
use crate::form_data::ONCE;
use crate::form_version::{FORM_VERSION, FormVersion};
use crate::invited::InvitationCredentials;

/// The most options that are shown as radio buttons; more are a list that opens.
const RADIOS: usize = 5;

/// Something to say above the form.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice<'a> {
    None,
    /// It is not taken for now, and why.
    Later(&'a str),
    /// The same form was sent before with other answers.
    SentBefore,
}

/// What the form shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormPage<'a> {
    pub(crate) page: &'a PageContext,
    pub(crate) offering: &'a Offering,
    /// The version that shows it.
    pub(crate) version: &'a FormVersion,
    /// What was filled in before.
    pub(crate) given: &'a [(String, Answer)],
    pub(crate) errors: &'a [FieldError],
    pub(crate) notice: Notice<'a>,
    /// For an offering by invitation.
    pub(crate) credentials: Option<&'a InvitationCredentials>,
}

impl<'a> FormPage<'a> {
    /// An empty form.
    pub(crate) fn new(
        page: &'a PageContext,
        offering: &'a Offering,
        version: &'a FormVersion,
        credentials: Option<&'a InvitationCredentials>,
    ) -> Self {
        Self {
            page,
            offering,
            version,
            given: &[],
            errors: &[],
            notice: Notice::None,
            credentials,
        }
    }
}

/// What sending it is called: whoever was invited makes no request.
pub(crate) struct Words {
    send: &'static str,
    not_sent: &'static str,
    pub(crate) not_taken: &'static str,
}

impl Words {
    pub(crate) fn of(offering: &Offering) -> Self {
        if offering.by_invitation {
            Self {
                send: "Send",
                not_sent: "Your answers were not sent yet.",
                not_taken: "Your answers were not taken.",
            }
        } else {
            Self {
                send: "Send request",
                not_sent: "Your request was not sent yet.",
                not_taken: "Your request was not taken.",
            }
        }
    }
}

pub(crate) fn form(shown: &FormPage<'_>) -> Page {
    let FormPage {
        offering,
        given,
        errors,
        ..
    } = *shown;
    let words = Words::of(offering);
    let title = if errors.is_empty() {
        offering.title().to_owned()
    } else {
        format!("Please correct: {}", offering.title())
    };
    shown.page.page(
        &title,
        &html! {
            p.crumb {
                @if offering.by_invitation { (offering.service.name) } @else { a href="/" { (offering.service.name) } }
            }
            h1 { (offering.title()) }
            p { (offering.offering.description) }
            @match shown.notice {
                Notice::None => {},
                Notice::SentBefore => div.note role="alert" {
                    p { "This form was sent before with other answers, and that request is under way. Send it again only if you want to make another request." }
                },
                Notice::Later(why) => div.note.bad role="alert" {
                    p { strong { (words.not_sent) } " " (why) }
                },
            }
            @if !errors.is_empty() { (to_correct(words.not_sent, errors.iter().map(|error| problem(offering, error)))) }
            form.card method="post" action={ "/services/" (offering.path) "/requests" } {
                // New for every page: sending the same page twice makes one request.
                input type="hidden" name=(ONCE) value=(domain::id::RequestId::random());
                input type="hidden" name=(FORM_VERSION) value=(shown.version);
                @for field in &offering.form.fields {
                    (form_field(field, given, errors))
                }
                @if let Some(credentials) = shown.credentials { (invited(credentials, errors)) }
                button type="submit" { (words.send) }
            }
        },
    )
}

fn problem<'a>(offering: &'a Offering, error: &'a FieldError) -> FieldProblem<'a> {
    let (name, message) = (error.field.as_str(), &error.message);
    let (id, label, message) = match offering.form.field(name) {
        Some(field) => (Some(name), field.label.as_str(), format!(" {message}")),
        None if offering.by_invitation && name == CODE => {
            (Some(CODE), "Code", format!(": {message}"))
        }
        None => (None, name, format!(" {message}")),
    };
    FieldProblem { id, label, message }
}

/// What makes the answers count: the token of the link, and the code that only the mail has.
fn invited(credentials: &InvitationCredentials, errors: &[FieldError]) -> Markup {
    let problem = errors.iter().find(|error| error.field == CODE);
    let problem = problem.map(|error| error.message.as_str());
    // A code that was refused is of no more use.
    let given = problem.map_or(credentials.code.as_str(), |_| "");
    html! {
        input type="hidden" name=(TOKEN) value=(credentials.token);
        (code_field(CODE, &format!("The {CODE_DIGITS_WORD} digits in the mail that brought you here."), given, problem))
    }
}

fn form_field(field: &Field, given: &[(String, Answer)], errors: &[FieldError]) -> Markup {
    let name = field.name.as_str();
    let error = errors.iter().find(|error| error.field == name);
    let value = given
        .iter()
        .find(|(n, _)| n == name)
        .map_or("", |(_, answer)| match answer {
            // Whoever looks over a shoulder reads a page too.
            Answer::Text(text) | Answer::Typed(text) if has_secret(text) => "",
            Answer::Text(text) | Answer::Typed(text) | Answer::Number(text) => text.as_str(),
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
    if let FieldKind::Select { options } = &field.kind
        && options.len() <= RADIOS
    {
        return radios(field, options, value, (described, error));
    }
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
                FieldKind::Usd => div.money {
                    span aria-hidden="true" { "$" }
                    input id=(name) name=(name) value=(value) required[field.required] aria-describedby=[described] aria-invalid=[invalid]
                        type="text" autocomplete="off" autocapitalize="none" inputmode="decimal";
                },
                FieldKind::Email | FieldKind::Text { .. } => {
                    input id=(name) name=(name) value=(value) required[field.required] aria-describedby=[described] aria-invalid=[invalid]
                        type=(if field.kind == FieldKind::Email { "email" } else { "text" })
                        autocomplete=(if field.kind == FieldKind::Email { "email" } else { "off" })
                        autocapitalize=[(field.kind != FieldKind::Text { format: None }).then_some("none")];
                },
            }
            @if let Some(error) = error { p.error id={ (name) "-error" } { (field.label) " " (error.message) } }
        }
    }
}

/// A field with few options, all of them on the page: one tap chooses, and nothing has to be opened to read them.
fn radios(
    field: &Field,
    options: &[String],
    value: &str,
    (described, error): (Option<String>, Option<&FieldError>),
) -> Markup {
    let name = field.name.as_str();
    let none = (!field.required).then_some(("", "No answer"));
    let options = options
        .iter()
        .map(|option| (option.as_str(), option.as_str()));
    html! {
        fieldset.field role="radiogroup" aria-describedby=[described] aria-invalid=[error.map(|_| "true")] {
            legend { (field.label) @if !field.required { span.soft { " (optional)" } } }
            @if let Some(help) = &field.help { small id={ (name) "-help" } { (help) } }
            @for (position, (option, label)) in none.into_iter().chain(options).enumerate() {
                label.choice {
                    // A problem leads to the first.
                    input type="radio" id=[(position == 0).then_some(name)] name=(name) value=(option) required[field.required] checked[option == value];
                    (label)
                }
            }
            @if let Some(error) = error { p.error id={ (name) "-error" } { (field.label) " " (error.message) } }
        }
    }
}
