//! Receives Stripe's events about refunds: that a pending one was paid, or that a paid one came back.
//!
//! An event is authenticated by its signature, processed once, and may come late and in any order. It says no more than
//! which refund to look at: what is believed is that refund as Stripe answers it now, and only where its charge, its
//! amount and its currency are those that the request ordered. A refund only goes forward
//! ([`RefundEntry::apply_update`]). Each thing that follows from an event can be done twice; that the event was
//! processed is written down last.

use adapters::stripe::webhook::{SignatureError, StripeEvent, WebhookSecret, verify};
use adapters::{Cached, Settings};
use domain::approval::LinkKeys;
use domain::failure::Failure;
use domain::mail::Mailer;
use domain::processed_event::{ProcessedEvent, Source};
use domain::refund::{RefundEntry, Settlement};
use domain::request::{Event, Request as RefundRequest};
use domain::request_store::RequestStore;
use domain::stripe::Refunds;
use domain::suppression::send_all;
use domain::table::{CommitError, Stored, Table, Write};
use domain::task::{StateEntry, outcome};
use domain::workflow::{TaskAnswer, Workflow, answer};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use web::emails::{refund_returned, refund_reversed};
use web::{Problem, header_text, json, received_at};

/// The most bytes of an event. A charge with many refunds and much metadata passes 64 KiB.
const EVENT_BYTES: usize = 1024 * 1024;

/// What the function works with.
#[derive(Debug)]
pub struct StripeWebhook<T, S, W, M> {
    /// The requests.
    pub store: RequestStore<T>,
    /// Stripe, to read the refund that an event is about.
    pub stripe: S,
    /// The executions that wait for a pending refund.
    pub workflow: W,
    /// For notifying a team.
    pub mailer: M,
    /// Who is on which team.
    pub settings: Cached<Settings>,
    /// For the link to the customer's status page.
    pub link_keys: Cached<LinkKeys>,
    /// What Stripe signs with. None: no secret of Stripe's was stored yet.
    pub secrets: Cached<Vec<WebhookSecret>>,
}

