//! The pages behind an emailed link: the door, the case, and what came of it.

use maud::{Markup, html};
use shared::approval::{Refusal, Verdict};
use shared::http::when;

use crate::Case;

mod case;
mod door;
mod outcome;

pub(crate) use case::case;
pub(crate) use door::at_the_door;
pub(crate) use outcome::{handed_over, recorded, refused};

/// What stands in the forms of the case's page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) verdict: Option<Verdict>,
    pub(crate) code: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) question: &'a str,
}

/// What the case's page says above its forms.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice<'a> {
    None,
    Refused(&'a Refusal),
    /// An input of one of the other forms cannot be taken.
    Unfit {
        field: &'static str,
        message: &'a str,
    },
    /// Which of Stripe's customers it is, was entered.
    Identified,
    /// The customer was asked.
    Asked {
        mailed: bool,
    },
}

fn noted(notice: &Notice<'_>) -> Markup {
    html! {
        @match notice {
            Notice::None => {},
            Notice::Refused(refusal) => div.note.bad role="alert" { p { "Your decision was not recorded: " (refusal) "." } },
            Notice::Unfit { message, .. } => div.note.bad role="alert" { p { "Nothing was done: " (message) "." } },
            Notice::Identified => div.note.good role="status" { p { "The Stripe customer was entered." } },
            Notice::Asked { mailed: true } => div.note.good role="status" { p { "The customer was asked. You get a mail when they answer; the time to decide goes on." } },
            Notice::Asked { mailed: false } => div.note role="status" { p { "Your question stands on the customer's page, but they could not be mailed." } },
        }
    }
}

fn footer(case: &Case) -> Markup {
    let approval = &case.approval.value;
    html! {
        p.soft { small {
            @if approval.decision().is_none() { "Decisions are taken until " (when(approval.decide_until)) ". " }
            "Request " (approval.request_id)
        } }
    }
}
