//! The pages behind an emailed link: the door, the case, and what came of it.

use maud::{Markup, html};
use shared::approval::{Decision, Refusal, Verdict};
use shared::http::{answers, page, when};
use shared::mail::tame;
use shared::question::{QUESTION_CHARS, Question};
use shared::request::AnswerKind;
use shared::task::{Confirm, outcome};

use crate::posted::field_of;
use crate::{Case, charge, vouch};

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
    /// Whose the charge is, was confirmed.
    Vouched,
    /// The customer was asked.
    Asked {
        mailed: bool,
    },
}

/// The page that an opened link shows: what it is about, and where the code goes. Nothing personal of the
/// customer's is on it.
pub(crate) fn at_the_door(case: &Case, refusal: Option<&Refusal>) -> Markup {
    let (approval, request) = (&case.approval.value, &case.request.value);
    let impersonal = |kind| matches!(kind, AnswerKind::Amount | AnswerKind::Charge);
    let known: Vec<_> = request
        .answers
        .iter()
        .filter(|answer| impersonal(answer.kind))
        .cloned()
        .collect();
    let invalid = refusal.is_some().then_some("true");
    page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            p { "You are asked as " strong { bdi { (case.approver()) } } ", for the " (approval.responsible) "." }
            section.card aria-label="At a glance" { (answers(&known)) }
            @if let Some(refusal) = refusal {
                div.note.bad role="alert" { p { "Nothing was recorded: " (refusal) "." } }
            }
            form.card method="post" {
                @match approval.confirm {
                    Confirm::Code => {
                        div.field {
                            label for="code" { "Code" }
                            small #code-help { "The six digits in the mail that brought you here. They open the whole case." }
                            input.code #code name="code" required inputmode="numeric" autocomplete="one-time-code" maxlength="12"
                                aria-describedby="code-help" aria-invalid=[invalid];
                        }
                    },
                    Confirm::Click => { p { "Nothing is decided yet by opening the case." } },
                }
                button type="submit" { "Show the case" }
            }
            (footer(case))
        },
    )
}

/// The page for somebody who knows the code: everything about the case, and what can be done with it.
pub(crate) fn case(
    case: &Case,
    written: &Written<'_>,
    colleagues: &[String],
    notice: &Notice<'_>,
) -> Markup {
    if case.approval.value.decision().is_some() {
        return vouch::page_again(case, written.code, &noted(notice));
    }
    let (approval, request) = (&case.approval.value, &case.request.value);
    let barred = case.barred();
    page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            p { "You decide as " strong { bdi { (case.approver()) } } ", for the " (approval.responsible) "." }
            (noted(notice))
            section.card aria-labelledby="case" {
                h2 #case { "The request" }
                (answers(&request.answers))
            }
            @if let Some(findings) = &case.findings { (charge::card(findings)) }
            @if !request.questions.is_empty() {
                section.card aria-labelledby="asked" {
                    h2 #asked { "Asked and answered" }
                    @for question in &request.questions { (exchange(question)) }
                }
            }
            @match &barred {
                Some(barred) => div.note role="status" { p { "Here " (barred) "." } },
                None => (decision_form(case, written, notice)),
            }
            (charge::form(request, written.code, matches!(notice, Notice::Unfit { field, .. } if *field == charge::CUSTOMER)))
            (vouch::form(case, written.code))
            (other_ways(written, colleagues, notice))
            (footer(case))
        },
    )
}

fn noted(notice: &Notice<'_>) -> Markup {
    html! {
        @match notice {
            Notice::None => {},
            Notice::Refused(refusal) => div.note.bad role="alert" { p { "Your decision was not recorded: " (refusal) "." } },
            Notice::Unfit { message, .. } => div.note.bad role="alert" { p { "Nothing was done: " (message) "." } },
            Notice::Identified => div.note.good role="status" { p { "The Stripe customer was entered." } },
            Notice::Vouched => div.note.good role="status" { p { "It was recorded that you confirm whose the charge is." } },
            Notice::Asked { mailed: true } => div.note.good role="status" { p { "The customer was asked. You get a mail when they answer; the time to decide goes on." } },
            Notice::Asked { mailed: false } => div.note role="status" { p { "Your question stands on the customer's page, but they could not be mailed." } },
        }
    }
}

fn exchange(question: &Question) -> Markup {
    html! {
        dl {
            dt { (question.asked_by) " asked" }
            dd { bdi { (tame(&question.text)) } }
            dt { "The customer" }
            @match &question.reply {
                Some(reply) => dd { bdi { (tame(&reply.text)) } },
                None => dd.none { "has not answered yet" },
            }
        }
    }
}

