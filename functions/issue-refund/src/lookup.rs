//! What Stripe knows about a charge, for the reviewer. It decides nothing and changes nothing at Stripe.

use domain::charge_lookup::{ChargeLookup, ChargeUse, FoundPayment};
use domain::failure::Failure;
use domain::request::Request;
use domain::stripe::{Payment, Refund, RefundState, Stripe};
use domain::table::Table;
use domain::task::{LookUpConfig, Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::rules::{NotPaid, check_preconditions};

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Looks the charge up and stores what it finds, also that there is no such charge.
    pub(crate) async fn look_up(&self, task: &Task<&LookUpConfig>) -> Result<Outcome, Failure> {
        let request = self.store.request(task.request_id).await?;
        let request = request.ok_or(Failure::RequestNotFound)?.value;
        let charge = request.value(&task.config.charge);
        let charge = charge.map(ToString::to_string).unwrap_or_default();
        let mut charges = vec![charge.clone()];
        self.note_charge(task, &charge).await?;
        let payment = match self.stripe.payment(&charge).await {
            Err(error) if error.is_missing() => None,
            payment => {
                let payment = payment?;
                charges.extend(other_names(&payment));
                Some(self.describe(&payment, &request).await?)
            }
        };
        for other in &charges[1..] {
            self.note_charge(task, other).await?;
        }
        self.save(task, charges, payment, &request).await?;
        Ok(Outcome::new(outcome::DONE))
    }

    /// Checks our own rules. Where only a person can tell whose the payment is, what Stripe knows of it is saved first:
    /// it is what they are shown and confirm, also where there was no lookup before.
    pub(crate) async fn check_preconditions(
        &self,
        task: &Task<&RefundConfig>,
        payment: &Payment,
        request: &Request,
    ) -> Result<(), NotPaid> {
        let checked = check_preconditions(payment, request);
        if let Err(NotPaid::Failed(_)) = &checked {
            let mut charges = vec![payment.id.clone()];
            charges.extend(other_names(payment));
            let found = self.describe(payment, request).await?;
            self.save(task, charges, Some(found), request).await?;
        }
        checked
    }

    async fn describe(
        &self,
        payment: &Payment,
        request: &Request,
    ) -> Result<FoundPayment, Failure> {
        // Stripe does not count these as refunded yet.
        let refunds = self.refunds(&payment.id).await?;
        let pending = refunds
            .iter()
            .filter(|refund| matches!(refund.state(), RefundState::Pending(_)));
        let pending = pending.map(|refund| refund.amount).sum();
        let email = request.customer_email().unwrap_or_default();
        Ok(FoundPayment::new(payment, email, pending))
    }

    async fn save<C>(
        &self,
        task: &Task<C>,
        charges: Vec<String>,
        payment: Option<FoundPayment>,
        request: &Request,
    ) -> Result<(), Failure> {
        let email = request.customer_email().unwrap_or_default();
        let customers = self.stripe.customers(email).await?;
        let lookup = ChargeLookup {
            request_id: task.request_id,
            looked_up_at: task.entered_at,
            charges,
            payment,
            customers: customers.into_iter().map(|customer| customer.id).collect(),
        };
        self.store.save_charge_lookup(lookup).await
    }

    async fn note_charge(&self, task: &Task<&LookUpConfig>, charge: &str) -> Result<(), Failure> {
        let used = ChargeUse {
            charge: charge.to_owned(),
            request_id: task.request_id,
        };
        Ok(self.store.note_charge(&used).await?)
    }

    /// All refunds of a charge: none of one that Stripe does not know. Any other refusal is no answer, as refunds may
    /// have been made all the same.
    pub(crate) async fn refunds(&self, charge: &str) -> Result<Vec<Refund>, Failure> {
        match self.stripe.refunds(charge).await {
            Err(error) if error.is_missing() => Ok(Vec::new()),
            refunds => Ok(refunds?),
        }
    }
}

/// The other names of the same payment: others may ask for it under them.
fn other_names(payment: &Payment) -> Vec<String> {
    let charge = payment.charge.as_ref().map(|charge| charge.id.clone());
    let names = [charge, payment.intent.clone()];
    let names = names.into_iter().flatten();
    names.filter(|name| *name != payment.id).collect()
}
