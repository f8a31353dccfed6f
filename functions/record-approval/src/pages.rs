//! The pages behind an emailed link: for the code, for the review, and with the outcome.

use domain::approval::{Asked, Decision, Refusal};
use web::Page;

use crate::OpenedLink;

mod charge;
mod choice;
mod code_page;
mod decision_form;
mod history;
mod outcome;
mod ownership;
mod parts;
mod review;

pub(crate) use outcome::{handed_over, refused};
pub(crate) use parts::{Notice, Written};

/// The page that an opened link shows. Nothing personal of the customer's is on it.
pub(crate) fn code_page(opened: &OpenedLink, refusal: Option<&Refusal>) -> Page {
    match opened.approval.value.asked {
        Asked::Team(_) => code_page::code_page(opened, refusal),
        Asked::Customer(_) => choice::code_page(opened, refusal),
    }
}

/// The page for somebody who knows the code: what is asked, and what can be done with it.
pub(crate) fn review(
    opened: &OpenedLink,
    written: &Written<'_>,
    colleagues: &[String],
    notice: &Notice<'_>,
) -> Page {
    match &opened.approval.value.asked {
        Asked::Team(_) => review::review(opened, written, colleagues, notice),
        Asked::Customer(choice) => choice::review(opened, choice, written, notice),
    }
}

/// The page once somebody has decided.
pub(crate) fn recorded(opened: &OpenedLink, decision: &Decision, missing: u32) -> Page {
    match &opened.approval.value.asked {
        Asked::Team(_) => outcome::recorded(opened, decision, missing),
        Asked::Customer(choice) => choice::recorded(opened, choice, decision),
    }
}
