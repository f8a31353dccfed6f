//! Stripe over HTTP. It carries bytes; what they mean is decided in [`super::classify`].

mod credits;
mod invoices;
mod payments;
mod refunds;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use domain::stripe::{StripeError, StripeResult};

use super::{Answer, ApiKey, StripeAccess, classify};
use crate::aws::IDLE;

/// The version of Stripe's interface that this code was written for.
const STRIPE_VERSION: &str = "2026-10-28.endive";
/// The most that Stripe lists at once.
const PAGE: &str = "100";

/// How long Stripe is waited for. Nine calls fit into the minute of the function that makes
/// them, so that a slow answer becomes our error and not Lambda's: three for who paid what, four for what was given back
/// of it, one that gives and one that looks again.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For a whole call.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(6),
        }
    }
}

/// Stripe's interface.
#[derive(Debug)]
pub struct HttpStripe {
    client: Client,
    access: StripeAccess,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    has_more: bool,
}

impl HttpStripe {
    /// A client.
    pub fn new(access: StripeAccess) -> Result<Self, reqwest::Error> {
        Self::with_timeouts(access, Timeouts::default())
    }

    /// The same with other time limits. Redirects are not followed: they would carry the key elsewhere.
    pub fn with_timeouts(access: StripeAccess, timeouts: Timeouts) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { client, access })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> StripeResult<T> {
        let url = self.url(path).await;
        let request = self.client.get(url);
        // An empty query would leave a question mark behind.
        let request = if query.is_empty() {
            request
        } else {
            request.query(query)
        };
        self.send(request).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        idempotency_key: &str,
        form: &[(String, String)],
    ) -> StripeResult<T> {
        let url = self.url(path).await;
        let request = self.client.post(url);
        let request = request.header("Idempotency-Key", idempotency_key);
        self.send(request.form(form)).await
    }

    /// All objects of a list, page after page.
    async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, &str)],
    ) -> StripeResult<Vec<T>> {
        let mut all = Vec::new();
        let mut last: Option<String> = None;
        loop {
            let mut query = filter.to_vec();
            query.push(("limit", PAGE));
            query.extend(last.as_deref().map(|last| ("starting_after", last)));
            let page: Page = self.get(path, &query).await?;
            let unreadable = || StripeError::Unknown("a list that cannot be read".to_owned());
            last = match page.data.last() {
                Some(last) if page.has_more => {
                    Some(last["id"].as_str().ok_or_else(unreadable)?.to_owned())
                }
                // A page that promises more and holds nothing would be asked for without end.
                Some(_) | None => None,
            };
            for object in page.data {
                all.push(serde_json::from_value(object).map_err(|_| unreadable())?);
            }
            if last.is_none() {
                return Ok(all);
            }
        }
    }

    async fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.access.base().await)
    }

    /// Sends with the key that is remembered. One that was replaced in the meantime is fetched anew, once:
    /// Stripe took nothing up under the old one.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> StripeResult<T> {
        let again = request.try_clone();
        let key = self.access.key().await?;
        let answer = send_with(&key, request).await;
        let (Err(StripeError::KeyRefused), Some(again)) = (&answer, again) else {
            return answer;
        };
        match self.access.newer(&key).await? {
            Some(newer) => send_with(&newer, again).await,
            None => answer,
        }
    }
}

async fn send_with<T: DeserializeOwned>(key: &ApiKey, request: RequestBuilder) -> StripeResult<T> {
    let request = request
        .bearer_auth(key.expose())
        .header("Stripe-Version", STRIPE_VERSION);
    let response = request.send().await.map_err(|error| {
        // The address can hold a customer's.
        let error = error.without_url();
        if error.is_connect() {
            StripeError::Busy("no connection".to_owned())
        } else {
            StripeError::Unknown(error.to_string())
        }
    })?;
    let status = response.status().as_u16();
    let header = response.headers().get("stripe-should-retry");
    let should_retry = match header.map(reqwest::header::HeaderValue::as_bytes) {
        Some(b"true") => Some(true),
        Some(b"false") => Some(false),
        Some(_) | None => None,
    };
    let body = response
        .bytes()
        .await
        .map_err(|error| StripeError::Unknown(error.without_url().to_string()))?;
    classify(Answer {
        status,
        should_retry,
        body: &body,
    })
}
