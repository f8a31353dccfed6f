//! The page behind an emailed link, and the decision that is made on it.
//!
//! Opening a link shows the case and changes nothing. A decision is a POST with the code that is
//! printed in that approver's mail; [`Approval::authorize`] says whether it counts. What an approver is
//! told is recorded has been recorded: the execution hears of it afterwards, and if that fails it
//! hears of it at its next passage.
//!
//! [`Approval::authorize`]: shared::approval::Approval::authorize

use jiff::Timestamp;
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use shared::approval::{Approval, Attempt, Decision, Link, LinkKey, Refusal};
use shared::desk::Desk;
use shared::failure::Failure;
use shared::http::{Format, Problem, accepted, html, json, received_at};
use shared::request::{Event, Request as RefundRequest};
use shared::table::{CommitError, Stored, Table, Write};
use shared::task::{Outcome, Passage};
use shared::workflow::{Workflow, WorkflowError};

mod pages;
mod posted;

use posted::Posted;

/// How often a decision starts over because somebody else wrote at the same time.
const ATTEMPTS: usize = 8;

/// What the function works with.
#[derive(Debug)]
pub struct RecordApproval<T, W> {
    /// The requests.
    pub desk: Desk<T>,
    /// The process that waits.
    pub workflow: W,
    /// For checking codes.
    pub link_key: LinkKey,
}

/// What a link leads to.
#[derive(Debug)]
struct Case {
    link: Link,
    approval: Stored<Approval>,
    request: Stored<RefundRequest>,
}

