//! `/v1/refunds`, and what was created in a span of time

use std::ops::Range;

use super::{HttpStripe, Listed};
use domain::stripe::{
    Credit, Listings, Refund, RefundOrder, Refunds, StripeError, charge_parameter,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

impl Listed for Refund {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Refunds for HttpStripe {
    async fn create_refund(&self, order: &RefundOrder) -> Result<Refund, StripeError> {
        self.post("refunds", &order.idempotency_key, &order.parameters())
            .await
    }

    async fn refund(&self, id: &str) -> Result<Refund, StripeError> {
        self.get(&format!("refunds/{id}"), &[]).await
    }

    async fn refunds(&self, charge: &str) -> Result<Vec<Refund>, StripeError> {
        self.list("refunds", &[(charge_parameter(charge), charge)])
            .await
    }
}

impl HttpStripe {
    async fn created<T: DeserializeOwned + Listed>(
        &self,
        path: &str,
        span: &Range<Timestamp>,
    ) -> Result<Vec<T>, StripeError> {
        let [from, before] = [span.start, span.end].map(|at| at.as_second().to_string());
        let filter = [("created[gte]", &*from), ("created[lt]", &*before)];
        self.list(path, &filter).await
    }
}

impl Listings for HttpStripe {
    async fn refunds_created(&self, span: &Range<Timestamp>) -> Result<Vec<Refund>, StripeError> {
        self.created("refunds", span).await
    }

    async fn credit_notes_created(
        &self,
        span: &Range<Timestamp>,
    ) -> Result<Vec<Credit>, StripeError> {
        self.created("credit_notes", span).await
    }

    async fn credit_note(&self, id: &str) -> Result<Credit, StripeError> {
        self.get(&format!("credit_notes/{id}"), &[]).await
    }
}
