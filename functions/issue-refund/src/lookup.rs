//! What Stripe knows about a charge, for the reviewer. It decides nothing and changes nothing at Stripe.

use domain::charge_lookup::{ChargeLookup, ChargeUse, FoundPayment};
use domain::failure::Failure;
use domain::stripe::{Payment, RefundState, Stripe, StripeError};
use domain::table::Table;
use domain::task::{LookUpConfig, Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::rules::{PreconditionFailed, RequesterIdentity, precondition_failed};
use crate::{IssueRefund, failure};

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Looks the charge up and stores what it finds. That there is no such charge is a finding.
    pub(crate) async fn look_up(&self, task: &Task<&LookUpConfig>) -> Result<Outcome, Failure> {
        let request = self.store.request(task.request_id).await?;
        let request = request.ok_or(Failure::RequestNotFound)?.value;
        let charge = request.value(&task.config.charge);
        let charge = charge.map(ToString::to_string).unwrap_or_default();
        let mut charges = vec![charge.clone()];
        self.note(task, &charge).await?;
        let requester = RequesterIdentity::of(&request, &task.config.asker);
        let payment = match self.stripe.payment(&charge).await {
            Ok(payment) => {
                charges.extend(also_named(&payment));
                Some(self.found(&payment, &requester).await?)
            }
            Err(StripeError::Refused { .. }) => None,
            Err(error) => return Err(failure(&error)),
        };
        for other in &charges[1..] {
            self.note(task, other).await?;
        }
        self.keep(task, charges, payment, &requester).await?;
        Ok(Outcome::new(outcome::DONE))
    }

    /// Our own objection to giving a payment back. Where only a person can settle it, what Stripe knows is
    /// kept first: it is what they are shown and vouch for, also where there was no lookup before.
    pub(crate) async fn check_preconditions(
        &self,
        task: &Task<&RefundConfig>,
        payment: &Payment,
        requester: &RequesterIdentity,
    ) -> Result<Option<PreconditionFailed>, Failure> {
        let precondition_failed = precondition_failed(payment, requester);
        if let Some(PreconditionFailed::AskSomebody(_)) = &precondition_failed {
            let mut charges = vec![payment.id.clone()];
            charges.extend(also_named(payment));
            let found = self.found(payment, requester).await?;
            self.keep(task, charges, Some(found), requester).await?;
        }
        Ok(precondition_failed)
    }

    async fn found(
        &self,
        payment: &Payment,
        requester: &RequesterIdentity,
    ) -> Result<FoundPayment, Failure> {
        let pending = self.pending(payment).await.map_err(|e| failure(&e))?;
        Ok(FoundPayment::new(payment, requester.owns(payment), pending))
    }

    async fn keep<C>(
        &self,
        task: &Task<C>,
        charges: Vec<String>,
        payment: Option<FoundPayment>,
        requester: &RequesterIdentity,
    ) -> Result<(), Failure> {
        let customers = self.stripe.customers(requester.email()).await;
        let customers = customers.map_err(|error| failure(&error))?;
        let findings = ChargeLookup {
            request_id: task.request_id,
            looked_up_at: task.entered_at,
            charges,
            payment,
            customers: customers.into_iter().map(|customer| customer.id).collect(),
        };
        self.store.save_charge_lookup(findings).await?;
        Ok(())
    }

    async fn note(&self, task: &Task<&LookUpConfig>, charge: &str) -> Result<(), Failure> {
        let used = ChargeUse {
            charge: charge.to_owned(),
            request_id: task.request_id,
        };
        Ok(self.store.note_charge(&used).await?)
    }

    /// What of a payment is on its way back: Stripe does not count it as refunded yet.
    async fn pending(&self, payment: &Payment) -> Result<u64, StripeError> {
        let refunds = self.stripe.refunds(&payment.id).await?;
        let pending = refunds
            .iter()
            .filter(|refund| matches!(refund.state(), RefundState::Pending(_)));
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
