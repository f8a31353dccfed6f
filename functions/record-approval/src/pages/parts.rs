//! What several of the pages show.

use domain::approval::{Asked, Refusal};
use domain::one_time_code::{CODE_DIGITS_WORD, CODE_INPUT_CHARS};
use domain::task::Confirm;
use maud::{Markup, html};

use crate::OpenedLink;
use crate::form_data::field_of;

/// What the forms of the review page are filled with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written<'a> {
    /// The answer that is preselected, as it was sent.
    pub(crate) decision: Option<&'a str>,
    pub(crate) code: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) amount: &'a str,
    pub(crate) confirm_charge: &'a str,
    pub(crate) question: &'a str,
}

/// What the review page says above its forms.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice<'a> {
    None,
    Refused(&'a Refusal),
    /// An input of one of the other forms is not accepted.
    Invalid {
        field: &'static str,
        message: &'a str,
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

pub(super) fn notice_box(notice: &Notice<'_>) -> Markup {
    html! {
        @match notice {
            Notice::None => {},
            Notice::Refused(refusal) => div.note.bad role="alert" { p { "Your decision was not recorded: " (refusal) "." } },
            Notice::Invalid { message, .. } => div.note.bad role="alert" { p { "Nothing was done: " (message) "." } },
            Notice::Identified => div.note.good role="status" { p { "The Stripe customer was entered." } },
            Notice::OwnershipConfirmed => div.note.good role="status" { p { "It was recorded that you confirm whose the charge is." } },
            Notice::Asked { mailed: true } => div.note.good role="status" { p { "The customer was asked. You get a mail when they answer; the time to decide goes on." } },
            Notice::Asked { mailed: false } => div.note role="status" { p { "Your question stands on the customer's page, but they could not be mailed." } },
        }
    }
}

/// The line above the title: an approver's phase, or the title by which a customer knows the request.
pub(super) fn crumb(opened: &OpenedLink) -> Markup {
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    html! {
        p.crumb {
            @match approval.asked {
                Asked::Team(_) => (approval.phase),
                Asked::Customer(_) => (request.title),
            }
        }
    }
}

/// The input for the code, if one is asked for. More help may follow where the code is found.
pub(super) fn code_field(confirm: Confirm, more_help: &str, refusal: Option<&Refusal>) -> Markup {
    let is_about = |refusal| field_of(refusal) == Some("code");
    let invalid = refusal.is_some_and(is_about).then_some("true");
    html! {
        @match confirm {
            Confirm::Code => {
                div.field {
                    label for="code" { "Code" }
                    small #code-help { "The " (CODE_DIGITS_WORD) " digits in the mail that brought you here." (more_help) }
                    input.code #code name="code" required inputmode="numeric" autocomplete="one-time-code" maxlength=(CODE_INPUT_CHARS)
                        aria-describedby="code-help" aria-invalid=[invalid];
                }
            },
            Confirm::Click => { p { "Nothing is decided yet by going on." } },
        }
    }
}

pub(super) fn footer(opened: &OpenedLink) -> Markup {
    let approval = &opened.approval.value;
    html! {
        p.soft { small {
            @if approval.decision().is_none() {
                @match approval.asked {
                    Asked::Team(_) => "Decisions are taken until ",
                    Asked::Customer(_) => "You can choose until ",
                }
                (opened.page.deadline(approval.decide_until)) ". "
            }
            "Request " (approval.request_id)
        } }
    }
}
