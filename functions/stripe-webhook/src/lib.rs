//! What Stripe tells by itself about refunds: that a pending one was paid, or that a paid one came back.
//!
//! An event is believed by its signature alone, taken in once, and may come late and in any order. A
//! refund only goes forward ([`RefundEntry::take_in`]), so what an old event says changes nothing. Each
//! thing that follows from an event can be done twice; that the event was taken in is written down last.

use adapters::config::Teams;
use adapters::stripe::webhook::{StripeEvent, WebhookSecret, verify};
use domain::approval::LinkKey;
use domain::failure::Failure;
use domain::id::RequestId;
use domain::mail::{Mailer, send_all};
use domain::processed_event::{ProcessedEvent, Source};
use domain::refund::{RefundEntry, Settlement};
use domain::request::{Event, Request as RefundRequest};
use domain::request_store::RequestStore;
use domain::stripe::{REQUEST_ID, Refund};
use domain::table::{CommitError, Stored, Table, Write};
use domain::task::{Outcome, StateEntry, outcome};
use domain::workflow::{Workflow, WorkflowError};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use web::emails::refund_reversed;
use web::{BODY_BYTES, Format, Problem, header_text, json, received_at};

/// How often an event is taken in anew because somebody else wrote at the same time.
const ATTEMPTS: usize = 8;

/// What the function works with.
#[derive(Debug)]
pub struct StripeWebhook<T, W, M> {
    /// The requests.
    pub store: RequestStore<T>,
    /// The executions that wait for a pending refund.
    pub workflow: W,
    /// For telling a team.
    pub mailer: M,
    /// Who is on which team.
    pub teams: Teams,
    /// For the link to the customer's status page.
    pub link_key: LinkKey,
    /// What Stripe signs with.
    pub secrets: Vec<WebhookSecret>,
}

impl<T: Table, W: Workflow, M: Mailer> StripeWebhook<T, W, M> {
    /// Answers `POST /webhooks/stripe`. Whatever is not answered with success, Stripe sends again.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        match self.receive(http).await {
            Ok(()) => json(StatusCode::OK, &serde_json::json!({ "received": true })),
            Err(problem) => problem.into_response(Format::Json),
        }
    }

    async fn receive(&self, http: &Request) -> Result<(), Problem> {
        // The bytes that were signed: API Gateway's Base64 is undone by then.
        let body: &[u8] = http.body();
        let now = received_at(http).ok_or_else(|| {
            Failure::PayloadInvalid("the event has no time: is it from API Gateway?".to_owned())
        })?;
        let event = self.believe(header_text(http, "stripe-signature"), body, now)?;
        let Some(refund) = &event.refund else {
            return Ok(());
        };
        // A refund that somebody made by hand is none of ours.
        let request_id = refund.metadata.get(REQUEST_ID);
        let Some(request_id) = request_id.and_then(|id| id.parse::<RequestId>().ok()) else {
            return Ok(());
        };
        let table = self.store.table();
        let seen = ProcessedEvent {
            source: Source::Stripe,
            id: event.id.clone(),
            at: now,
        };
        if seen.is_known(table).await.map_err(Failure::from)? {
            return Ok(());
        }
        self.apply_update(request_id, refund, now).await?;
        match table.commit(vec![Write::create(&seen)]).await {
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(Failure::from(error).into()),
        }
    }

    fn believe(
        &self,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<StripeEvent, Problem> {
        if body.len() > BODY_BYTES {
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The event is too large.");
            return Err(problem.detail("Events about refunds have a few KiB."));
        }
        verify(signature.unwrap_or_default(), body, &self.secrets, now).map_err(|error| {
            tracing::warn!(%error, "an event was not believed");
            Problem::new(StatusCode::BAD_REQUEST, "The event was not taken in.")
                .detail(format!("It was not taken in: {error}."))
        })?;
        StripeEvent::read(body).ok_or_else(|| {
            tracing::error!("a signed event cannot be read");
            Problem::new(StatusCode::BAD_REQUEST, "The event cannot be read.")
                .detail("It is signed, but not an event of Stripe's that this system knows.")
        })
    }

    /// Brings the request up to date, lets an execution that waits go on, and tells the team.
    async fn apply_update(
        &self,
        request_id: RequestId,
        refund: &Refund,
        now: Timestamp,
    ) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            let Some(mut entry) = self.store.refund(request_id).await? else {
                return Ok(());
            };
            let request = self.store.request(request_id).await?;
            let mut request = request.ok_or(Failure::RequestNotFound)?;
            match self.record(&mut request, &mut entry, refund, now).await {
                Ok(()) => {}
                Err(CommitError::Conflict) => continue,
                Err(error @ CommitError::Unavailable(_)) => return Err(error.into()),
            }
            let is_the_one = entry.value.stripe_id.as_deref() == Some(refund.id.as_str());
            return match entry.value.settlement {
                _ if !is_the_one => Ok(()),
                None => Ok(()),
                Some(Settlement::Reversed) => self.tell_team(&mut request, &mut entry, now).await,
                Some(Settlement::Paid) => self.go_on(&entry.value, outcome::DONE).await,
                Some(Settlement::Refused) => self.go_on(&entry.value, outcome::ERROR).await,
            };
        }
        Err(Failure::StoreUnavailable(
            "others kept writing at the same time".to_owned(),
        ))
    }

    async fn record(
        &self,
        request: &mut Stored<RefundRequest>,
        entry: &mut Stored<RefundEntry>,
        refund: &Refund,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let news = entry.value.apply_update(refund);
        let Some(event) = entry.value.event(&news) else {
            return Ok(());
        };
        let waiting = entry.value.waiting.as_ref();
        let state_entry = StateEntry {
            state: waiting.map_or(entry.value.phase.as_str(), |waiting| &waiting.state),
            ..StateEntry::during(&entry.value.phase, now)
        };
        let record = request.value.apply(&event, state_entry);
        let write = Write::update(entry);
        self.store.save(request, &record, vec![write]).await?;
        entry.version += 1;
        Ok(())
    }

    async fn go_on(&self, entry: &RefundEntry, outcome: &str) -> Result<(), Failure> {
        let Some(waiting) = &entry.waiting else {
            return Ok(());
        };
        let outcome = Outcome::new(outcome);
        match self.workflow.succeed(&waiting.task_token, &outcome).await {
            // Without the token it has heard already, or asks for itself next time.
            Ok(()) | Err(WorkflowError::TokenGone) => Ok(()),
            Err(error) => Err(Failure::WorkflowUnavailable(error.to_string())),
        }
    }

    /// Mails everyone of the team, once.
    async fn tell_team(
        &self,
        request: &mut Stored<RefundRequest>,
        entry: &mut Stored<RefundEntry>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if entry.value.told {
            return Ok(());
        }
        let team = entry.value.tell.clone();
        let members = self
            .teams
            .members(&team)
            .ok_or_else(|| Failure::ConfigInvalid(format!("TEAMS has no {team}")))?;
        let mails = members
            .iter()
            .map(|to| refund_reversed(&request.value, &entry.value, &self.link_key, to))
            .collect::<Vec<_>>();
        let event = Event::Mailed {
            to: team.as_str(),
            accepted: send_all(&self.mailer, &mails).await? > 0,
        };
        let phase = request.value.phase.clone();
        let state_entry = StateEntry {
            state: "A refund came back",
            ..StateEntry::during(&phase, now)
        };
        let record = request.value.apply(&event, state_entry);
        entry.value.told = true;
        let write = Write::update(entry);
        self.store.save(request, &record, vec![write]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
