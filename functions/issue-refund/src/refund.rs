//! Money back.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::refund::{RefundEntry, RefundUpdate, SettlementMethod};
use domain::request::Request;
use domain::stripe::{REQUEST_ID, Refund, RefundOrder, Stripe, StripeError};
use domain::table::Table;
use domain::task::{Outcome, RefundConfig, StripeReason, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::ledger::{Ledger, PendingEntry};
use crate::rules::NotPaid;

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Pays, or finds out that it was paid or cannot be.
    pub(crate) async fn create_refund(
        &self,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let mut pending = match self.load(task, SettlementMethod::Refund).await? {
            Ledger::Settled(outcome) => return Ok(outcome),
            Ledger::Pending(pending) => pending,
        };
        let paid = self.pay(&mut pending, task).await;
        self.finish(&mut pending, task, paid).await
    }

    async fn pay(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, NotPaid> {
        // Where there is an entry, Stripe may have been asked before: look first.
        if pending.entry.version > 0
            && let Some(refund) = self.find(&pending.entry.value).await?
        {
            return Ok(self.record_refund(pending, &refund, task).await?);
        }
        let request = &pending.request.value;
        let payment = self.stripe.payment(&pending.entry.value.charge).await?;
        self.check_preconditions(task, &payment, request).await?;
        self.store.check_unchanged(request, &task.version).await?;
        self.begin(pending, task).await?;
        let entry = &pending.entry.value;
        let order = order(&pending.request.value, entry, task.config);
        let refund = match self.stripe.create_refund(&order).await {
            // Where no other try would tell, a look may.
            Err(error @ StripeError::Undecided(_)) => match self.find(entry).await {
                Ok(Some(refund)) => refund,
                Ok(None) | Err(_) => return Err(error.into()),
            },
            refund => refund?,
        };
        Ok(self.record_refund(pending, &refund, task).await?)
    }

    /// The refund that Stripe has made for the request, if it has.
    async fn find(&self, entry: &RefundEntry) -> Result<Option<Refund>, Failure> {
        if let Some(id) = &entry.stripe_id {
            return Ok(Some(self.stripe.refund(id).await?));
        }
        let request_id = entry.request_id.to_string();
        let mut refunds = self.refunds(&entry.charge).await?.into_iter();
        Ok(refunds.find(|refund| refund.is_for(&request_id)))
    }

    /// Records what Stripe said, and says how the process goes on.
    async fn record_refund(
        &self,
        pending: &mut PendingEntry,
        refund: &Refund,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let update = pending.entry.value.apply_update(refund);
        if let Some(event) = pending.entry.value.clone().event(&update) {
            self.save_entry(pending, task, &event).await?;
        }
        Ok(Outcome::new(match update {
            RefundUpdate::Paid => outcome::DONE,
            RefundUpdate::Refused(_) | RefundUpdate::Reversed(_) => outcome::ERROR,
            RefundUpdate::Pending(_) | RefundUpdate::None => outcome::PENDING,
        }))
    }
}

fn order(request: &Request, entry: &RefundEntry, config: &RefundConfig) -> RefundOrder {
    let reason = request
        .value(&config.reason)
        .map(ToString::to_string)
        .unwrap_or_default();
    let stripe_reason = config.stripe_reasons.get(&reason).copied();
    RefundOrder {
        charge: entry.charge.clone(),
        amount: entry.amount,
        reason: stripe_reason.unwrap_or(StripeReason::RequestedByCustomer),
        metadata: metadata(request, entry, &reason),
        idempotency_key: entry.idempotency_key(),
    }
}

/// What Stripe keeps with a refund or credit. A value of Stripe's metadata has at most 500 characters.
pub(crate) fn metadata(
    request: &Request,
    entry: &RefundEntry,
    reason: &str,
) -> BTreeMap<String, String> {
    let reason = reason.chars().take(500).collect();
    let values = [
        (REQUEST_ID, entry.request_id.to_string()),
        ("offering", request.offering.to_string()),
        ("reason", reason),
    ];
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
