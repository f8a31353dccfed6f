//! A credit toward the customer's next invoice.

use domain::charge_statement::{CHARGE, ChargeStatement};
use domain::failure::Failure;
use domain::optimistic::AttemptError;
use domain::refund::{RefundEntry, Settlement};
use domain::request::{Event, Request};
use domain::stripe::{Credit, CreditOrder, CreditTarget, Stripe};
use domain::table::Table;
use domain::task::{Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::entry::PendingEntry;
use crate::refund::metadata;
use crate::rules::NotPaid;

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Asks Stripe for the credit that was reserved.
    pub(crate) async fn order_credit(
        &self,
        pending: &mut PendingEntry,
        statement: &ChargeStatement,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, NotPaid> {
        let entry = &pending.entry.value;
        let target = creditable(statement)?;
        let order = order(&pending.request.value, entry, task.config, target);
        let credit = self.stripe.create_credit(&order).await?;
        if credit.amount.unsigned_abs() != entry.amount.cents() {
            return Err(Failure::StripeUndecided(format!(
                "Stripe answered with {}, whose amount is not what was ordered",
                credit.id
            ))
            .into());
        }
        Ok(self.record_credit(pending, &credit, task).await?)
    }

    /// Records what Stripe said.
    pub(crate) async fn record_credit(
        &self,
        pending: &mut PendingEntry,
        credit: &Credit,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, AttemptError> {
        let entry = &mut pending.entry.value;
        entry.stripe_id = Some(credit.id.clone());
        entry.settlement = Some(Settlement::Paid);
        let entry = entry.clone();
        let given = Event::CreditGiven {
            movement: entry.movement(),
            output: &task.config.output,
        };
        self.save_entry(pending, task, &given).await?;
        Ok(Outcome::new(outcome::DONE))
    }
}

/// How the credit is given. Stripe refuses to refund what is disputed, and would credit it.
pub(crate) fn creditable(statement: &ChargeStatement) -> Result<CreditTarget, NotPaid> {
    let charge = statement.payment.charge.as_ref();
    if charge.is_some_and(|charge| charge.disputed) {
        return Err(NotPaid::Refused(
            "The charge is disputed: nothing is credited for it.".to_owned(),
        ));
    }
    statement.credit_target.clone().ok_or_else(|| {
        NotPaid::Refused("There is no customer in Stripe who could be given a credit.".to_owned())
    })
}

fn order(
    request: &Request,
    entry: &RefundEntry,
    config: &RefundConfig,
    target: CreditTarget,
) -> CreditOrder {
    let reason = request.value(&config.reason).map(ToString::to_string);
    let mut metadata = metadata(request, entry, &reason.unwrap_or_default());
    let charge = entry.charge_id.as_ref().unwrap_or(&entry.charge);
    metadata.insert(CHARGE.to_owned(), charge.clone());
    CreditOrder {
        target,
        amount: entry.amount,
        metadata,
        idempotency_key: entry.idempotency_key(),
    }
}
