//! What several of the pages show.

use domain::approval::{Asked, Refusal};
use domain::one_time_code::CODE_DIGITS_WORD;
use domain::task::Confirm;
use maud::{Markup, html};
use web::{Field, FieldProblem, to_correct};

use crate::OpenedLink;
use crate::charge::CUSTOMER;
use crate::form_data::{CONFIRM_CHARGE, Inputs, field_of};

/// What the form of the review page is filled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    /// The answer that is suggested, as it was sent.
    pub(crate) decision: Option<&'a str>,
    pub(crate) inputs: &'a Inputs,
}

/// What the review page says above the case.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice<'a> {
    None,
    /// What was sent was not done.
    NotDone {
        /// The sentence that says so, without its full stop.
        what: &'static str,
        /// The input that it is about.
        field: Option<&'static str>,
        /// Without the full stop.
        why: &'a str,
    },
    /// The Stripe customer was entered.
    Identified,
    /// It was confirmed whose the charge is.
    OwnershipConfirmed,
    /// The customer was asked.
    Asked {
        mailed: bool,
    },
}

impl<'a> Notice<'a> {
    /// A field of the page with what is wrong with it. Its input is called like its id.
    pub(super) fn field(&self, id: &'static str, help: &'a str) -> Field<'a> {
        let problem = match self {
            Notice::NotDone { field, why, .. } if *field == Some(id) => Some(*why),
            Notice::NotDone { .. }
            | Notice::None
            | Notice::Identified
            | Notice::OwnershipConfirmed
            | Notice::Asked { .. } => None,
        };
        Field {
            id,
            label: label_of(id).unwrap_or_default(),
            help,
            problem,
        }
    }
}

/// What the page calls an input.
fn label_of(field: &str) -> Option<&'static str> {
    Some(match field {
        "code" => "Code",
        "reason" => "Reason",
        "amount" => "Amount to approve",
        CONFIRM_CHARGE => "The charge",
        "question" => "Your question",
        "to" => "Colleague",
        CUSTOMER => "Stripe Customer ID",
        _ => return None,
    })
}

/// What was not done and why, leading to the input that it is about.
fn not_done(what: &str, field: Option<&'static str>, why: &str) -> Markup {
    let Some((id, label)) = field.and_then(|field| Some((field, label_of(field)?))) else {
        return html! {
            div.note.bad role="alert" tabindex="-1" autofocus {
                p { strong { (what) "." } }
                p { (capitalized(why)) "." }
            }
        };
    };
    let problem = FieldProblem {
        id: Some(id),
        label,
        message: format!(": {why}."),
    };
    to_correct(&format!("{what}."), [problem])
}

pub(super) fn notice_box(notice: &Notice<'_>) -> Markup {
    html! {
        @match notice {
            Notice::None => {},
            Notice::NotDone { what, field, why } => (not_done(what, *field, why)),
            Notice::Identified => div.note.good role="status" { p { "The Stripe customer was entered." } },
            Notice::OwnershipConfirmed => div.note.good role="status" { p { "Your word about the charge was recorded." } },
            Notice::Asked { mailed: true } => div.note.good role="status" { p { "The customer was asked. You get a mail when they answer; the time to decide goes on." } },
            Notice::Asked { mailed: false } => div.note role="status" { p { "Your question stands on the customer's page, but they could not be mailed." } },
        }
    }
}

/// Why a code page is shown again.
pub(super) fn code_refused(refusal: Option<&Refusal>) -> Markup {
    html! {
        @if let Some(refusal) = refusal {
            (not_done("Nothing was recorded", field_of(refusal), &refusal.to_string()))
        }
    }
}

/// A reason as the beginning of a sentence.
pub(super) fn capitalized(reason: &str) -> String {
    let mut chars = reason.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

/// The line above the title: an approver's phase, or the title by which a customer knows the request.
pub(super) fn crumb(opened: &OpenedLink) -> Markup {
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    html! {
        p.crumb {
            @match approval.asked {
                Asked::Team(_) => (approval.phase),
                Asked::Customer(_) => (request.title_for_customer()),
            }
        }
    }
}

/// The input for the code, if one is asked for. More help may follow where the code is found.
pub(super) fn code_field(confirm: Confirm, more_help: &str, refusal: Option<&Refusal>) -> Markup {
    let help =
        format!("The {CODE_DIGITS_WORD} digits in the mail that brought you here.{more_help}");
    let problem = refusal.filter(|refusal| field_of(refusal) == Some("code"));
    let problem = problem.map(ToString::to_string);
    match confirm {
        Confirm::Code => Field {
            id: "code",
            label: "Code",
            help: &help,
            problem: problem.as_deref(),
        }
        .around_code(""),
        Confirm::Click => html! { p { "Nothing is decided yet by going on." } },
    }
}

pub(super) fn footer(opened: &OpenedLink) -> Markup {
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    let until = match approval.asked {
        Asked::Team(_) => "Decisions are taken until ",
        Asked::Customer(_) => "You can choose until ",
    };
    html! {
        p.soft { small {
            @if approval.decision().is_none() { (until) (opened.page.deadline(approval.decide_until)) ". " }
            "Reference " (request.reference())
        } }
    }
}