fn decision_form(case: &Case, written: &Written<'_>, notice: &Notice<'_>) -> Markup {
    let invalid = matches!(notice, Notice::Refused(refusal) if field_of(refusal) == Some("reason"));
    let missing = case.approval.value.missing();
    let choice = |verdict: Verdict, label: &str| {
        html! {
            label.choice {
                input type="radio" name="decision" value=(verdict.as_str()) required checked[written.verdict == Some(verdict)];
                (label)
            }
        }
    };
    html! {
        form.card method="post" {
            input type="hidden" name="code" value=(written.code);
            fieldset.field {
                legend { "Your decision" }
                (choice(Verdict::Approve, "Approve"))
                (choice(Verdict::Reject, "Reject"))
            }
            div.field {
                label for="reason" { "Reason" }
                small #reason-help { "Needed to reject; the customer is told. Otherwise for the record." }
                textarea #reason name="reason" aria-describedby="reason-help" aria-invalid=[invalid.then_some("true")] { "\n" (written.reason) }
            }
            @if missing > 1 { p.soft { (missing) " more approvals of different people are needed; the first rejection ends it." } }
            button type="submit" { "Record my decision" }
        }
    }
}

/// What else can be done: ask the customer, hand the case over.
fn other_ways(written: &Written<'_>, colleagues: &[String], notice: &Notice<'_>) -> Markup {
    let unfit = |name| matches!(notice, Notice::Unfit { field, .. } if *field == name);
    let invalid = |name| unfit(name).then_some("true");
    html! {
        details.card open[unfit("question")] {
            summary { "Ask the customer something" }
            form method="post" {
                input type="hidden" name="code" value=(written.code);
                input type="hidden" name="action" value="ask";
                div.field {
                    label for="question" { "Your question" }
                    small #question-help { "The customer gets a mail and answers on their own page. They are not told who asks." }
                    textarea #question name="question" required maxlength=(QUESTION_CHARS) aria-describedby="question-help" aria-invalid=[invalid("question")] { "\n" (written.question) }
                }
                button.quiet type="submit" { "Send the question" }
            }
        }
        @if !colleagues.is_empty() {
            details.card open[unfit("to")] {
                summary { "Hand it to a colleague" }
                form method="post" {
                    input type="hidden" name="code" value=(written.code);
                    input type="hidden" name="action" value="hand-over";
                    div.field {
                        label for="to" { "Colleague" }
                        small #to-help { "They get a mail with links and a code of their own, and yours stop working." }
                        select #to name="to" required aria-describedby="to-help" aria-invalid=[invalid("to")] {
                            option value="" { "Please choose" }
                            @for colleague in colleagues { option value=(colleague) { (colleague) } }
                        }
                    }
                    button.quiet type="submit" { "Hand it over" }
                }
            }
        }
    }
}

/// The page of a link that cannot be used to decide, and why.
pub(crate) fn refused(case: &Case, refusal: &Refusal) -> Markup {
    match refusal {
        Refusal::Decided(decision) => decided(case, decision),
        Refusal::Given(decision) => given(case, decision, "You have already approved this"),
        Refusal::Locked => locked(case),
        Refusal::HandedOver(to) => handed_over(case, to),
        Refusal::Superseded
        | Refusal::Expired
        | Refusal::NoMember
        | Refusal::NoCode
        | Refusal::WrongCode
        | Refusal::Barred(_)
        | Refusal::ReasonMissing
        | Refusal::ReasonTooLong => over(case, refusal),
    }
}

/// The page once the approver has decided.
pub(crate) fn recorded(case: &Case, decision: &Decision, missing: u32) -> Markup {
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
            p.crumb { (case.approval.value.phase) }
            h1 { (title) }
            div.note.good[is_yes].bad[!is_yes] role="status" {
                p { "This request was " (by) " " time datetime=(decision.at()) { (when(decision.at())) } "." }
                // The reason may be about the customer: whoever merely holds the link does not see it.
                @if let (true, Some(reason)) = (is_new, decision.reason()) { p { "Reason: " bdi { (tame(reason)) } } }
            }
            @if case.is_settled_by_a_word(decision) { (vouch::way_in_again(case)) }
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
            p.crumb { (case.approval.value.phase) }
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
            p.crumb { (case.approval.value.phase) }
            h1 { "This link is locked" }
            div.note.bad role="alert" { p { "A wrong code was entered several times, so nothing can be decided with this link any longer. Nothing was recorded." } }
            p { "A mail with a new link and a new code goes to " strong { bdi { (case.approver()) } } ". Please use the newest mail; the request is still waiting." }
            (footer(case))
        },
    )
}

/// The page of somebody who gave the case away.
pub(crate) fn handed_over(case: &Case, to: &str) -> Markup {
    page(
        "You handed this request over",
        &html! {
            p.crumb { (case.approval.value.phase) }
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
            p.crumb { (case.approval.value.phase) }
            h1 { "This link is no longer in use" }
            div.note { p { "Nothing was recorded: " (refusal) "." } }
            (footer(case))
        },
    )
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
