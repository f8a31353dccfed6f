//! The page behind an emailed link, and what is done there. An approver decides, hands the case to a
//! colleague, asks the customer, or says who they are and whose the charge is; a customer who was offered
//! a choice chooses.
//!
//! Opening a link shows what it is about and changes nothing. Everything else is a POST with the code
//! that is printed in that person's mail: first the case, then the decision. What counts as a
//! decision says [`authorize_decision`], the one authorization. What somebody is told is recorded has been
//! recorded: the execution hears of it afterwards, and if that fails it hears of it at its next state entry.
//!
//! [`authorize_decision`]: domain::approval::authorize_decision

use adapters::config::Teams;
use domain::approval::{Approval, DecisionContext, Ineligible, Link, LinkKey, Recorded, Refusal};
use domain::charge_lookup::ChargeReport;
use domain::failure::{Failure, Interrupted};
use domain::mail::Mailer;
use domain::request::Request as RefundRequest;
use domain::request_store::RequestStore;
use domain::table::{CommitError, Stored, Table};
use domain::workflow::Workflow;
use jiff::Timestamp;
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use web::{Format, Problem, answer_format, html, received_at};

mod actions;
mod answer;
mod charge;
mod form_data;
mod notifications;
mod ownership;
mod pages;

use form_data::{FormData, Intent};

/// How often an attempt starts over because somebody else wrote at the same time.
const ATTEMPTS: usize = 12;

/// What the function works with.
#[derive(Debug)]
pub struct RecordApproval<T, M, W> {
    /// The requests.
    pub store: RequestStore<T>,
    /// The mail service.
    pub mailer: M,
    /// The process that waits.
    pub workflow: W,
    /// To whom a case can be handed.
    pub teams: Teams,
    /// For checking codes.
    pub link_key: LinkKey,
}

/// What a link leads to.
#[derive(Debug)]
struct Case {
    link: Stored<Link>,
    approval: Stored<Approval>,
    request: Stored<RefundRequest>,
    /// The approvals that this one is kept separate from.
    earlier: Vec<Approval>,
    /// Whether the link's holder is still on one of the teams.
    is_member: bool,
    /// What is known about the charge, for the page that shows the whole case.
    report: Option<ChargeReport>,
}

impl Case {
    fn context<'a>(&'a self, key: &'a LinkKey, at: Timestamp) -> DecisionContext<'a> {
        DecisionContext {
            key,
            approval: &self.approval.value,
            link: &self.link.value,
            request: &self.request.value,
            earlier: &self.earlier,
            is_member: self.is_member,
            at,
        }
    }

    /// Whose link it is.
    fn approver(&self) -> &str {
        &self.link.value.approver
    }

    fn ineligible(&self) -> Option<Ineligible> {
        let (request, approver) = (&self.request.value, self.approver());
        self.approval
            .value
            .ineligible(approver, request, &self.earlier)
    }
}

/// What was done.
#[derive(Debug)]
enum Done {
    /// The case may be shown.
    Shown,
    Decided(Recorded),
    HandedOver {
        to: String,
    },
    /// Which of Stripe's customers it is, was entered.
    Identified,
    /// Somebody gave their word for whose the charge is.
    OwnershipConfirmed,
    Asked {
        number: u32,
        /// Whether the mail service took the mail to the customer.
        mailed: bool,
    },
}

/// Why nothing was done.
#[derive(Debug)]
enum Undone {
    /// The authorization says no.
    Refused(Refusal),
    /// An input cannot be taken: which, and what is wrong with it.
    Unfit(&'static str, String),
}

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    /// Answers `GET` and `POST /approvals/{linkId}`.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        let answer = match *http.method() {
            Method::GET => self.show(http).await,
            Method::POST => self.act(http).await,
            _ => Err(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This address takes GET and POST.",
            )),
        };
        answer.unwrap_or_else(|problem| problem.into_response(answer_format(http)))
    }

    async fn show(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let case = self.case(http).await.map_err(problem)?;
        let case = case.ok_or_else(Problem::not_found)?;
        let now = received_at(http).ok_or_else(no_time)?;
        Ok(match case.context(&self.link_key, now).check_link() {
            Ok(_) => html(StatusCode::OK, pages::code_page(&case, None)),
            Err(refusal) => html(answer::status_of(&refusal), pages::refused(&case, &refusal)),
        })
    }

    async fn act(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let posted = FormData::read(http)?;
        let now = received_at(http).ok_or_else(no_time)?;
        for _ in 0..ATTEMPTS {
            let attempt = async {
                let Some(mut case) = self.case(http).await? else {
                    return Ok(None);
                };
                let done = self.attempt(&mut case, &posted, now).await?;
                Ok(Some((case, done)))
            };
            match attempt.await {
                Ok(None) => return Err(Problem::not_found()),
                Ok(Some((mut case, done))) => {
                    if posted.format == Format::Html && !case.approval.value.is_choice() {
                        let report = self.store.findings(&case.request.value).await;
                        case.report = Some(report.map_err(Failure::from)?);
                    }
                    self.tell_execution(&case, &done).await;
                    return self.answer(http, &case, &posted, done);
                }
                Err(Interrupted::Conflict) => {}
                Err(failed) => return Err(problem(failed)),
            }
        }
        Err(Failure::StoreUnavailable("others kept writing at the same time".to_owned()).into())
    }

    /// Everything about the link in the path, if there is such a link.
    async fn case(&self, http: &Request) -> Result<Option<Case>, Interrupted> {
        let parameters = http.path_parameters();
        let Some(link_id) = parameters.first("linkId") else {
            return Ok(None);
        };
        let Some(link) = self.store.link(link_id).await? else {
            return Ok(None);
        };
        let (id, phase) = (link.value.request_id, &link.value.phase);
        let approval = self.store.approval(id, phase).await?;
        let request = self.store.request(id).await?;
        let (Some(approval), Some(request)) = (approval, request) else {
            return Ok(None);
        };
        let teams = &approval.value.teams;
        let separate = &approval.value.separate_from;
        Ok(Some(Case {
            earlier: self.store.approvals(id, separate).await?,
            is_member: self.teams.include(teams, &link.value.approver),
            request,
            report: None,
            approval,
            link,
        }))
    }
}

/// An attempt that another one cannot mend, as the caller is told.
fn problem(interrupted: Interrupted) -> Problem {
    match interrupted {
        Interrupted::Conflict => Failure::from(CommitError::Conflict).into(),
        Interrupted::Failed(failure) => failure.into(),
    }
}

fn no_time() -> Problem {
    Problem::from(Failure::PayloadInvalid(
        "the event has no time: is it from API Gateway?".to_owned(),
    ))
}

#[cfg(test)]
mod tests;
