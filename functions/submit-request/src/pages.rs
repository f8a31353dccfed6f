//! The customer's pages: catalogue, form, and how a request stands.

use std::sync::Arc;

use domain::one_time_code::CODE_INPUT_CHARS;
use domain::task::Offering;
use jiff::Timestamp;
use maud::{Markup, html};
use web::{page, when};

mod form;
mod status_page;

pub(crate) use form::{FormPage, Notice, Words, form};
pub(crate) use status_page::{StatusPage, WrittenAnswer, status_page};

pub(crate) fn catalogue(offerings: &[Arc<Offering>]) -> Markup {
    page(
        "What can we do for you?",
        &html! {
            h1 { "What can we do for you?" }
            @if offerings.is_empty() { p { "There is nothing to ask for at the moment." } }
            ul.list {
                @for offering in offerings {
                    li.card {
                        p.crumb { (offering.service.name) }
                        h2 { a href={ "/services/" (offering.path) } { (offering.title()) } }
                        p { (offering.offering.description) }
                    }
                }
            }
        },
    )
}

/// The page of an invitation that was used. It shows nothing of what was sent.
pub(crate) fn used(offering: &Offering, at: Timestamp) -> Markup {
    page(
        "You have answered already",
        &html! {
            p.crumb { (offering.title()) }
            h1 { "You have answered already" }
            div.note.good role="status" {
                p { "That was on " time datetime=(at) { (when(at)) } ". Thank you! The first answer stays." }
            }
        },
    )
}

/// Where the code from a mail is entered.
fn code_field(id: &str, help: &str, given: &str, problem: Option<&str>) -> Markup {
    let described = match problem {
        Some(_) => format!("{id}-help {id}-error"),
        None => format!("{id}-help"),
    };
    html! {
        div.field {
            label for=(id) { "Code" }
            small id={ (id) "-help" } { (help) }
            input.code id=(id) name="code" value=(given) required inputmode="numeric" autocomplete="one-time-code" maxlength=(CODE_INPUT_CHARS)
                aria-describedby=(described) aria-invalid=[problem.map(|_| "true")];
            @if let Some(problem) = problem { p.error id={ (id) "-error" } { "Code: " (problem) } }
        }
    }
}