impl<T: Table, S: Refunds, W: Workflow, M: Mailer> StripeWebhook<T, S, W, M> {
    /// Answers `POST /webhooks/stripe`. Whatever is not answered with success, Stripe sends again.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        match self.receive(http).await {
            Ok(()) => json(StatusCode::OK, &serde_json::json!({ "received": true })),
            Err(problem) => problem.into_json(),
        }
    }

    async fn receive(&self, http: &Request) -> Result<(), Problem> {
        // The bytes that were signed: API Gateway's Base64 is undone by then.
        let body: &[u8] = http.body();
        let now = received_at(http)?;
        // The signing secrets' name is a setting.
        tokio::join!(self.settings.refresh(), self.link_keys.refresh());
        self.secrets.refresh().await;
        let signature = header_text(http, "stripe-signature");
        let event = self.authenticate(signature, body, now).await?;
        let Some(refund) = &event.refund else {
            return Ok(());
        };
        let table = self.store.table();
        let processed = ProcessedEvent {
            source: Source::Stripe,
            id: event.id.clone(),
            at: now,
        };
        if processed.is_known(table).await.map_err(Failure::from)? {
            return Ok(());
        }
        self.apply_update(refund, now).await?;
        match table.commit(vec![Write::create(&processed)]).await {
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error @ CommitError::Unavailable(_)) => Err(Failure::from(error).into()),
        }
    }

    async fn authenticate(
        &self,
        signature: Option<&str>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<StripeEvent, Problem> {
        if body.len() > EVENT_BYTES {
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The event is too large.");
            return Err(problem.detail("Events have at most 1 MiB."));
        }
        let verify =
            |secrets: &[WebhookSecret]| verify(signature.unwrap_or_default(), body, secrets, now);
        let mut verified = verify(&self.secrets.current());
        if verified == Err(SignatureError::Wrong) {
            // Stripe's secret may have been stored, or replaced, just now.
            self.secrets.refused().await;
            verified = verify(&self.secrets.current());
        }
        if self.secrets.current().is_empty() {
            tracing::error!("Stripe's signing secret was not stored yet: no event can be taken in");
            let problem = Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The event was not taken in.",
            );
            return Err(problem.detail("The endpoint's signing secret is not stored yet."));
        }
        verified.map_err(|error| {
            tracing::warn!(%error, "an event is not authentic");
            Problem::new(StatusCode::BAD_REQUEST, "The event was not taken in.")
                .detail(format!("It was not taken in: {error}."))
        })?;
        StripeEvent::read(body).ok_or_else(|| {
            tracing::error!("a signed event cannot be read");
            Problem::new(StatusCode::BAD_REQUEST, "The event cannot be read.")
                .detail("It is signed, but not an event of Stripe's that this system knows.")
        })
    }

    /// Brings the request up to date with the refund of that id, lets an execution that waits go on, and notifies whoever
    /// was told otherwise.
    async fn apply_update(&self, refund: &str, now: Timestamp) -> Result<(), Failure> {
        let refund = match self.stripe.refund(refund).await {
            Err(error) if error.is_missing() => {
                tracing::warn!(refund, "Stripe does not know the refund of an event");
                return Ok(());
            }
            refund => refund?,
        };
        // A refund that somebody made by hand, for no request, is not ours.
        let Some(request_id) = refund.request_id() else {
            return Ok(());
        };
        let recorded = self.store.record_refund(request_id, &refund, now).await?;
        let Some((mut request, mut entry)) = recorded else {
            // It may have been made by hand. Where it is in the way of a payment, that payment stops for a person.
            tracing::warn!(refund = refund.id, request = %request_id, "the request did not order this refund");
            return Ok(());
        };
        match entry.value.settlement {
            Some(Settlement::Reversed) => {
                self.notify_team(&mut request, &mut entry, now).await?;
                self.notify_customer(&mut request, &mut entry, now).await
            }
            Some(Settlement::Paid) => self.go_on(&entry.value, outcome::DONE).await,
            Some(Settlement::Refused) => self.go_on(&entry.value, outcome::ERROR).await,
            None => Ok(()),
        }
    }

    async fn go_on(&self, entry: &RefundEntry, outcome: &str) -> Result<(), Failure> {
        let Some(waiting) = &entry.waiting else {
            return Ok(());
        };
        let token = &waiting.task_token;
        answer(&self.workflow, token, TaskAnswer::Outcome(outcome)).await?;
        Ok(())
    }

    /// Mails everyone of the team, once.
    async fn notify_team(
        &self,
        request: &mut Stored<RefundRequest>,
        entry: &mut Stored<RefundEntry>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if entry.value.is_notified {
            return Ok(());
        }
        let team = entry.value.notify.clone();
        let (settings, keys) = (self.settings.current(), self.link_keys.current());
        let members = settings.teams.mailed(self.store.table(), &team).await?;
        let brand = settings.brand.with(&request.value.brand);
        let mails = members
            .iter()
            .map(|to| refund_reversed(&brand, &request.value, &entry.value, &keys, to))
            .collect::<Vec<_>>();
        let storage = (self.store.table(), &*keys);
        let accepted = send_all(&self.mailer, storage, &mails, now).await? > 0;
        entry.value.is_notified = true;
        self.note_mailed(request, entry, team.as_str(), accepted, now)
            .await
    }

    /// Mails the customer, who was told that the refund was made, once.
    async fn notify_customer(
        &self,
        request: &mut Stored<RefundRequest>,
        entry: &mut Stored<RefundEntry>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Some(to) = request.value.customer_email() else {
            return Ok(());
        };
        if entry.value.is_customer_notified {
            return Ok(());
        }
        let keys = self.link_keys.current();
        let brand = self.settings.current().brand.with(&request.value.brand);
        let mail = refund_returned(&brand, &request.value, &entry.value, &keys, to);
        let storage = (self.store.table(), &*keys);
        let accepted = send_all(&self.mailer, storage, &[mail], now).await? > 0;
        entry.value.is_customer_notified = true;
        self.note_mailed(request, entry, "customer", accepted, now)
            .await
    }

    async fn note_mailed(
        &self,
        request: &mut Stored<RefundRequest>,
        entry: &mut Stored<RefundEntry>,
        to: &str,
        accepted: bool,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let event = Event::Mailed { to, accepted };
        let phase = request.value.phase.clone();
        let state_entry = StateEntry {
            state: "A refund came back",
            ..StateEntry::during(&phase, now)
        };
        let record = request.value.apply(&event, state_entry);
        let write = Write::update(entry);
        self.store.save(request, &record, vec![write]).await?;
        entry.version += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
