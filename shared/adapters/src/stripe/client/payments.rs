//! `/v1/charges`, `/v1/payment_intents` and `/v1/customers`

use super::{HttpStripe, Listed};
use domain::stripe::{Charge, Customer, Intent, Payer, Payment, Payments, StripeError, is_intent};

impl Listed for Customer {
    fn id(&self) -> &str {
        &self.id
    }
}

impl HttpStripe {
    async fn payer(
        &self,
        customer: Option<&str>,
        email: Option<String>,
    ) -> Result<Payer, StripeError> {
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
    async fn payment(&self, charge: &str) -> Result<Payment, StripeError> {
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

    async fn customers(&self, email: &str) -> Result<Vec<Customer>, StripeError> {
        self.list("customers", &[("email", email)]).await
    }
}
