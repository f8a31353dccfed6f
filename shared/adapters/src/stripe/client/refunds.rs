//! `/v1/refunds`, and what was created in a span of time

use std::ops::Range;

use super::HttpStripe;
use domain::stripe::{
    Credit, Listings, Refund, RefundOrder, Refunds, StripeResult, charge_parameter,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

impl Refunds for HttpStripe {
    async fn create_refund(&self, order: &RefundOrder) -> StripeResult<Refund> {
        self.post("refunds", &order.idempotency_key, &order.parameters())
            .await
    }

    async fn refund(&self, id: &str) -> StripeResult<Refund> {
        self.get(&format!("refunds/{id}"), &[]).await
    }

    async fn refunds(&self, charge: &str) -> StripeResult<Vec<Refund>> {
        self.list("refunds", &[(charge_parameter(charge), charge)])
            .await
    }
}

impl HttpStripe {
    async fn created<T: DeserializeOwned>(
        &self,
        path: &str,
        span: &Range<Timestamp>,
    ) -> StripeResult<Vec<T>> {
        let [from, before] = [span.start, span.end].map(|at| at.as_second().to_string());
        let filter = [("created[gte]", &*from), ("created[lt]", &*before)];
        self.list(path, &filter).await
    }
}

impl Listings for HttpStripe {
    async fn refunds_created(&self, span: &Range<Timestamp>) -> StripeResult<Vec<Refund>> {
        self.created("refunds", span).await
    }

    async fn credit_notes_created(&self, span: &Range<Timestamp>) -> StripeResult<Vec<Credit>> {
        self.created("credit_notes", span).await
    }

    async fn credit_note(&self, id: &str) -> StripeResult<Credit> {
        self.get(&format!("credit_notes/{id}"), &[]).await
    }
}
