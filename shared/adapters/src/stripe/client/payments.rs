//! `/v1/charges`, `/v1/payment_intents` and `/v1/customers`

use super::HttpStripe;
use domain::stripe::{Charge, Customer, Intent, Payer, Payment, Payments, StripeResult, is_intent};

impl HttpStripe {
    async fn payer(&self, customer: Option<&str>, email: Option<String>) -> StripeResult<Payer> {
        Ok(match customer {
            Some(id) => {
                let customer = self.get(&format!("customers/{id}"), &[]).await?;
                Payer::Customer(customer, email)
            }
            None => Payer::Guest(email),
        })
    }
}

impl Payments for HttpStripe {
    async fn payment(&self, charge: &str) -> StripeResult<Payment> {
        if !is_intent(charge) {
            let found: Charge = self.get(&format!("charges/{charge}"), &[]).await?;
            return Ok(Payment {
                id: charge.to_owned(),
                currency: found.currency.clone(),
                intent: found.payment_intent.clone(),
                payer: self
                    .payer(found.customer.as_deref(), found.payer_email())
                    .await?,
                charge: Some(found),
            });
        }
        let intent: Intent = self.get(&format!("payment_intents/{charge}"), &[]).await?;
        let found: Option<Charge> = match &intent.latest_charge {
            Some(id) => Some(self.get(&format!("charges/{id}"), &[]).await?),
            None => None,
        };
        let given = found.as_ref().and_then(Charge::payer_email);
        let payer = self.payer(
            intent.customer.as_deref(),
            given.or_else(|| intent.receipt_email.clone()),
        );
        Ok(Payment {
            id: charge.to_owned(),
            payer: payer.await?,
            currency: intent.currency,
            intent: Some(intent.id),
            charge: found,
        })
    }

    async fn numbered(&self, customer: &str, number: &str) -> StripeResult<Vec<Payment>> {
        let mut payments: Vec<Payment> = Vec::new();
        for name in self.names_by_number(customer, number).await? {
            let payment = self.payment(&name).await?;
            let charge = |it: &Payment| it.charge.as_ref().map(|charge| charge.id.clone());
            // A receipt and its invoice can have the same number.
            let is_known = payments.iter().any(|it| charge(it) == charge(&payment));
            if payment.charge.is_some() && !is_known {
                payments.push(payment);
            }
        }
        Ok(payments)
    }

    async fn customers(&self, email: &str) -> StripeResult<Vec<Customer>> {
        self.list("customers", &[("email", email)]).await
    }
}
