//! What the caller is told, as a page or as JSON.

use domain::approval::{Decision, Refusal};
use domain::form::FieldError;
use domain::mail::Mailer;
use domain::table::Table;
use domain::workflow::Workflow;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use serde_json::json;
use web::{Format, Problem, html, json as document};

use crate::form_data::{FormData, Intent, field_of};
use crate::pages::{self, Notice, Written};
use crate::{Case, Done, RecordApproval, Undone};

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    pub(crate) fn answer(
        &self,
        http: &Request,
        case: &Case,
        posted: &FormData,
        done: Result<Done, Undone>,
    ) -> Result<Response<Body>, Problem> {
        match posted.format {
            Format::Json => as_json(done),
            Format::Html => Ok(self.as_page(http, case, posted, &done)),
        }
    }

    fn as_page(
        &self,
        http: &Request,
        case: &Case,
        posted: &FormData,
        done: &Result<Done, Undone>,
    ) -> Response<Body> {
        // What the link in the mail was for.
        let parameters = http.query_string_parameters();
        let preset = parameters.first("decision");
        let written = Written {
            decision: match &posted.intent {
                Intent::Decide { decision, .. } => Some(decision.as_str()),
                Intent::Look
                | Intent::HandOver { .. }
                | Intent::Identify { .. }
                | Intent::ConfirmOwnership { .. }
                | Intent::Ask { .. } => preset,
            },
            code: &posted.code,
            reason: match &posted.intent {
                Intent::Decide { reason, .. } => reason,
                Intent::Look
                | Intent::HandOver { .. }
                | Intent::Identify { .. }
                | Intent::ConfirmOwnership { .. }
                | Intent::Ask { .. } => "",
            },
            question: match &posted.intent {
                Intent::Ask { question } => question,
                Intent::Look
                | Intent::HandOver { .. }
                | Intent::Identify { .. }
                | Intent::ConfirmOwnership { .. }
                | Intent::Decide { .. } => "",
            },
        };
        let inside =
            |notice: Notice<'_>| pages::case(case, &written, &self.colleagues(case), &notice);
        match done {
            Ok(Done::Shown) => html(StatusCode::OK, inside(Notice::None)),
            Ok(Done::Identified) => html(StatusCode::OK, inside(Notice::Identified)),
            Ok(Done::OwnershipConfirmed) => {
                html(StatusCode::OK, inside(Notice::OwnershipConfirmation))
            }
            Ok(Done::Decided(recorded)) => {
                let (decision, missing) = (recorded.decision(), recorded.missing());
                html(StatusCode::OK, pages::recorded(case, decision, missing))
            }
            Ok(Done::HandedOver { to }) => html(StatusCode::OK, pages::handed_over(case, to)),
            Ok(Done::Asked { mailed, .. }) => {
                let written = Written {
                    question: "",
                    ..written
                };
                let notice = Notice::Asked { mailed: *mailed };
                let colleagues = self.colleagues(case);
                html(
                    StatusCode::OK,
                    pages::case(case, &written, &colleagues, &notice),
                )
            }
            Err(Undone::Unfit(field, message)) => {
                let notice = Notice::Unfit { field, message };
                html(StatusCode::UNPROCESSABLE_ENTITY, inside(notice))
            }
            Err(Undone::Refused(refusal)) => {
                let page = match refusal {
                    Refusal::NoCode | Refusal::WrongCode | Refusal::NotOffered(_) => {
                        pages::code_page(case, Some(refusal))
                    }
                    Refusal::ReasonMissing | Refusal::ReasonTooLong | Refusal::Ineligible(_) => {
                        inside(Notice::Refused(refusal))
                    }
                    Refusal::Decided(_)
                    | Refusal::Given(_)
                    | Refusal::Superseded
                    | Refusal::HandedOver(_)
                    | Refusal::NoMember
                    | Refusal::NotTheirs
                    | Refusal::Locked
                    | Refusal::Expired => pages::refused(case, refusal),
                };
                html(status_of(refusal), page)
            }
        }
    }
}

fn as_json(done: Result<Done, Undone>) -> Result<Response<Body>, Problem> {
    let body = match done {
        Ok(Done::Decided(recorded)) => {
            let mut body = decision(recorded.decision());
            if recorded.missing() > 0 {
                body["approvalsMissing"] = recorded.missing().into();
            }
            body
        }
        Err(Undone::Refused(Refusal::Decided(made) | Refusal::Given(made))) => decision(&made),
        Ok(Done::HandedOver { to }) => json!({ "handedTo": to }),
        Ok(Done::Asked { number, mailed }) => json!({ "question": number, "mailed": mailed }),
        Ok(Done::Shown | Done::Identified | Done::OwnershipConfirmed) => json!({}),
        Err(Undone::Refused(refusal)) => return Err(refused(&refusal)),
        Err(Undone::Unfit(field, message)) => {
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
    json!({
        "outcome": decision.outcome(),
        "decidedBy": decision.decider().name(),
        "decidedAt": decision.at(),
    })
}

pub(crate) fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Decided(_) | Refusal::Given(_) => StatusCode::OK,
        Refusal::Superseded | Refusal::Expired | Refusal::HandedOver(_) => StatusCode::GONE,
        Refusal::Locked => StatusCode::LOCKED,
        Refusal::NoCode
        | Refusal::WrongCode
        | Refusal::Ineligible(_)
        | Refusal::NoMember
        | Refusal::NotTheirs => StatusCode::FORBIDDEN,
        Refusal::ReasonMissing | Refusal::ReasonTooLong | Refusal::NotOffered(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
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
