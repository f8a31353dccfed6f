//! The pages with an outcome, or with why a link decides nothing.

use domain::approval::{Asked, Decision, Refusal};
use domain::mail::sanitize_text;
use domain::task::outcome;
use maud::html;
use web::Page;

use super::parts::{crumb, footer};
use super::{choice, ownership};
use crate::OpenedLink;

/// The page of a link that cannot be used to decide, and why.
pub(crate) fn refused(opened: &OpenedLink, refusal: &Refusal) -> Page {
    match refusal {
        Refusal::Decided(decision) => match &opened.approval.value.asked {
            Asked::Team(_) => decided(opened, decision),
            Asked::Customer(choice) => choice::chosen(opened, choice, decision),
        },
        Refusal::AlreadyApproved(decision) => {
            approved_in_part(opened, decision, "You have already approved this")
        }
        Refusal::Locked => locked(opened),
        Refusal::HandedOver(to) => handed_over(opened, to),
        Refusal::Superseded
        | Refusal::Expired
        | Refusal::NoMember
        | Refusal::NotTheirs
        | Refusal::NotOffered(_)
        | Refusal::NoCode
        | Refusal::WrongCode
        | Refusal::Ineligible(_)
        | Refusal::ReasonMissing
        | Refusal::ReasonTooLong
        | Refusal::Changed
        | Refusal::AmountInvalid(_)
        | Refusal::AmountTooLarge(_)
        | Refusal::AmountNotWanted
        | Refusal::ConfirmationMissing(_) => over(opened, refusal),
    }
}

/// The page once the approver has decided.
pub(super) fn recorded(opened: &OpenedLink, decision: &Decision, missing: u32) -> Page {
    if missing > 0 {
        return approved_in_part(opened, decision, "You approved this request");
    }
    let title = format!("You {} this request", verb(decision));
    outcome_page(opened, decision, &title, true)
}

/// The page that a link shows when there is a decision already.
fn decided(opened: &OpenedLink, decision: &Decision) -> Page {
    outcome_page(
        opened,
        decision,
        &format!("Already {}", verb(decision)),
        false,
    )
}

fn outcome_page(opened: &OpenedLink, decision: &Decision, title: &str, is_new: bool) -> Page {
    let is_yes = decision.outcome() == outcome::APPROVE;
    let already = if is_new { "" } else { "already " };
    let verb = verb(decision);
    let by = match decision.by() {
        None => format!("{already}{verb}, as nobody decided in time, on"),
        Some(by) if by == opened.approver() => format!("{already}{verb} by you ({by}) at"),
        Some(by) => format!("{already}{verb} by {by} at"),
    };
    opened.page.page(
        title,
        &html! {
            (crumb(opened))
            h1 { (title) }
            div.note.good[is_yes].bad[!is_yes] role="status" {
                p { "This request was " (by) " " (opened.page.time(decision.at())) (amount_of(opened, decision)) "." }
                // The reason may be about the customer: whoever merely holds the link does not see it.
                @if let (true, Some(reason)) = (is_new, decision.reason()) { p { "Reason: " bdi { (sanitize_text(reason)) } } }
            }
            @if opened.can_confirm_after(decision) { (ownership::reopen_form(opened)) }
            @else { p { "There is nothing more for you to do. You can close this page." } }
            (footer(opened))
        },
    )
}

/// `, for $30.00 of $50.00`, where less was approved than asked for.
fn amount_of(opened: &OpenedLink, decision: &Decision) -> String {
    let requested = opened.request.value.requested_amount();
    match (decision.approved_amount(), requested) {
        (Some(approved), Some(requested)) if approved < requested => {
            format!(", for {approved} of {requested}")
        }
        _ => String::new(),
    }
}

fn verb(decision: &Decision) -> &'static str {
    match decision.outcome() {
        outcome::APPROVE => "approved",
        outcome::REJECT => "rejected",
        _ => "closed",
    }
}

/// The page of somebody who has approved while more people have to.
fn approved_in_part(opened: &OpenedLink, decision: &Decision, title: &str) -> Page {
    let missing = opened.approval.value.missing();
    let others = match missing {
        1 => "One more person has to approve it.".to_owned(),
        more => format!("{more} more people have to approve it."),
    };
    opened.page.page(
        title,
        &html! {
            (crumb(opened))
            h1 { (title) }
            div.note.good role="status" {
                p { "You approved it at " (opened.page.time(decision.at())) (amount_of(opened, decision)) ". " (others) }
            }
            p { "There is nothing more for you to do. You can close this page." }
            (footer(opened))
        },
    )
}

fn locked(opened: &OpenedLink) -> Page {
    opened.page.page(
        "This link is locked",
        &html! {
            (crumb(opened))
            h1 { "This link is locked" }
            div.note.bad role="alert" { p { "A wrong code was entered several times, so nothing can be decided with this link any longer. Nothing was recorded." } }
            p {
                "A mail with a new link and a new code goes to "
                // Whoever merely holds a customer's link does not learn whose it is.
                @match opened.approval.value.asked {
                    Asked::Team(_) => strong { bdi { (opened.approver()) } },
                    Asked::Customer(_) => "the address that the first one went to",
                }
                ". Please use the newest mail; the request is still waiting."
            }
            (footer(opened))
        },
    )
}

/// The page of somebody who handed the request over.
pub(crate) fn handed_over(opened: &OpenedLink, to: &str) -> Page {
    opened.page.page(
        "You handed this request over",
        &html! {
            (crumb(opened))
            h1 { "You handed this request over" }
            div.note role="status" { p { "It is with " strong { bdi { (to) } } " now, who has a mail with links and a code of their own. Your link does not decide any longer." } }
            p { "There is nothing more for you to do. You can close this page." }
            (footer(opened))
        },
    )
}

fn over(opened: &OpenedLink, refusal: &Refusal) -> Page {
    opened.page.page(
        "This link is no longer in use",
        &html! {
            (crumb(opened))
            h1 { "This link is no longer in use" }
            div.note { p { "Nothing was recorded: " (refusal) "." } }
            (footer(opened))
        },
    )
}
