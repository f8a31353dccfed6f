//! The page behind an emailed link, and the actions on it. An approver decides, hands the decision over to a
//! colleague, asks the customer, or enters who the customer is; a customer who was offered a choice chooses. With an
//! approval they say how much of the amount, and where Stripe cannot tell, that the charge is the customer's.
//!
//! Opening a link shows what it is about and changes nothing. Everything else is a POST with the code
//! that is printed in that person's mail: first to see the request, with what Stripe says of its charge now, then to
//! decide. Only
//! [`authorize_decision`] authorizes a decision. A decision is stored before anybody sees that it is recorded; the
//! waiting task is answered afterwards, and if that fails, its next state entry finds the decision.
//!
//! [`authorize_decision`]: domain::approval::authorize_decision

use adapters::{Cached, Settings};
use domain::approval::{
    Approval, Asked, Decider, Decision, DecisionContext, Ineligible, Link, LinkKeys,
};
use domain::charge_lookup::{ChargeLookup, ChargeReport};
use domain::failure::Failure;
use domain::mail::Mailer;
use domain::optimistic::Attempts;
use domain::request::{Request as RefundRequest, UnclearCharge};
use domain::request_store::RequestStore;
use domain::stripe::Stripe;
use domain::table::{Stored, Table};
use domain::team::Teams;
use domain::workflow::Workflow;
use jiff::Timestamp;
use lambda_http::http::{HeaderValue, Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use web::{Format, PageContext, Problem, answer_format, html, other_method, received_at};

mod action_outcome;
mod actions;
mod case;
mod charge;
mod form_data;
mod notifications;
mod ownership;
mod pages;
mod response;

use action_outcome::ActionOutcome;
use case::Case;
use form_data::FormData;

/// What the function works with.
#[derive(Debug)]
pub struct RecordApproval<T, S, M, W> {
    /// The requests.
    pub store: RequestStore<T>,
    /// Stripe, which is asked again when a case is shown.
    pub stripe: S,
    /// The mail service.
    pub mailer: M,
    /// The process that waits.
    pub workflow: W,
    /// To whom a decision can be handed over.
    pub settings: Cached<Settings>,
    /// For checking codes.
    pub link_keys: Cached<LinkKeys>,
}

/// What a link leads to.
#[derive(Debug)]
struct OpenedLink {
    /// What its pages are drawn with.
    page: PageContext,
    link: Stored<Link>,
    approval: Stored<Approval>,
    request: Stored<RefundRequest>,
    /// The approvals that this one is kept separate from.
    earlier: Vec<Approval>,
    /// The teams that are or may be asked, as they are now.
    teams: Teams,
    /// What Stripe says about the charge.
    lookup: Option<ChargeLookup>,
    /// What only the page of a case shows.
    case: Option<Case>,
}

impl OpenedLink {
    fn context<'a>(&'a self, keys: &'a LinkKeys, at: Timestamp) -> DecisionContext<'a> {
        DecisionContext {
            keys,
            approval: &self.approval.value,
            link: &self.link.value,
            request: &self.request.value,
            earlier: &self.earlier,
            is_member: self
                .teams
                .include(self.approval.value.asked.teams(), self.approver()),
            lookup: self.lookup.as_ref(),
            at,
        }
    }

    /// Whose link it is.
    fn approver(&self) -> &str {
        self.approval.value.holder(&self.link.value)
    }

    /// Whether it is the decision of the link's holder.
    fn is_own(&self, decision: &Decision) -> bool {
        match self.approval.value.asked {
            Asked::Team(_) => decision.is_by(self.approver()),
            Asked::Customer(_) => decision.decider() == Decider::Customer,
        }
    }

    /// The charges of which only a person can tell whose it is, or which is asked for.
    fn unclear_charges(&self) -> Vec<UnclearCharge> {
        let lookup = self.lookup.as_ref();
        let unclear = lookup.map(|lookup| lookup.unclear_charges(&self.request.value));
        unclear.unwrap_or_default()
    }

    /// What is known about the charge.
    fn report(&self) -> Option<&ChargeReport> {
        self.case.as_ref()?.report.as_ref()
    }

    fn ineligible(&self) -> Option<Ineligible> {
        let (request, approver) = (&self.request.value, self.approver());
        self.approval
            .value
            .ineligible(approver, request, &self.earlier)
    }
}

impl<T: Table, S: Stripe, M: Mailer, W: Workflow> RecordApproval<T, S, M, W> {
    /// Answers `/approvals/{linkId}`.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        tokio::join!(self.settings.refresh(), self.link_keys.refresh());
        let answer = match *http.method() {
            Method::GET => self.show(http).await,
            Method::POST => self.act(http).await,
            _ => other_method(http, &HeaderValue::from_static("GET, HEAD, POST, OPTIONS")),
        };
        let brand = &self.settings.current().brand;
        answer.unwrap_or_else(|problem| problem.into_response(answer_format(http), brand))
    }

    async fn show(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let now = received_at(http)?;
        let opened = self.open(http, now).await?;
        let opened = opened.ok_or_else(Problem::not_found)?;
        Ok(
            match opened.context(&self.link_keys.current(), now).check_link() {
                Ok(_) => html(StatusCode::OK, pages::code_page(&opened, None)),
                Err(refusal) => html(
                    response::status_of(&refusal),
                    pages::refused(&opened, &refusal, None),
                ),
            },
        )
    }

    async fn act(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let form = FormData::read(http)?;
        let now = received_at(http)?;
        let mut attempts = Attempts::default();
        let (mut opened, outcome) = loop {
            let opened = self.open(http, now).await?;
            let mut opened = opened.ok_or_else(Problem::not_found)?;
            let attempt = self.attempt(&mut opened, &form, now).await;
            if let Some(result) = attempts.finish(attempt) {
                break (opened, result?);
            }
        };
        if let (Format::Html, Asked::Team(_)) = (form.format, &opened.approval.value.asked)
            && outcome.shows_case()
        {
            let is_identified = matches!(outcome, ActionOutcome::CustomerIdentified { .. });
            self.load_case(&mut opened, now, is_identified).await?;
        }
        self.answer_task(&opened, &outcome).await;
        response::respond(http, &opened, &form, outcome)
    }

    /// Reads what the link in the path leads to, if there is such a link.
    async fn open(&self, http: &Request, now: Timestamp) -> Result<Option<OpenedLink>, Failure> {
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
        self.link_keys.knowing(approval.value.key_id()).await;
        let asked = &approval.value.asked;
        let settings = self.settings.current();
        let teams = settings.teams.current(self.store.table(), asked.teams());
        let teams = teams.await?;
        Ok(Some(OpenedLink {
            page: PageContext {
                brand: settings.brand.with(&request.value.brand),
                now,
            },
            earlier: self.store.approvals(id, asked.separate_from()).await?,
            teams,
            lookup: self.store.charge_lookup(id).await?,
            request,
            case: None,
            approval,
            link,
        }))
    }
}

#[cfg(test)]
mod tests;
