//! The customer's side: the catalogue, the form, submitting a request, its status, and replies to inquiries.
//!
//! This function knows no process. What an offering asks and what it is called stands in the `Start`
//! state of its state machine, so that publishing a changed form is deploying a changed state
//! machine. A request is stored, and its execution started, before the customer sees
//! "received".

use adapters::{Cached, Settings, StateMachines};
use domain::approval::LinkKeys;
use domain::audit::AuditRecord;
use domain::brand::BrandOverrides;
use domain::failure::Failure;
use domain::id::{OfferingPath, RequestId, TeamId};
use domain::mail::Mailer;
use domain::request::Request as RefundRequest;
use domain::request_store::RequestStore;
use domain::table::{Stored, Table};
use domain::task::Offering;
use domain::workflow::Workflow;
use lambda_http::http::{HeaderValue, Method, StatusCode};
use lambda_http::{Body, Request, Response};
use web::{
    Format, PageContext, Problem, accepted, answer_format, html, json, other_method, received_at,
};

mod catalogue;
mod codes;
mod form_data;
mod form_version;
mod intake;
mod invited;
mod pages;
mod reply;
mod status_view;
mod submission;
mod timeline;

use catalogue::{Catalogue, Published};
use status_view::StatusView;

/// What the function works with.
#[derive(Debug)]
pub struct SubmitRequest<T, M, W> {
    store: RequestStore<T>,
    /// For the mail to an approver whose inquiry was replied to, and for fresh codes.
    mailer: M,
    workflow: W,
    /// Who can still decide, and where links lead.
    settings: Cached<Settings>,
    catalogue: Catalogue,
    link_keys: Cached<LinkKeys>,
}

impl<T: Table, M: Mailer, W: Workflow> SubmitRequest<T, M, W> {
    /// The function for the offerings with these state machines.
    pub fn new(
        store: RequestStore<T>,
        mailer: M,
        workflow: W,
        settings: Cached<Settings>,
        machines: Cached<StateMachines>,
        link_keys: Cached<LinkKeys>,
    ) -> Self {
        Self {
            store,
            mailer,
            workflow,
            settings,
            catalogue: Catalogue::new(machines),
            link_keys,
        }
    }

    /// Answers every route of the function.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        tokio::join!(
            self.settings.refresh(),
            self.catalogue.refresh(),
            self.link_keys.refresh()
        );
        let path: Vec<&str> = http.uri().path().trim_matches('/').split('/').collect();
        let answer = match (http.method(), path.as_slice()) {
            (&Method::GET, [""]) => self.show_catalogue(http).await,
            (&Method::GET, ["services", service, offering]) => {
                self.show_form(http, service, offering).await
            }
            (&Method::POST, ["services", service, offering, "requests"]) => {
                self.take(http, service, offering).await
            }
            (&Method::GET, ["requests", id, key]) => self.show_status(http, id, key).await,
            (&Method::POST, ["requests", id, key, "answers"]) => {
                self.take_answer(http, id, key).await
            }
            (_, [""] | ["services" | "requests", _, _]) => {
                other_method(http, &HeaderValue::from_static("GET, HEAD, OPTIONS"))
            }
            _ => Err(Problem::not_found()),
        };
        let brand = &self.settings.current().brand;
        answer.unwrap_or_else(|problem| problem.into_response(answer_format(http), brand))
    }

    /// What a page is drawn with, of an offering that says this in place of the deployment's brand.
    fn page(&self, http: &Request, overrides: &BrandOverrides) -> Result<PageContext, Problem> {
        Ok(PageContext {
            brand: self.settings.current().brand.with(overrides),
            now: received_at(http)?,
        })
    }

    async fn show_catalogue(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let context = self.page(http, &BrandOverrides::default())?;
        let offerings = self.catalogue.all(&self.workflow, context.now).await?;
        Ok(match accepted(http) {
            Format::Html => html(StatusCode::OK, pages::catalogue(&context, &offerings)),
            Format::Json => json(StatusCode::OK, &catalogue::as_json(&offerings)),
        })
    }

    /// How a request stands.
    async fn show_status(
        &self,
        http: &Request,
        id: &str,
        key: &str,
    ) -> Result<Response<Body>, Problem> {
        let request = self.opened(id, key).await?.value;
        let view = StatusView::of(&request);
        Ok(match accepted(http) {
            Format::Html => {
                let records = self.records(request.request_id).await?;
                let page = pages::StatusPage {
                    page: &self.page(http, &request.brand)?,
                    request: &request,
                    view: &view,
                    records: &records,
                    key,
                    written: None,
                };
                html(StatusCode::OK, pages::status_page(&page))
            }
            Format::Json => json(StatusCode::OK, &view.as_json()),
        })
    }

    /// The request behind a status page's address. Without the right key it does not exist.
    async fn opened(&self, id: &str, key: &str) -> Result<Stored<RefundRequest>, Problem> {
        let id: RequestId = id.parse().map_err(|_| Problem::not_found())?;
        let keys = self.link_keys.knowing(LinkKeys::id_in(key)).await;
        if !keys.opens_status(id, key) {
            return Err(Problem::not_found());
        }
        let request = self.store.request(id).await.map_err(Failure::from)?;
        request.ok_or_else(Problem::not_found)
    }

    /// The audit log of a request.
    async fn records(&self, id: RequestId) -> Result<Vec<AuditRecord>, Failure> {
        Ok(AuditRecord::load_all(self.store.table(), id).await?)
    }

    /// The offering that somebody wants to use: the versions of it that are in use, the one to show first.
    async fn offering(
        &self,
        http: &Request,
        service: &str,
        offering: &str,
    ) -> Result<Vec<Published>, Problem> {
        let path: OfferingPath = format!("{service}/{offering}")
            .parse()
            .map_err(|_| Problem::not_found())?;
        let published = self
            .catalogue
            .published(&self.workflow, &path, received_at(http)?)
            .await?
            .ok_or_else(Problem::not_found)?;
        let Some(first) = published.first() else {
            return Err(not_taken_now());
        };
        if first.offering.retired {
            return Err(Problem::new(
                StatusCode::GONE,
                "We take no new requests of this kind.",
            )
            .detail("Requests that were sent before are still worked on, and the links in our mails open."));
        }
        if let Some(team) = self.missing_team(&first.offering).await? {
            tracing::error!(%path, %team, "not offered: the team has no members; add it to the parameter Teams");
            return Err(not_taken_now());
        }
        Ok(published)
    }

    /// A team that an offering asks or tells and that has no members. Without it a request would stop half-way.
    async fn missing_team(&self, offering: &Offering) -> Result<Option<TeamId>, Failure> {
        let deployed = &self.settings.current().teams;
        for team in &offering.teams {
            if deployed.members(team).is_some() {
                continue;
            }
            // Operators may have added it.
            let current = deployed.current(self.store.table(), [team]).await?;
            if current.members(team).is_none() {
                return Ok(Some(team.clone()));
            }
        }
        Ok(None)
    }
}

fn not_taken_now() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "We cannot take requests of this kind at the moment.",
    )
    .detail("We know of it and are working on it. Please come back later.")
}

fn no_domain() -> Problem {
    Failure::PayloadInvalid("the event has no domain: is it from API Gateway?".to_owned()).into()
}

#[cfg(test)]
mod tests;
