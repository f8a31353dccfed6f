//! Money back.

use std::collections::BTreeMap;

use domain::charge_statement::ChargeStatement;
use domain::failure::Failure;
use domain::optimistic::AttemptError;
use domain::refund::{RefundEntry, RefundUpdate};
use domain::request::Request;
use domain::stripe::{REQUEST_ID, Refund, RefundOrder, Stripe, StripeError};
use domain::table::Table;
use domain::task::{Outcome, RefundConfig, StripeReason, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::entry::PendingEntry;
use crate::rules::NotPaid;

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Asks Stripe for the refund that was reserved.
    pub(crate) async fn order_refund(
        &self,
        pending: &mut PendingEntry,
        statement: ChargeStatement,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, NotPaid> {
        let order = order(&pending.request.value, &pending.entry.value, task.config);
        let refund = match self.stripe.create_refund(&order).await {
            // Where no other try would tell, a look may.
            Err(error @ StripeError::Undecided(_)) => {
                match self.find_again(statement, &pending.entry.value).await {
                    Some(refund) => refund,
                    None => return Err(error.into()),
                }
            }
            refund => refund?,
        };
        if !pending.entry.value.is_fulfilled_by(&refund) {
            return Err(Failure::StripeUndecided(format!(
                "Stripe answered with {}, whose charge or amount is not what was ordered",
                refund.id
            ))
            .into());
        }
        Ok(self.record_refund(pending, &refund, task).await?)
    }

    async fn find_again(&self, statement: ChargeStatement, entry: &RefundEntry) -> Option<Refund> {
        let refunds = self.stripe.refunds(&entry.charge).await.ok()?;
        let statement = ChargeStatement {
            refunds,
            ..statement
        };
        let found = statement.refund_of(entry.request_id, entry.amount, true);
        found.ok().flatten().cloned()
    }

    /// Records what Stripe said, and says how the process goes on.
    pub(crate) async fn record_refund(
        &self,
        pending: &mut PendingEntry,
        refund: &Refund,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, AttemptError> {
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
