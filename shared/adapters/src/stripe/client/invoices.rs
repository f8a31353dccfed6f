//! `/v1/invoices` and `/v1/invoice_payments`

use serde::Deserialize;

use super::HttpStripe;
use domain::stripe::{Charge, StripeResult, expandable_id};

/// An invoice.
#[derive(Deserialize)]
struct Invoice {
    id: String,
    /// What is printed on it. None: it is a draft.
    #[serde(default)]
    number: Option<String>,
}

/// What was paid of an invoice.
#[derive(Deserialize)]
pub(super) struct InvoicePayment {
    #[serde(deserialize_with = "expandable_id")]
    pub(super) invoice: Option<String>,
    payment: PaidWith,
}

#[derive(Deserialize)]
struct PaidWith {
    #[serde(default, deserialize_with = "expandable_id")]
    charge: Option<String>,
    #[serde(default, deserialize_with = "expandable_id")]
    payment_intent: Option<String>,
}

impl HttpStripe {
    /// The charges and payment intents of a customer whose receipt or invoice has that number. Stripe finds neither by
    /// its number, so all of the customer's are listed.
    pub(super) async fn names_by_number(
        &self,
        customer: &str,
        number: &str,
    ) -> StripeResult<Vec<String>> {
        let is_it = |other: Option<&str>| other.is_some_and(|it| it.eq_ignore_ascii_case(number));
        let filter = [("customer", customer)];
        let charges: Vec<Charge> = self.list("charges", &filter).await?;
        let receipts = charges
            .into_iter()
            .filter(|it| is_it(it.receipt_number.as_deref()));
        let mut names: Vec<String> = receipts.map(|charge| charge.id).collect();
        let invoices: Vec<Invoice> = self.list("invoices", &filter).await?;
        for invoice in invoices.iter().filter(|it| is_it(it.number.as_deref())) {
            let filter = [("invoice", &*invoice.id), ("status", "paid")];
            let payments: Vec<InvoicePayment> = self.list("invoice_payments", &filter).await?;
            let paid = payments.into_iter().map(|it| it.payment);
            names.extend(paid.filter_map(|it| it.payment_intent.or(it.charge)));
        }
        Ok(names)
    }
}
