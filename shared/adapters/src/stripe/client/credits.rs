//! `/v1/credit_notes` and `/v1/customers/{id}/balance_transactions`

use super::HttpStripe;
use super::invoices::InvoicePayment;
use domain::stripe::{Credit, CreditOrder, CreditTarget, Credits, StripeResult};

/// Where credits of that kind are made and listed.
fn path(target: &CreditTarget) -> String {
    match target {
        CreditTarget::Invoice(_) => "credit_notes".to_owned(),
        CreditTarget::Customer(customer) => format!("customers/{customer}/balance_transactions"),
    }
}

impl Credits for HttpStripe {
    async fn paid_invoice(&self, intent: &str) -> StripeResult<Option<String>> {
        // Only a finalized invoice can be paid.
        let filter = [
            ("payment[type]", "payment_intent"),
            ("payment[payment_intent]", intent),
            ("status", "paid"),
        ];
        let payments: Vec<InvoicePayment> = self.list("invoice_payments", &filter).await?;
        Ok(payments.into_iter().find_map(|payment| payment.invoice))
    }

    async fn create_credit(&self, order: &CreditOrder) -> StripeResult<Credit> {
        let path = path(&order.target);
        self.post(&path, &order.idempotency_key, &order.parameters())
            .await
    }

    async fn credits(&self, target: &CreditTarget) -> StripeResult<Vec<Credit>> {
        match target {
            CreditTarget::Invoice(invoice) => {
                self.list(&path(target), &[("invoice", invoice)]).await
            }
            CreditTarget::Customer(_) => self.list(&path(target), &[]).await,
        }
    }
}
