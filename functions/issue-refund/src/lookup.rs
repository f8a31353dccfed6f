//! What Stripe knows about a charge, for the reviewer. It decides nothing and changes nothing at Stripe.

use domain::charge_lookup::{ChargeUse, Findings, PaymentFound};
use domain::failure::Failure;
use domain::stripe::{Payment, Standing, Stripe, StripeError};
use domain::table::Table;
use domain::task::{LookUpConfig, Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::rules::{AskedBy, Objection, objection};
use crate::{IssueRefund, failure};

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Looks the charge up and stores what it finds. That there is no such charge is a finding.
    pub(crate) async fn look_up(&self, task: &Task<&LookUpConfig>) -> Result<Outcome, Failure> {
        let request = self.desk.request(task.request_id).await?;
        let request = request.ok_or(Failure::RequestNotFound)?.value;
        let charge = request.value(&task.config.charge);
        let charge = charge.map(ToString::to_string).unwrap_or_default();
        let mut charges = vec![charge.clone()];
        self.note(task, &charge).await?;
        let asked_by = AskedBy::of(&request, &task.config.asker);
        let payment = match self.stripe.payment(&charge).await {
            Ok(payment) => {
                charges.extend(also_named(&payment));
                Some(self.found(&payment, &asked_by).await?)
            }
            Err(StripeError::Refused { .. }) => None,
            Err(error) => return Err(failure(&error)),
        };
        for other in &charges[1..] {
            self.note(task, other).await?;
        }
        self.keep(task, charges, payment, &asked_by).await?;
        Ok(Outcome::new(outcome::DONE))
    }

    /// Our own objection to giving a payment back. Where only a person can settle it, what Stripe knows is
    /// kept first: it is what they are shown and vouch for, also where there was no lookup before.
    pub(crate) async fn object(
        &self,
        task: &Task<&RefundConfig>,
        payment: &Payment,
        asked_by: &AskedBy,
    ) -> Result<Option<Objection>, Failure> {
        let objection = objection(payment, asked_by);
        if let Some(Objection::AskSomebody(_)) = &objection {
            let mut charges = vec![payment.id.clone()];
            charges.extend(also_named(payment));
            let found = self.found(payment, asked_by).await?;
            self.keep(task, charges, Some(found), asked_by).await?;
        }
        Ok(objection)
    }

    async fn found(&self, payment: &Payment, asked_by: &AskedBy) -> Result<PaymentFound, Failure> {
        let pending = self.pending(payment).await.map_err(|e| failure(&e))?;
        Ok(PaymentFound::new(payment, asked_by.owns(payment), pending))
    }

    async fn keep<C>(
        &self,
        task: &Task<C>,
        charges: Vec<String>,
        payment: Option<PaymentFound>,
        asked_by: &AskedBy,
    ) -> Result<(), Failure> {
        let customers = self.stripe.customers(asked_by.email()).await;
        let customers = customers.map_err(|error| failure(&error))?;
        let findings = Findings {
            request_id: task.request_id,
            looked_up_at: task.entered_at,
            charges,
            payment,
            customers: customers.into_iter().map(|customer| customer.id).collect(),
        };
        self.desk.save_findings(findings).await?;
        Ok(())
    }

    async fn note(&self, task: &Task<&LookUpConfig>, charge: &str) -> Result<(), Failure> {
        let used = ChargeUse {
            charge: charge.to_owned(),
            request_id: task.request_id,
        };
        Ok(self.desk.note_charge(&used).await?)
    }

    /// What of a payment is on its way back: Stripe does not count it as refunded yet.
    async fn pending(&self, payment: &Payment) -> Result<u64, StripeError> {
        let refunds = self.stripe.refunds(&payment.id).await?;
        let pending = refunds
            .iter()
            .filter(|refund| matches!(refund.standing(), Standing::Pending(_)));
        Ok(pending.map(|refund| refund.amount).sum())
    }
}

/// The other names of the same payment: others may ask for it under them.
fn also_named(payment: &Payment) -> Vec<String> {
    let charge = payment.charge.as_ref().map(|charge| charge.id.clone());
    let names = [charge, payment.intent.clone()];
    let names = names.into_iter().flatten();
    names.filter(|name| *name != payment.id).collect()
}
