//! The response to an action, as a page or as JSON.

use domain::approval::{Decision, Refusal};
use domain::charge_lookup::ChargeReport;
use domain::form::FieldError;
use domain::task::outcome;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use serde_json::json;
use web::{Format, Problem, html, json as document};

use crate::OpenedLink;
use crate::action_outcome::{ActionOutcome, is_about_the_decision};
use crate::form_data::{FormData, Inputs, Intent, field_of};
use crate::pages::{self, Notice, Written};

/// The answer to what was posted.
pub(crate) fn respond(
    http: &Request,
    opened: &OpenedLink,
    form: &FormData,
    outcome: ActionOutcome,
) -> Result<Response<Body>, Problem> {
    match form.format {
        Format::Json => as_json(&form.intent, outcome),
        Format::Html => Ok(as_page(http, opened, form, &outcome)),
    }
}

fn as_page(
    http: &Request,
    opened: &OpenedLink,
    form: &FormData,
    outcome: &ActionOutcome,
) -> Response<Body> {
    let inputs = inputs_to_show(&form.inputs, outcome);
    let parameters = http.query_string_parameters();
    let written = Written {
        decision: suggested(opened, form, outcome, parameters.first("decision")),
        inputs: &inputs,
    };
    let not_done = form.intent.not_done(&opened.approval.value.asked);
    let review =
        |notice: Notice<'_>| pages::review(opened, &written, &opened.colleagues(), &notice);
    let refuse = |field, why| {
        review(Notice::NotDone {
            what: not_done,
            field,
            why,
        })
    };
    let (status, page) = match outcome {
        ActionOutcome::Shown => (StatusCode::OK, review(Notice::None)),
        ActionOutcome::CustomerIdentified { .. } => (StatusCode::OK, review(Notice::Identified)),
        ActionOutcome::OwnershipConfirmed { .. } => {
            (StatusCode::OK, review(Notice::OwnershipConfirmed))
        }
        ActionOutcome::Inquired { mailed, .. } => {
            (StatusCode::OK, review(Notice::Asked { mailed: *mailed }))
        }
        ActionOutcome::Decided(recorded) => {
            let (decision, missing) = (recorded.decision(), recorded.missing());
            (StatusCode::OK, pages::recorded(opened, decision, missing))
        }
        ActionOutcome::HandedOver { to } => (StatusCode::OK, pages::handed_over(opened, to, None)),
        ActionOutcome::Invalid { field, message } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            refuse(Some(field), message),
        ),
        ActionOutcome::Refused(refusal) => {
            let is_about_the_code = matches!(
                refusal,
                Refusal::NoCode | Refusal::WrongCode | Refusal::NotOffered(_)
            );
            let page = if is_about_the_code {
                pages::code_page(opened, Some(refusal))
            } else if is_about_the_decision(refusal) {
                refuse(field_of(refusal), &refusal.to_string())
            } else {
                let is_news = form.intent != Intent::Look && !is_repeat(opened, form, refusal);
                pages::refused(opened, refusal, is_news.then_some(not_done))
            };
            (status_of(refusal), page)
        }
    };
    html(status, page)
}

/// What the page's inputs are filled with: all that was entered, but for what was used up.
fn inputs_to_show(entered: &Inputs, outcome: &ActionOutcome) -> Inputs {
    let mut inputs = entered.clone();
    if matches!(outcome, ActionOutcome::Refused(Refusal::Changed)) {
        // What has changed is decided anew.
        inputs.amount.clear();
        inputs.confirm_charge.clear();
    } else if matches!(outcome, ActionOutcome::Inquired { .. }) {
        inputs.question.clear();
    }
    inputs
}

