//! Money back.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::refund::{RefundEntry, RefundUpdate, SettlementMethod};
use domain::request::Request;
use domain::stripe::{REQUEST_ID, Refund, RefundOrder, Stripe, StripeError};
use domain::table::Table;
use domain::task::{Outcome, RefundConfig, StripeReason, Task, outcome};
use domain::workflow::Workflow;

use crate::ledger::{Case, Ledger};
use crate::rules::{PreconditionFailed, RequesterIdentity, refusal};
use crate::{IssueRefund, failure};

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Pays, or finds out that it was paid or cannot be.
    pub(crate) async fn create_refund(
        &self,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let mut case = match self.load(task, SettlementMethod::Refund).await? {
            Ledger::Settled(outcome) => return Ok(outcome),
            Ledger::Pending(case) => case,
        };
        // Where there is an entry, Stripe may have been asked before: look first.
        if case.entry.version > 0 {
            let found = self.find(&case.entry.value).await;
            if let Some(refund) = found.map_err(|error| failure(&error))? {
                return self.settle(&mut case, &refund, task).await;
            }
        }
        let precondition_failed = match self.stripe.payment(&case.entry.value.charge).await {
            Ok(payment) => {
                let requester = RequesterIdentity::of(&case.request.value, &task.config.asker);
                self.check_preconditions(task, &payment, &requester).await?
            }
            Err(error) => match refusal(&error) {
                Some(message) => Some(PreconditionFailed::No(message.to_owned())),
                None => return Err(failure(&error)),
            },
        };
        match precondition_failed {
            Some(PreconditionFailed::AskSomebody(failure)) => return Err(failure),
            Some(PreconditionFailed::No(message)) => {
                return self.refuse(&mut case, task, &message).await;
            }
            None => {}
        }
        let request = &case.request.value;
        self.store.check_unchanged(request, &task.version).await?;
        self.begin(&mut case, task).await?;
        self.pay(&mut case, task).await
    }

    /// Asks Stripe for the refund.
    async fn pay(&self, case: &mut Case, task: &Task<&RefundConfig>) -> Result<Outcome, Failure> {
        let order = order(&case.request.value, &case.entry.value, task.config);
        let error = match self.stripe.create_refund(&order).await {
            Ok(refund) => return self.settle(case, &refund, task).await,
            Err(error) => error,
        };
        if let Some(message) = refusal(&error) {
            return self.refuse(case, task, message).await;
        }
        // Where no other try would tell, a look may.
        if let StripeError::Undecided(_) = error
            && let Ok(Some(refund)) = self.find(&case.entry.value).await
        {
            return self.settle(case, &refund, task).await;
        }
        Err(failure(&error))
    }

    /// The refund that Stripe has made for the request, if it has.
    async fn find(&self, entry: &RefundEntry) -> Result<Option<Refund>, StripeError> {
        if let Some(id) = &entry.stripe_id {
            return self.stripe.refund(id).await.map(Some);
        }
        let request_id = entry.request_id.to_string();
        let refunds = self.stripe.refunds(&entry.charge).await;
        let refunds = match refunds {
            // There is nothing of a charge that Stripe does not know.
            Err(StripeError::Refused { .. }) => return Ok(None),
            refunds => refunds?,
        };
        Ok(refunds
            .into_iter()
            .find(|refund| refund.is_for(&request_id)))
    }

    /// Records what Stripe said, and says how the process goes on.
    async fn settle(
        &self,
        case: &mut Case,
        refund: &Refund,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let news = case.entry.value.apply_update(refund);
        let outcome = Outcome::new(match news {
            RefundUpdate::Paid => outcome::DONE,
            RefundUpdate::Refused(_) | RefundUpdate::Reversed(_) => outcome::ERROR,
            RefundUpdate::Pending(_) | RefundUpdate::None => outcome::PENDING,
        });
        if case.entry.value.event(&news).is_some() {
            self.store(case, task, |entry| {
                entry.event(&news).expect("there is news")
            })
            .await?;
        }
        Ok(outcome)
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
