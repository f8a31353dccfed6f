//! The customer's pages: catalogue, form, and how a request stands.

use std::sync::Arc;

use domain::task::Offering;
use jiff::Timestamp;
use maud::{Markup, html};
use web::{Field, Page, PageContext};

mod form;
mod status_page;

pub(crate) use form::{FormPage, Notice, Words, form};
pub(crate) use status_page::{StatusPage, WrittenAnswer, status_page};

pub(crate) fn catalogue(page: &PageContext, offerings: &[Arc<Offering>]) -> Page {
    page.page(
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
pub(crate) fn used(page: &PageContext, offering: &Offering, at: Timestamp) -> Page {
    page.page(
        "You have answered already",
        &html! {
            p.crumb { (offering.title()) }
            h1 { "You have answered already" }
            div.note.good role="status" {
                p { "That was on " (page.time(at)) ". Thank you! The first answer stays." }
            }
        },
    )
}

/// Where the code from a mail is entered.
fn code_field(id: &str, help: &str, given: &str, problem: Option<&str>) -> Markup {
    let label = "Code";
    Field {
        id,
        label,
        help,
        problem,
    }
    .around_code(given)
}