/// The decision that the page suggests: the one that was sent, or the one that the link in the mail was for.
fn suggested<'a>(
    opened: &OpenedLink,
    form: &'a FormData,
    outcome: &ActionOutcome,
    linked: Option<&'a str>,
) -> Option<&'a str> {
    match &form.intent {
        Intent::Decide(sent) if !matches!(outcome, ActionOutcome::Refused(Refusal::Changed)) => {
            Some(sent)
        }
        Intent::Look
        | Intent::Decide(_)
        | Intent::HandOver
        | Intent::Identify
        | Intent::ConfirmOwnership
        | Intent::Ask => linked.filter(|decision| {
            let report = opened.report();
            *decision != outcome::APPROVE || report.is_none_or(ChargeReport::suggests_approval)
        }),
    }
}

/// Whether they had decided the same before: a form that is sent twice is one decision.
fn is_repeat(opened: &OpenedLink, form: &FormData, refusal: &Refusal) -> bool {
    let (Refusal::Decided(made) | Refusal::AlreadyApproved(made)) = refusal else {
        return false;
    };
    opened.is_own(made) && form.intent == Intent::Decide(made.outcome().to_owned())
}

fn as_json(intent: &Intent, outcome: ActionOutcome) -> Result<Response<Body>, Problem> {
    let body = match outcome {
        ActionOutcome::Decided(recorded) => {
            let mut body = decision(recorded.decision());
            if recorded.missing() > 0 {
                body["approvalsMissing"] = recorded.missing().into();
            }
            body
        }
        ActionOutcome::Refused(Refusal::Decided(made) | Refusal::AlreadyApproved(made)) => {
            if !matches!(intent, Intent::Decide(_)) {
                let title = "Nothing was done.";
                let made = made.outcome();
                return Err(Problem::new(StatusCode::CONFLICT, title)
                    .detail(format!("It was decided already, with {made}.")));
            }
            decision(&made)
        }
        ActionOutcome::HandedOver { to } => json!({ "handedTo": to }),
        ActionOutcome::Inquired { number, mailed, .. } => {
            json!({ "question": number, "mailed": mailed })
        }
        ActionOutcome::Shown
        | ActionOutcome::CustomerIdentified { .. }
        | ActionOutcome::OwnershipConfirmed { .. } => json!({}),
        ActionOutcome::Refused(refusal) => return Err(refused(&refusal)),
        ActionOutcome::Invalid { field, message } => {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Nothing was done.");
            return Err(problem.errors(vec![FieldError {
                field: field.to_owned(),
                message,
            }]));
        }
    };
    Ok(document(StatusCode::OK, &body))
}

fn decision(decision: &Decision) -> serde_json::Value {
    let mut body = json!({
        "outcome": decision.outcome(),
        "decidedBy": decision.decider().name(),
        "decidedAt": decision.at(),
    });
    if let (Some(approved), Some(viewed)) = (decision.approved_amount(), decision.viewed_amount())
        && approved < viewed
    {
        body["amount"] = approved.to_decimal().into();
    }
    body
}

pub(crate) fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Decided(_) | Refusal::AlreadyApproved(_) => StatusCode::OK,
        Refusal::Superseded | Refusal::Expired | Refusal::HandedOver(_) => StatusCode::GONE,
        Refusal::Changed => StatusCode::CONFLICT,
        Refusal::Locked => StatusCode::LOCKED,
        Refusal::NoCode
        | Refusal::WrongCode
        | Refusal::Ineligible(_)
        | Refusal::NoMember
        | Refusal::NotTheirs => StatusCode::FORBIDDEN,
        Refusal::ReasonMissing
        | Refusal::ReasonInvalid(_)
        | Refusal::AmountInvalid(_)
        | Refusal::AmountTooLarge(_)
        | Refusal::AmountNotWanted
        | Refusal::ConfirmationMissing(_)
        | Refusal::NotOffered(_) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn refused(refusal: &Refusal) -> Problem {
    let problem = Problem::new(status_of(refusal), "Your decision was not recorded.");
    let problem = problem.detail(format!("It was not recorded: {refusal}."));
    match field_of(refusal) {
        Some(field) => problem.errors(vec![FieldError {
            field: field.to_owned(),
            message: refusal.to_string(),
        }]),
        None => problem,
    }
}
