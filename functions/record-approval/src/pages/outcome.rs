//! The pages with an outcome, or with why a link decides nothing.

use domain::approval::{Asked, Decision, Refusal};
use domain::mail::sanitize_text;
use domain::task::outcome;
use maud::{Markup, html};
use web::Page;

use super::parts::{capitalized, crumb, footer};
use super::{choice, ownership};
use crate::OpenedLink;

/// The page of a link that cannot be used to decide, and why. Where something was sent, it begins with the sentence
/// that this was not done.
pub(crate) fn refused(
    opened: &OpenedLink,
    refusal: &Refusal,
    not_done: Option<&'static str>,
) -> Page {
    match refusal {
        Refusal::Decided(decision) => match &opened.approval.value.asked {
            Asked::Team(_) => decided(opened, decision, not_done),
            Asked::Customer(choice) => choice::chosen(opened, choice, decision, not_done),
        },
        Refusal::AlreadyApproved(decision) => {
            let title = not_done.unwrap_or("You have already approved this");
            approved_in_part(opened, decision, title, not_done.is_none())
        }
        Refusal::Locked => locked(opened),
        Refusal::HandedOver(to) => handed_over(opened, to, not_done),
        Refusal::Superseded
        | Refusal::Expired
        | Refusal::NoMember
        | Refusal::NotTheirs
        | Refusal::NotOffered(_)
        | Refusal::NoCode
        | Refusal::WrongCode
        | Refusal::Ineligible(_)
        | Refusal::ReasonMissing
        | Refusal::ReasonInvalid(_)
        | Refusal::Changed
        | Refusal::AmountInvalid(_)
        | Refusal::AmountTooLarge(_)
        | Refusal::AmountNotWanted
        | Refusal::ConfirmationMissing(_) => over(opened, refusal, not_done),
    }
}

/// The page once the approver has decided.
pub(super) fn recorded(opened: &OpenedLink, decision: &Decision, missing: u32) -> Page {
    if missing > 0 {
        return approved_in_part(opened, decision, "You approved this request", true);
    }
    let (verb, at) = (verb(decision), opened.page.time(decision.at()));
    let reason = decision.reason();
    let said = html! {
        p { "This request was " (verb) " by you (" (opened.approver()) ") on " (at) (amount_of(opened, decision)) "." }
        @if let Some(reason) = reason { p { "Reason: " bdi { (sanitize_text(reason)) } } }
    };
    outcome_page(
        opened,
        decision,
        (&format!("You {verb} this request"), true),
        &said,
    )
}

/// The page that a link shows when there is a decision already. The reason is not on it: it may be about the customer,
/// and this page is shown to whoever merely holds the link.
fn decided(opened: &OpenedLink, decision: &Decision, not_done: Option<&str>) -> Page {
    let is_own = opened.is_own(decision);
    let (verb, at) = (verb(decision), opened.page.time(decision.at()));
    let said = html! {
        p {
            @match (decision.by(), not_done) {
                (None, _) => { "Nobody decided in time, so this request was " (verb) " on " (at) },
                (Some(_), Some(_)) if is_own => { "You " (verb) " this request on " (at) },
                (Some(by), Some(_)) => { (by) " " (verb) " this request on " (at) },
                (Some(by), None) if is_own => { "This request was already " (verb) " by you (" (by) ") on " (at) },
                (Some(by), None) => { "This request was already " (verb) " by " (by) " on " (at) },
            }
            (amount_of(opened, decision)) "."
        }
    };
    let already = format!("Already {verb}");
    let title = not_done.unwrap_or(&already);
    let is_done = is_own && not_done.is_none();
    outcome_page(opened, decision, (title, is_done), &said)
}

/// Green is what the reader did; whatever else was decided is neutral.
fn outcome_page(
    opened: &OpenedLink,
    decision: &Decision,
    (title, is_done): (&str, bool),
    said: &Markup,
) -> Page {
    opened.page.page(
        title,
        &html! {
            (crumb(opened))
            h1 { (title) }
            div.note.good[is_done] role="status" { (said) }
            @if opened.can_confirm_after(decision) { (ownership::reopen_form(opened)) }
            @else { p { "There is nothing more for you to do. You can close this page." } }
            (footer(opened))
        },
    )
}

/// `, for $30.00 of $50.00` where less was approved than asked for, and else `, for $50.00`.
fn amount_of(opened: &OpenedLink, decision: &Decision) -> String {
    let requested = opened.request.value.requested_amount();
    match (decision.approved_amount(), requested) {
        (Some(approved), Some(requested)) if approved < requested => {
            format!(", for {approved} of {requested}")
        }
        (Some(approved), _) => format!(", for {approved}"),
        (None, _) => String::new(),
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
fn approved_in_part(opened: &OpenedLink, decision: &Decision, title: &str, is_done: bool) -> Page {
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
            div.note.good[is_done] role="status" {
                p { "You approved it on " (opened.page.time(decision.at())) (amount_of(opened, decision)) ". " (others) }
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

/// The page of somebody who handed the request over, also when they have just sent something else.
pub(crate) fn handed_over(opened: &OpenedLink, to: &str, not_done: Option<&str>) -> Page {
    let is_done = not_done.is_none();
    let title = not_done.unwrap_or("You handed this request over");
    opened.page.page(
        title,
        &html! {
            (crumb(opened))
            h1 { (title) }
            div.note.good[is_done] role="status" {
                p {
                    @if !is_done { "You handed this request over. " }
                    "It is with " strong { bdi { (to) } } " now, who has a mail with links and a code of their own. Your link does not decide any longer."
                }
            }
            p { "There is nothing more for you to do. You can close this page." }
            (footer(opened))
        },
    )
}

fn over(opened: &OpenedLink, refusal: &Refusal, not_done: Option<&str>) -> Page {
    let title = not_done.unwrap_or("This link is no longer in use");
    opened.page.page(
        title,
        &html! {
            (crumb(opened))
            h1 { (title) }
            div.note role="status" { p { (capitalized(&refusal.to_string())) "." } }
            (footer(opened))
        },
    )
}
