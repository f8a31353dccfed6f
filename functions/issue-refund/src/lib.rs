//! What a process does with Stripe: look at a charge, pay it back, wait until it is paid, give a credit.
//!
//! The order of things is the safety:
//!
//! 1. The intent is written under a condition, before Stripe is called. There is one per request.
//! 2. Whoever finds an intent that is not settled lists what Stripe has made first and looks for this
//!    request's id in it. So a lost answer, a crash or a redrive days later pays nothing twice.
//! 3. Only then is Stripe asked, with a key that depends on what is paid and never on the attempt.
//!
//! A definite no of Stripe is an outcome (`error`), recorded with Stripe's message. What is not known is
//! a failure, which the state machine retries; it is never taken for a no.

mod credit;
mod ledger;
mod lookup;
mod pending;
mod refund;
mod rules;

use domain::failure::Failure;
use domain::request_store::RequestStore;
use domain::stripe::Stripe;
use domain::table::Table;
use domain::task::{ConnectorConfig, ConnectorTask, Outcome};
use domain::workflow::Workflow;

/// What the function works with.
#[derive(Debug)]
pub struct IssueRefund<T, S, W> {
    /// The requests.
    pub store: RequestStore<T>,
    /// Stripe.
    pub stripe: S,
    /// The execution that waits for a pending refund.
    pub workflow: W,
}

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Does what the task says.
    pub async fn handle(&self, task: ConnectorTask) -> Result<Outcome, Failure> {
        let ConnectorTask { task, task_token } = task;
        match &task.config {
            ConnectorConfig::LookUp(config) => self.look_up(&task.with(config)).await,
            ConnectorConfig::CreateRefund(config) => self.create_refund(&task.with(config)).await,
            ConnectorConfig::CreateCredit(config) => self.create_credit(&task.with(config)).await,
            ConnectorConfig::AwaitRefund => {
                let token = task_token.ok_or_else(|| {
                    Failure::PayloadInvalid("the task that waits has no token".to_owned())
                })?;
                self.await_refund(&task, token).await
            }
        }
    }
}

#[cfg(test)]
mod tests;