impl<T: Table, W: Workflow> RecordApproval<T, W> {
    /// Answers `GET` and `POST /approvals/{linkId}`.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        let format = accepted(http);
        let answer = match *http.method() {
            Method::GET => self.show(http).await,
            Method::POST => self.decide(http).await,
            _ => Err(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This address takes GET and POST.",
            )),
        };
        answer.unwrap_or_else(|problem| {
            problem.into_response(if posted::is_json(http) {
                Format::Json
            } else {
                format
            })
        })
    }

    async fn show(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let case = self.case(http).await?;
        let now = received_at(http).ok_or_else(no_time)?;
        let query = http.query_string_parameters();
        let (status, page) = pages::opened(&case, now, query.first("decision"));
        Ok(html(status, page))
    }

    async fn decide(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let posted = Posted::read(http)?;
        let now = received_at(http).ok_or_else(no_time)?;
        let mut case = self.case(http).await?;
        let result = self.record(&mut case, &posted, now).await?;
        let decided = match &result {
            Ok(decision) | Err(Refusal::Decided(decision)) => Some(decision.clone()),
            Err(_) => None,
        };
        if let Some(decision) = &decided {
            self.tell_execution(&case, &decision.outcome).await;
        }
        Ok(match (posted.format, decided) {
            (Format::Json, Some(decision)) => json(
                StatusCode::OK,
                &serde_json::json!({
                    "outcome": decision.outcome,
                    "decidedBy": decision.by,
                    "decidedAt": decision.at,
                }),
            ),
            (Format::Html, Some(decision)) => html(
                StatusCode::OK,
                pages::decided(&case.approval.value, &decision, &case.link, result.is_ok()),
            ),
            (format, None) => {
                let refusal = result.expect_err("what is not decided was refused");
                match format {
                    Format::Html => html(
                        refusal_status(&refusal),
                        pages::refused(&case, &refusal, &posted),
                    ),
                    Format::Json => return Err(problem(&refusal)),
                }
            }
        })
    }

    /// Everything about the link in the path. An unknown one looks like any address without a page.
    async fn case(&self, http: &Request) -> Result<Case, Problem> {
        let parameters = http.path_parameters();
        let link_id = parameters.first("linkId").ok_or_else(Problem::not_found)?;
        let link = self
            .desk
            .link(link_id)
            .await
            .map_err(Failure::from)?
            .ok_or_else(Problem::not_found)?
            .value;
        self.reload(link).await
    }

    async fn reload(&self, link: Link) -> Result<Case, Problem> {
        let approval = self
            .desk
            .approval(link.request_id, &link.phase)
            .await
            .map_err(Failure::from)?;
        let request = self
            .desk
            .request(link.request_id)
            .await
            .map_err(Failure::from)?;
        match (approval, request) {
            (Some(approval), Some(request)) => Ok(Case {
                link,
                approval,
                request,
            }),
            _ => Err(Problem::not_found()),
        }
    }

    /// Records the decision, its audit record and what it means for the request in one transaction, on
    /// the condition that nobody decided in between.
    async fn record(
        &self,
        case: &mut Case,
        posted: &Posted,
        at: Timestamp,
    ) -> Result<Result<Decision, Refusal>, Problem> {
        for _ in 0..ATTEMPTS {
            let Posted {
                verdict,
                code,
                reason,
                ..
            } = posted;
            let attempt = Attempt {
                link: &case.link,
                verdict: *verdict,
                code,
                reason,
                at,
            };
            let decision = match case.approval.value.authorize(&self.link_key, attempt) {
                Ok(decision) => decision,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let event = Event::Decided {
                by: &case.link.approver,
                outcome: &decision.outcome,
                reason: decision.reason.as_deref(),
            };
            let record = case
                .request
                .value
                .apply(&event, Passage::during(&case.link.phase, at));
            case.approval.value.decision = Some(decision.clone());
            let write = Write::update(&case.approval);
            match self
                .desk
                .save(&mut case.request, &record, vec![write])
                .await
            {
                Ok(()) => return Ok(Ok(decision)),
                Err(CommitError::Conflict) => *case = self.reload(case.link.clone()).await?,
                Err(error @ CommitError::Unavailable(_)) => return Err(Failure::from(error).into()),
            }
        }
        Err(Failure::StoreUnavailable("others kept writing at the same time".to_owned()).into())
    }

    /// Lets the execution go on. The decision stands whether or not this succeeds: the waiting state is
    /// entered again after its reminder time and then finds it.
    async fn tell_execution(&self, case: &Case, outcome: &str) {
        let outcome = Outcome::new(outcome);
        let mut token = case.approval.value.task_token.clone();
        for _ in 0..3 {
            match self.workflow.succeed(&token, &outcome).await {
                Ok(()) => return,
                Err(WorkflowError::TokenGone) => {
                    // The state was entered anew while the decision was made: there is a newer token,
                    // or the execution has heard already.
                    let newest = self
                        .desk
                        .approval(case.link.request_id, &case.link.phase)
                        .await;
                    match newest {
                        Ok(Some(newest)) if newest.value.task_token != token => {
                            token = newest.value.task_token;
                        }
                        Ok(_) | Err(_) => return,
                    }
                }
                Err(error) => tracing::warn!(%error, "the execution was not told yet"),
            }
        }
        tracing::error!(
            "the execution was not told; it will find the decision at its next passage"
        );
    }
}

fn no_time() -> Problem {
    Problem::from(Failure::PayloadInvalid(
        "the event has no time: is it from API Gateway?".to_owned(),
    ))
}

fn refusal_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Decided(_) => StatusCode::OK,
        Refusal::Superseded | Refusal::Expired => StatusCode::GONE,
        Refusal::WrongCode => StatusCode::FORBIDDEN,
        Refusal::ReasonMissing | Refusal::ReasonTooLong => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn problem(refusal: &Refusal) -> Problem {
    let problem = Problem::new(refusal_status(refusal), "Your decision was not recorded.");
    let problem = problem.detail(format!("It was not recorded: {refusal}."));
    match posted::field_of(refusal) {
        Some(field) => problem.errors(vec![shared::form::FieldError {
            field: field.to_owned(),
            message: refusal.to_string(),
        }]),
        None => problem,
    }
}

#[cfg(test)]
mod tests;
