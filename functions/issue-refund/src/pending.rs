//! A refund that Stripe took and has not paid yet: the execution waits until it is paid or fails.
//!
//! Stripe sends an event then, which `stripe-webhook` receives. Events get lost, so each time that the waiting
//! state is entered, Stripe is asked too.

use domain::failure::Failure;
use domain::id::TaskToken;
use domain::refund::{RefundEntry, Settlement, Waiting};
use domain::stripe::Stripe;
use domain::table::Table;
use domain::task::{ConnectorConfig, Outcome, Task, outcome};
use domain::workflow::{TaskAnswer, Workflow, answer};
use jiff::SignedDuration;

use crate::IssueRefund;

/// How long a refund may be pending before a person has to look: Stripe's own slowest take less.
const PENDING_AT_MOST: SignedDuration = SignedDuration::from_hours(30 * 24);

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Notes which state waits, asks Stripe once, and lets the execution go on if the refund is settled.
    pub(crate) async fn await_refund(
        &self,
        task: &Task<ConnectorConfig>,
        token: TaskToken,
    ) -> Result<Outcome, Failure> {
        let nothing = || Failure::PayloadInvalid("there is no refund to wait for".to_owned());
        let mut entry = self
            .store
            .refund(task.request_id)
            .await?
            .ok_or_else(nothing)?;
        if entry.value.settlement.is_none() {
            // Noted before Stripe is asked: what happens after the answer comes as an event, whose receiver needs it.
            entry.value.waiting = Some(Waiting {
                state: task.state.clone(),
                task_token: token.clone(),
            });
            self.store.save_refund(&entry).await?;
            let id = entry.value.stripe_id.clone().ok_or_else(nothing)?;
            let refund = self.stripe.refund(&id).await?;
            let recorded = self
                .store
                .record_refund(task.request_id, &refund, task.entered_at);
            (_, entry) = recorded.await?.ok_or_else(nothing)?;
        }
        match entry.value.settlement {
            Some(settlement) => self.go_on(&token, settlement).await,
            None => still_pending(&entry.value, task),
        }
    }

    async fn go_on(&self, token: &TaskToken, settlement: Settlement) -> Result<Outcome, Failure> {
        let outcome = match settlement {
            Settlement::Paid => outcome::DONE,
            Settlement::Refused | Settlement::Reversed => outcome::ERROR,
        };
        answer(&self.workflow, token, TaskAnswer::Outcome(outcome)).await?;
        Ok(Outcome::new(outcome))
    }
}

fn still_pending(entry: &RefundEntry, task: &Task<ConnectorConfig>) -> Result<Outcome, Failure> {
    if task.entered_at.duration_since(entry.intended_at) >= PENDING_AT_MOST {
        let days = PENDING_AT_MOST.as_hours() / 24;
        return Err(Failure::StripePending(format!(
            "the refund has been pending for {days} days"
        )));
    }
    Ok(Outcome::new(outcome::PENDING))
}
