//! `/v1/refunds`

use super::{HttpStripe, Listed};
use domain::stripe::{Refund, RefundOrder, Refunds, StripeError, charge_parameter};

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
