//! The pages behind an emailed link.

use jiff::Timestamp;
use lambda_http::http::StatusCode;
use maud::{Markup, html};
use shared::approval::{Approval, Decision, Link, Refusal, Verdict};
use shared::http::{answers, page, when};
use shared::task::outcome;

use crate::posted::{Posted, field_of};
use crate::{Case, refusal_status};

/// The page that an opened link shows: the case and the form, or what came of it.
pub(crate) fn opened(case: &Case, now: Timestamp, preset: Option<&str>) -> (StatusCode, Markup) {
    let approval = &case.approval.value;
    if case.link.round != approval.round {
        return (
            refusal_status(&Refusal::Superseded),
            over(approval, &Refusal::Superseded),
        );
    }
    if let Some(decision) = &approval.decision {
        return (
            StatusCode::OK,
            decided(approval, decision, &case.link, false),
        );
    }
    if now >= approval.decide_until {
        return (
            refusal_status(&Refusal::Expired),
            over(approval, &Refusal::Expired),
        );
    }
    let verdict = match preset {
        Some(outcome::APPROVE) => Some(Verdict::Approve),
        Some(outcome::REJECT) => Some(Verdict::Reject),
        Some(_) | None => None,
    };
    (
        StatusCode::OK,
        question(
            case,
            &Form {
                verdict,
                reason: "",
                refusal: None,
            },
        ),
    )
}

/// The page after a POST that did not count.
pub(crate) fn refused(case: &Case, refusal: &Refusal, posted: &Posted) -> Markup {
    match refusal {
        Refusal::Decided(decision) => decided(&case.approval.value, decision, &case.link, false),
        Refusal::Superseded | Refusal::Expired => over(&case.approval.value, refusal),
        Refusal::WrongCode | Refusal::ReasonMissing | Refusal::ReasonTooLong => question(
            case,
            &Form {
                verdict: Some(posted.verdict),
                reason: &posted.reason,
                refusal: Some(refusal),
            },
        ),
    }
}

/// The page once there is a decision: just made, or found.
pub(crate) fn decided(
    approval: &Approval,
    decision: &Decision,
    link: &Link,
    is_new: bool,
) -> Markup {
    let verb = match decision.outcome.as_str() {
        outcome::APPROVE => "approved",
        outcome::REJECT => "rejected",
        _ => "closed",
    };
    let already = if is_new { "" } else { "already " };
    let by = match decision.by.as_deref() {
        None => format!("{already}{verb}, as nobody decided in time, on"),
        Some(by) if by == link.approver => format!("{already}{verb} by you ({by}) at"),
        Some(by) => format!("{already}{verb} by {by} at"),
    };
    let title = if is_new {
        format!("You {verb} this request")
    } else {
        format!("Already {verb}")
    };
    page(
        &title,
        &html! {
            p.crumb { (approval.phase) }
            h1 { (title) }
            div.note.good[decision.outcome == outcome::APPROVE].bad[decision.outcome != outcome::APPROVE] role="status" {
                p { "This request was " (by) " " time datetime=(decision.at) { (when(decision.at)) } "." }
                @if let Some(reason) = &decision.reason { p { "Reason: " bdi { (reason) } } }
            }
            p { "There is nothing more for you to do. You can close this page." }
            p.soft { small { "Request " (approval.request_id) } }
        },
    )
}

fn over(approval: &Approval, refusal: &Refusal) -> Markup {
    page(
        "This link is no longer in use",
        &html! {
            p.crumb { (approval.phase) }
            h1 { "This link is no longer in use" }
            div.note { p { "Nothing was recorded: " (refusal) "." } }
            p.soft { small { "Request " (approval.request_id) } }
        },
    )
}

/// The form as it was filled in so far.
struct Form<'a> {
    verdict: Option<Verdict>,
    reason: &'a str,
    refusal: Option<&'a Refusal>,
}

fn question(case: &Case, form: &Form<'_>) -> Markup {
    let (approval, request) = (&case.approval.value, &case.request.value);
    page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            p { "You decide as " strong { (case.link.approver) } " for the " (approval.responsible) "." }
            section.card aria-label="The request" {
                (answers(&request.answers))
            }
            @if let Some(refusal) = form.refusal {
                div.note.bad role="alert" { p { "Your decision was not recorded: " (refusal) "." } }
            }
            (form.markup())
            p.soft { small { "You can decide until " (when(approval.decide_until)) ". Request " (approval.request_id) } }
        },
    )
}

impl Form<'_> {
    fn markup(&self) -> Markup {
        let wrong = |field| {
            self.refusal
                .is_some_and(|refusal| field_of(refusal) == Some(field))
        };
        let choice = |verdict: Verdict, label: &str| {
            html! {
                label.choice {
                    input type="radio" name="decision" value=(verdict.as_str()) required checked[self.verdict == Some(verdict)];
                    (label)
                }
            }
        };
        html! {
            form.card method="post" {
                fieldset.field {
                    legend { "Your decision" }
                    (choice(Verdict::Approve, "Approve"))
                    (choice(Verdict::Reject, "Reject"))
                }
                div.field {
                    label for="reason" { "Reason" }
                    small #reason-help { "Needed to reject; the customer is told. Otherwise for the record." }
                    textarea #reason name="reason" aria-describedby="reason-help" aria-invalid=[wrong("reason").then_some("true")] { (self.reason) }
                }
                div.field {
                    label for="code" { "Code" }
                    small #code-help { "The six digits in the mail that brought you here." }
                    input.code #code name="code" required inputmode="numeric" autocomplete="off" maxlength="12"
                        aria-describedby="code-help" aria-invalid=[wrong("code").then_some("true")];
                }
                button type="submit" { "Record my decision" }
            }
        }
    }
}
