//! What came of it, or why nothing can.

use domain::approval::{Decision, Refusal};
use domain::mail::sanitize_text;
use domain::task::outcome;
use maud::{Markup, html};
use web::{page, when};

use super::{choice, crumb, footer};
use crate::{Case, ownership};

/// The page of a link that cannot be used to decide, and why.
pub(crate) fn refused(case: &Case, refusal: &Refusal) -> Markup {
    match refusal {
        Refusal::Decided(decision) => match &case.approval.value.choice {
            Some(choice) => choice::chosen(case, choice, decision),
            None => decided(case, decision),
        },
        Refusal::Given(decision) => given(case, decision, "You have already approved this"),
        Refusal::Locked => locked(case),
        Refusal::HandedOver(to) => handed_over(case, to),
        Refusal::Superseded
        | Refusal::Expired
        | Refusal::NoMember
        | Refusal::NotTheirs
        | Refusal::NotOffered(_)
        | Refusal::NoCode
        | Refusal::WrongCode
        | Refusal::Ineligible(_)
        | Refusal::ReasonMissing
        | Refusal::ReasonTooLong => over(case, refusal),
    }
}

/// The page once the approver has decided.
pub(super) fn recorded(case: &Case, decision: &Decision, missing: u32) -> Markup {
    if missing > 0 {
        return given(case, decision, "You approved this request");
    }
    let title = format!("You {} this request", verb(decision));
    outcome_page(case, decision, &title, true)
}

/// The page that a link shows when there is a decision already.
fn decided(case: &Case, decision: &Decision) -> Markup {
    outcome_page(
        case,
        decision,
        &format!("Already {}", verb(decision)),
        false,
    )
}

fn outcome_page(case: &Case, decision: &Decision, title: &str, is_new: bool) -> Markup {
    let is_yes = decision.outcome() == outcome::APPROVE;
    let already = if is_new { "" } else { "already " };
    let verb = verb(decision);
    let by = match decision.by() {
        None => format!("{already}{verb}, as nobody decided in time, on"),
        Some(by) if by == case.approver() => format!("{already}{verb} by you ({by}) at"),
        Some(by) => format!("{already}{verb} by {by} at"),
    };
    page(
        title,
        &html! {
            (crumb(case))
            h1 { (title) }
            div.note.good[is_yes].bad[!is_yes] role="status" {
                p { "This request was " (by) " " time datetime=(decision.at()) { (when(decision.at())) } "." }
                // The reason may be about the customer: whoever merely holds the link does not see it.
                @if let (true, Some(reason)) = (is_new, decision.reason()) { p { "Reason: " bdi { (sanitize_text(reason)) } } }
            }
            @if case.is_settled_by_a_word(decision) { (ownership::way_in_again(case)) }
            @else { p { "There is nothing more for you to do. You can close this page." } }
            (footer(case))
        },
    )
}

fn verb(decision: &Decision) -> &'static str {
    match decision.outcome() {
        outcome::APPROVE => "approved",
        outcome::REJECT => "rejected",
        _ => "closed",
    }
}

/// One of several approvals was given, and more are needed.
fn given(case: &Case, decision: &Decision, title: &str) -> Markup {
    let missing = case.approval.value.missing();
    let others = match missing {
        1 => "One more person has to approve it.".to_owned(),
        more => format!("{more} more people have to approve it."),
    };
    page(
        title,
        &html! {
            (crumb(case))
            h1 { (title) }
            div.note.good role="status" {
                p { "You approved it at " time datetime=(decision.at()) { (when(decision.at())) } ". " (others) }
            }
            p { "There is nothing more for you to do. You can close this page." }
            (footer(case))
        },
    )
}

fn locked(case: &Case) -> Markup {
    page(
        "This link is locked",
        &html! {
            (crumb(case))
            h1 { "This link is locked" }
            div.note.bad role="alert" { p { "A wrong code was entered several times, so nothing can be decided with this link any longer. Nothing was recorded." } }
            p {
                "A mail with a new link and a new code goes to "
                // Whoever merely holds a customer's link does not learn whose it is.
                @if case.approval.value.is_choice() { "the address that the first one went to" } @else { strong { bdi { (case.approver()) } } }
                ". Please use the newest mail; the request is still waiting."
            }
            (footer(case))
        },
    )
}

/// The page of somebody who gave the case away.
pub(crate) fn handed_over(case: &Case, to: &str) -> Markup {
    page(
        "You handed this request over",
        &html! {
            (crumb(case))
            h1 { "You handed this request over" }
            div.note role="status" { p { "It is with " strong { bdi { (to) } } " now, who has a mail with links and a code of their own. Your link does not decide any longer." } }
            p { "There is nothing more for you to do. You can close this page." }
            (footer(case))
        },
    )
}

fn over(case: &Case, refusal: &Refusal) -> Markup {
    page(
        "This link is no longer in use",
        &html! {
            (crumb(case))
            h1 { "This link is no longer in use" }
            div.note { p { "Nothing was recorded: " (refusal) "." } }
            (footer(case))
        },
    )
}
