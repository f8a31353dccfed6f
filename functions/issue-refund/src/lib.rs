//! What a process does with Stripe: look at a charge, pay it back, wait until it is paid, give a credit.
//!
//! The order of things is the safety:
//!
//! 1. The statement of the charge is read: what was paid, and every refund and credit of it. What carries this
//!    request's id there and fits is taken for its own, whoever made it. So a lost answer, a crash, a redrive days
//!    later or a refund made by hand pays nothing twice.
//! 2. The intent is written before Stripe is asked for anything, and its cents are reserved in the charge's ledger in
//!    the same transaction, on the condition that nobody has reserved any since. So all requests of a charge
//!    together give back what was paid, at most.
//!    So is what it counts toward the offering's limits. While payments are stopped, or above a limit, nothing is
//!    begun: a person has to look.
//! 3. Only then is Stripe asked, with a key that depends on what is paid and never on the attempt.
//!
//! A definite no of Stripe is an outcome (`error`), recorded with Stripe's message; that too little is left of the
//! charge is another (`exhausted`), as it must not be given by other means. What is not known is a failure, which the
//! state machine retries; it is never taken for a no.

mod credit;
mod entry;
mod payment_control;
mod pending;
mod refund;
mod rules;
mod settle;

use domain::failure::Failure;
use domain::refund::SettlementMethod;
use domain::request_store::RequestStore;
use domain::stripe::Stripe;
use domain::stripe_lookup::look_up;
use domain::table::Table;
use domain::task::{ConnectorConfig, ConnectorTask, Outcome, outcome};
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
            ConnectorConfig::LookUp => {
                let request = self.store.request(task.request_id).await?;
                let request = request.ok_or(Failure::RequestNotFound)?.value;
                look_up(&self.store, &self.stripe, &request, task.entered_at).await?;
                Ok(Outcome::new(outcome::DONE))
            }
            ConnectorConfig::CreateRefund(config) => {
                self.settle(&task.with(config), SettlementMethod::Refund)
                    .await
            }
            ConnectorConfig::CreateCredit(config) => {
                self.settle(&task.with(config), SettlementMethod::Credit)
                    .await
            }
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
