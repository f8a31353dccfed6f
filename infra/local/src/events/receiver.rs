//! Whoever gets the events.

use std::time::Duration;

use axum::http::header;
use jiff::Timestamp;
use reqwest::{Client, redirect::Policy};
use url::Url;

use super::{EventsError, event::Event, signature::SigningKey};
use crate::options::Environment;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the environment says of events.
pub struct Settings {
    pub(super) url: Url,
    /// None: one is made.
    pub(super) key: Option<SigningKey>,
}

impl Settings {
    /// Reads `EVENTS_URL` and `EVENTS_SECRET`. None: no events are wanted.
    pub fn read(environment: &Environment) -> Result<Option<Settings>, EventsError> {
        let Some(text) = &environment.events_url else {
            return Ok(None);
        };
        let url = Url::parse(text).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| EventsError::Url(text.clone()))?;
        let secret = environment.events_secret.as_deref();
        let key = secret.map(|secret| SigningKey::parse(secret).ok_or(EventsError::Secret));
        let key = key.transpose()?;
        Ok(Some(Settings { url, key }))
    }
}

/// Where events are posted to, and how. Clones share its connections.
#[derive(Clone)]
pub(super) struct Receiver {
    url: Url,
    key: SigningKey,
    client: Client,
}

impl Receiver {
    pub(super) fn new(url: Url, key: SigningKey) -> Result<Receiver, EventsError> {
        let client = Client::builder().timeout(PATIENCE);
        // A redirect would turn the POST into a GET.
        let client = client.redirect(Policy::none()).build()?;
        Ok(Receiver { url, key, client })
    }

    /// Sends an event. An error says why it was not taken.
    pub(super) async fn deliver(&self, event: &Event) -> Result<(), String> {
        let id = Event::id(&event.request, event.seq);
        #[expect(
            clippy::disallowed_methods,
            reason = "receivers compare it with their own clock, which nobody moves ahead"
        )]
        let at = Timestamp::now().as_second();
        let request = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-signature", self.key.sign(&id, at, &event.body))
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .body(event.body.clone());
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(format!("the receiver answered {status}"))
        }
    }
}
