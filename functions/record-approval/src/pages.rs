//! The pages behind an emailed link: the authorization, the case, and what came of it.

use domain::approval::{Decision, Refusal};
use domain::task::Confirm;
use maud::{Markup, html};
use web::when;

use crate::Case;
use crate::form_data::field_of;

mod case;
mod choice;
mod code_page;
mod outcome;

pub(crate) use outcome::{handed_over, refused};

/// The page that an opened link shows. Nothing personal of the customer's is on it.
pub(crate) fn code_page(case: &Case, refusal: Option<&Refusal>) -> Markup {
    if case.approval.value.is_choice() {
        choice::code_page(case, refusal)
    } else {
        code_page::code_page(case, refusal)
    }
}

/// The page for somebody who knows the code: what is asked, and what can be done with it.
pub(crate) fn case(
    case: &Case,
    written: &Written<'_>,
    colleagues: &[String],
    notice: &Notice<'_>,
) -> Markup {
    match &case.approval.value.choice {
        Some(choice) => choice::case(case, choice, written, notice),
        None => case::case(case, written, colleagues, notice),
    }
}

/// The page once somebody has decided.
pub(crate) fn recorded(case: &Case, decision: &Decision, missing: u32) -> Markup {
    match &case.approval.value.choice {
        Some(choice) => choice::recorded(case, choice, decision),
        None => outcome::recorded(case, decision, missing),
    }
}

/// What stands in the forms of the case's page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    /// The answer that is marked, in whatever words it came.
    pub(crate) decision: Option<&'a str>,
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
    /// Whose the charge is, was confirmed.
    OwnershipConfirmation,
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
            Notice::OwnershipConfirmation => div.note.good role="status" { p { "It was recorded that you confirm whose the charge is." } },
            Notice::Asked { mailed: true } => div.note.good role="status" { p { "The customer was asked. You get a mail when they answer; the time to decide goes on." } },
            Notice::Asked { mailed: false } => div.note role="status" { p { "Your question stands on the customer's page, but they could not be mailed." } },
        }
    }
}

/// Where somebody is. A customer knows their request by its name.
fn crumb(case: &Case) -> Markup {
    let (approval, request) = (&case.approval.value, &case.request.value);
    html! {
        p.crumb { @if approval.is_choice() { (request.title) } @else { (approval.phase) } }
    }
}

/// Where the code goes, if one is asked for.
fn code_field(confirm: Confirm, help: &str, refusal: Option<&Refusal>) -> Markup {
    let is_about = |refusal| field_of(refusal) == Some("code");
    let invalid = refusal.is_some_and(is_about).then_some("true");
    html! {
        @match confirm {
            Confirm::Code => {
                div.field {
                    label for="code" { "Code" }
                    small #code-help { (help) }
                    input.code #code name="code" required inputmode="numeric" autocomplete="one-time-code" maxlength="12"
                        aria-describedby="code-help" aria-invalid=[invalid];
                }
            },
            Confirm::Click => { p { "Nothing is decided yet by going on." } },
        }
    }
}

fn footer(case: &Case) -> Markup {
    let approval = &case.approval.value;
    html! {
        p.soft { small {
            @if approval.decision().is_none() {
                @if approval.is_choice() { "You can choose until " } @else { "Decisions are taken until " }
                (when(approval.decide_until)) ". "
            }
            "Request " (approval.request_id)
        } }
    }
}
