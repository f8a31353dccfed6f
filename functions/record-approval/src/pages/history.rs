//! Who decided before in this request: when, what, how much, and why.

use domain::approval::{Approval, Asked, Decider, Decision};
use domain::mail::sanitize_text;
use domain::request::Request;
use domain::task::outcome;
use maud::{Markup, html};
use web::PageContext;

pub(super) fn card(page: &PageContext, approvals: &[Approval], request: &Request) -> Markup {
    let decided: Vec<_> = approvals
        .iter()
        .flat_map(|approval| {
            approval
                .decisions()
                .map(move |decision| (approval, decision))
        })
        .collect();
    html! {
        @if !decided.is_empty() {
            section.card aria-labelledby="history" {
                h2 #history { "Decided before" }
                dl {
                    @for (approval, decision) in decided {
                        dt { (approval.phase) }
                        dd { (what(page, approval, decision, request)) }
                    }
                }
            }
        }
    }
}

fn what(page: &PageContext, approval: &Approval, decision: &Decision, request: &Request) -> Markup {
    html! {
        (verb(approval, decision)) " "
        @match decision.decider() {
            Decider::Approver(by) => { "by " bdi { (by) } " " },
            Decider::Customer => "by the customer ",
            Decider::Nobody => "as nobody decided in time, ",
        }
        "on " (page.time(decision.at()))
        @if let Some(amount) = decision.approved_amount() {
            ", for " (amount)
            @if let Some(requested) = request.requested_amount().filter(|it| *it != amount) { " of " (requested) }
        }
        "."
        @if let Some(confirmed) = decision.confirmed() {
            " They confirmed that " bdi { (confirmed.charge) } " is the customer's."
        }
        @if let Some(reason) = decision.reason() { " Reason: " bdi { (sanitize_text(reason)) } }
    }
}

fn verb(approval: &Approval, decision: &Decision) -> String {
    match (&approval.asked, decision.outcome()) {
        (_, outcome::EXPIRE) => "Closed".to_owned(),
        (Asked::Customer(choice), chosen) => {
            format!("Chosen: “{}”", choice.label(chosen).unwrap_or(chosen))
        }
        (Asked::Team(_), outcome::APPROVE) => "Approved".to_owned(),
        (Asked::Team(_), _) => "Rejected".to_owned(),
    }
}
