//! Pays a customer back through Stripe, at most once per request.
//!
//! The order of things is the safety:
//!
//! 1. The intent is written under a condition, before Stripe is called. There is one per request.
//! 2. Whoever finds an intent that is not settled lists the charge's refunds first and looks for this
//!    request's id among them. So a lost answer, a crash or a redrive days later pays nothing twice.
//! 3. Only then is Stripe asked, with a key that depends on what is paid and never on the attempt.
//!
//! A definite no of Stripe is an outcome (`error`), recorded with Stripe's message. What is not known is
//! a failure, which the state machine retries; it is never taken for a no.

use std::collections::BTreeMap;

use shared::desk::{Desk, Opened};
use shared::failure::Failure;
use shared::form::Value;
use shared::money::Usd;
use shared::refund::RefundEntry;
use shared::request::{Event, Request};
use shared::stripe::{Refund, RefundOrder, Stripe, StripeError};
use shared::table::{Stored, Table, Write};
use shared::task::{Outcome, RefundConfig, StripeReason, Task, outcome};

/// The name under which Stripe keeps the request's id with a refund.
const REQUEST_ID: &str = "request_id";

/// What the function works with.
#[derive(Debug)]
pub struct IssueRefund<T, S> {
    /// The requests.
    pub desk: Desk<T>,
    /// Stripe.
    pub stripe: S,
}

/// How a refund stands after Stripe was asked.
enum Answer {
    Paid(Refund),
    /// Taken, and the money has not moved yet; with Stripe's word for that.
    Pending(Refund, String),
    /// Stripe's message, or ours where Stripe would not have stopped us.
    Refused(String),
}

impl From<Refund> for Answer {
    fn from(refund: Refund) -> Self {
        match refund.status.as_deref() {
            Some("succeeded") => Answer::Paid(refund),
            Some(status @ ("failed" | "canceled")) => {
                let reason = refund
                    .failure_reason
                    .as_deref()
                    .unwrap_or("no reason given");
                Answer::Refused(format!("The refund {} is {status}: {reason}", refund.id))
            }
            // Whatever words Stripe adds: only "succeeded" means that the customer has the money.
            status => {
                let status = status.unwrap_or("without a status").to_owned();
                Answer::Pending(refund, status)
            }
        }
    }
}

impl<T: Table, S: Stripe> IssueRefund<T, S> {
    /// Pays, or finds out that it was paid or cannot be.
    pub async fn handle(&self, task: Task<RefundConfig>) -> Result<Outcome, Failure> {
        let mut request = match self.desk.open(&task).await? {
            Opened::Handled(outcome) => return Ok(outcome),
            Opened::Fresh(request) => request,
        };
        let (mut entry, is_new) = self.intend(&mut request, &task).await?;
        let answer = match self
            .ask(&request.value, &entry.value, is_new, &task.config)
            .await
        {
            Ok(refund) => Answer::from(refund),
            Err(StripeError::Refused { message, .. }) => Answer::Refused(message),
            Err(error @ StripeError::Unknown(_)) => {
                return Err(Failure::StripeUnavailable(error.to_string()));
            }
            Err(error @ StripeError::Misconfigured(_)) => {
                return Err(Failure::StripeMisconfigured(error.to_string()));
            }
        };
        self.settle(&mut request, &mut entry, answer, &task).await
    }

    /// The ledger entry of this request, and whether it was written just now.
    async fn intend(
        &self,
        request: &mut Stored<Request>,
        task: &Task<RefundConfig>,
    ) -> Result<(Stored<RefundEntry>, bool), Failure> {
        if let Some(entry) = self.desk.refund(task.request_id).await? {
            return Ok((entry, false));
        }
        let (charge, amount) = payable(&request.value, &task.config)?;
        let event = Event::RefundIntended {
            charge: &charge,
            amount,
        };
        let record = request.value.apply(&event, task.passage());
        let value = RefundEntry {
            request_id: task.request_id,
            charge: charge.clone(),
            amount,
            intended_at: task.entered_at,
            stripe_id: None,
        };
        self.desk
            .save(request, &record, vec![Write::create(&value)])
            .await?;
        Ok((Stored { value, version: 1 }, true))
    }

