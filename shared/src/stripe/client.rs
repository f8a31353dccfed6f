//! Stripe over HTTP. It carries bytes; what they mean is decided in [`super::classify`].

use std::time::Duration;

use reqwest::{Client, RequestBuilder, redirect};
use serde::Deserialize;

use super::{
    Answer, Payment, Refund, RefundOrder, Stripe, StripeError, charge_parameter, classify,
};
use crate::config::StripeConfig;

/// The version of Stripe's interface that this code was written for.
const STRIPE_VERSION: &str = "2026-10-28.endive";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Well under the function's own timeout, so that a slow answer becomes our error and not Lambda's.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(25);
/// The most that Stripe lists at once.
const PAGE: &str = "100";

/// Stripe's interface under a base address.
pub struct HttpStripe {
    client: Client,
    config: StripeConfig,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Refund>,
    has_more: bool,
}

impl HttpStripe {
    /// A client. Redirects are not followed: they would carry the key elsewhere.
    pub fn new(config: StripeConfig) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { client, config })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.config.base)
    }

    async fn send<T: for<'de> Deserialize<'de>>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, StripeError> {
        let unknown = |error: reqwest::Error| StripeError::Unknown(error.without_url().to_string());
        let request = request
            .bearer_auth(&self.config.key)
            .header("Stripe-Version", STRIPE_VERSION);
        let response = request.send().await.map_err(unknown)?;
        let status = response.status().as_u16();
        let should_retry = match response
            .headers()
            .get("stripe-should-retry")
            .map(reqwest::header::HeaderValue::as_bytes)
        {
            Some(b"true") => Some(true),
            Some(b"false") => Some(false),
            Some(_) | None => None,
        };
        let body = response.bytes().await.map_err(unknown)?;
        classify(Answer {
            status,
            should_retry,
            body: &body,
        })
    }
}

impl Stripe for HttpStripe {
    async fn create_refund(&self, order: &RefundOrder) -> Result<Refund, StripeError> {
        let reason = serde_json::to_value(order.reason).expect("a reason is a word");
        let mut form = vec![
            (
                charge_parameter(&order.charge).to_owned(),
                order.charge.clone(),
            ),
            ("amount".to_owned(), order.amount.cents().to_string()),
            (
                "reason".to_owned(),
                reason.as_str().unwrap_or_default().to_owned(),
            ),
        ];
        let metadata = order
            .metadata
            .iter()
            .map(|(name, value)| (format!("metadata[{name}]"), value.clone()));
        form.extend(metadata);
        let request = self
            .client
            .post(self.url("refunds"))
            .header("Idempotency-Key", &order.idempotency_key);
        self.send(request.form(&form)).await
    }

    async fn refund(&self, id: &str) -> Result<Refund, StripeError> {
        self.send(self.client.get(self.url(&format!("refunds/{id}"))))
            .await
    }

    async fn refunds(&self, charge: &str) -> Result<Vec<Refund>, StripeError> {
        let mut refunds: Vec<Refund> = Vec::new();
        loop {
            let mut query = vec![(charge_parameter(charge), charge), ("limit", PAGE)];
            if let Some(last) = refunds.last() {
                query.push(("starting_after", &last.id));
            }
            let page: Page = self
                .send(self.client.get(self.url("refunds")).query(&query))
                .await?;
            // A page that promises more and holds nothing would be asked for without end.
            let more = page.has_more && !page.data.is_empty();
            refunds.extend(page.data);
            if !more {
                return Ok(refunds);
            }
        }
    }

    async fn payment(&self, charge: &str) -> Result<Payment, StripeError> {
        let kind = if charge.starts_with("pi_") {
            "payment_intents"
        } else {
            "charges"
        };
        self.send(self.client.get(self.url(&format!("{kind}/{charge}"))))
            .await
    }
}