    /// Asks Stripe, after looking whether it was asked before.
    async fn ask(
        &self,
        request: &Request,
        entry: &RefundEntry,
        is_new: bool,
        config: &RefundConfig,
    ) -> Result<Refund, StripeError> {
        if let Some(id) = &entry.stripe_id {
            return self.stripe.refund(id).await;
        }
        if !is_new {
            let refunds = self.stripe.refunds(&entry.charge).await?;
            let request_id = entry.request_id.to_string();
            if let Some(refund) = refunds
                .into_iter()
                .find(|r| r.metadata.get(REQUEST_ID) == Some(&request_id))
            {
                return Ok(refund);
            }
        }
        self.refuse_other_currencies(&entry.charge).await?;
        self.stripe
            .create_refund(&order(request, entry, config))
            .await
    }

    /// Stripe refunds in the charge's own currency: 50 of another one are not 50 dollars, and it would
    /// not stop us.
    async fn refuse_other_currencies(&self, charge: &str) -> Result<(), StripeError> {
        match self.stripe.payment(charge).await {
            Ok(payment) if payment.currency == "usd" => Ok(()),
            Ok(payment) => Err(StripeError::Refused {
                message: format!(
                    "{charge} was paid in {}, not in USD.",
                    payment.currency.to_uppercase()
                ),
                code: None,
            }),
            Err(error) => Err(error),
        }
    }

    /// Records what Stripe said, and says how the process goes on.
    async fn settle(
        &self,
        request: &mut Stored<Request>,
        entry: &mut Stored<RefundEntry>,
        answer: Answer,
        task: &Task<RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let mut record = |event| request.value.apply(&event, task.passage());
        let (record, stripe_id, result) = match &answer {
            Answer::Refused(message) => (
                record(Event::RefundRefused { message }),
                None,
                Ok(Outcome::new(outcome::ERROR)),
            ),
            Answer::Paid(Refund { id, .. }) => {
                let (amount, output) = (entry.value.amount, &task.config.output);
                let event = Event::RefundSucceeded {
                    id,
                    amount,
                    status: "succeeded",
                    output,
                };
                (record(event), Some(id), Ok(Outcome::new(outcome::DONE)))
            }
            Answer::Pending(Refund { id, .. }, status) => {
                let later = Failure::StripePending(format!("the refund is {status}"));
                if entry.value.stripe_id.is_some() {
                    return Err(later);
                }
                (
                    record(Event::RefundPending { id, status }),
                    Some(id),
                    Err(later),
                )
            }
        };
        let mut writes = Vec::new();
        if let Some(id) = stripe_id {
            entry.value.stripe_id = Some(id.clone());
            writes.push(Write::update(entry));
        }
        self.desk.save(request, &record, writes).await?;
        result
    }
}

/// What the request says is to be paid, from the fields that the definition names.
fn payable(request: &Request, config: &RefundConfig) -> Result<(String, Usd), Failure> {
    let missing = |field| Failure::PayloadInvalid(format!("the request has no {field}"));
    let charge = match request.value(&config.charge) {
        Some(Value::Text(charge)) => charge.clone(),
        Some(Value::Cents(_)) | None => return Err(missing(&config.charge)),
    };
    match request.value(&config.amount) {
        Some(Value::Cents(amount)) => Ok((charge, *amount)),
        Some(Value::Text(_)) | None => Err(missing(&config.amount)),
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
        metadata: BTreeMap::from([
            (REQUEST_ID.to_owned(), entry.request_id.to_string()),
            ("offering".to_owned(), request.offering.to_string()),
            ("reason".to_owned(), reason),
        ]),
        idempotency_key: entry.idempotency_key(),
    }
}

#[cfg(test)]
mod tests;
