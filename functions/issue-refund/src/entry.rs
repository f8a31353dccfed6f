//! The one intent of a request, and what its end is recorded as.

use domain::charge_ledger::ChargeLedger;
use domain::failure::Failure;
use domain::optimistic::AttemptError;
use domain::refund::{RefundEntry, Settlement, SettlementMethod};
use domain::request::{Event, Request};
use domain::request_store::Invocation;
use domain::stripe::Stripe;
use domain::table::{Stored, Table, Write};
use domain::task::{Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;

/// What our own entry says before Stripe is asked for anything.
pub(crate) enum Found {
    /// It is done, or cannot be done any more.
    Settled(Outcome),
    /// It is to be done.
    Pending(Box<PendingEntry>),
}

/// A request for which something is to be given back.
pub(crate) struct PendingEntry {
    pub(crate) request: Stored<Request>,
    /// Its entry. Version 0 is not in the table yet.
    pub(crate) entry: Stored<RefundEntry>,
    /// Whether the intent is in the table.
    pub(crate) is_intended: bool,
}

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// The request, and what its ledger entry says about giving something back by that method.
    pub(crate) async fn load(
        &self,
        task: &Task<&RefundConfig>,
        method: SettlementMethod,
    ) -> Result<Found, AttemptError> {
        let request = match self.store.invocation(task).await? {
            Invocation::Repeated(outcome) => return Ok(Found::Settled(outcome)),
            Invocation::First(request) => *request,
        };
        let fresh = new_entry(&request.value, task, method)?;
        let pending = |request, value, version, is_intended| {
            Ok(Found::Pending(Box::new(PendingEntry {
                request,
                entry: Stored { value, version },
                is_intended,
            })))
        };
        let Some(entry) = self.store.refund(task.request_id).await? else {
            return pending(request, fresh, 0, false);
        };
        match (entry.value.settlement, entry.value.method == method) {
            (None, true) => pending(request, entry.value, entry.version, true),
            // Something was tried before, and Stripe refused it: the entry is used anew.
            (Some(Settlement::Refused), _) => {
                let mut fresh = fresh;
                fresh.refusals = entry.value.refusals + 1;
                pending(request, fresh, entry.version, false)
            }
            (Some(Settlement::Paid), true) => Ok(Found::Settled(Outcome::new(outcome::DONE))),
            (Some(_), _) => {
                let mut request = request;
                let message = why_settled(&entry.value);
                let event = Event::RefundRefused(&message);
                let record = request.value.apply(&event, task.state_entry());
                self.store.save(&mut request, &record, Vec::new()).await?;
                Ok(Found::Settled(Outcome::new(outcome::ERROR)))
            }
            (None, false) => Err(Failure::StripeUndecided(format!(
                "it is not known what became of the {}",
                entry.value.method.noun()
            ))
            .into()),
        }
    }

    /// Writes the intent down and reserves it, on the condition that nobody else has, unless it was before.
    pub(crate) async fn begin(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
        ledger: Stored<ChargeLedger>,
        limits: Vec<Write>,
    ) -> Result<(), AttemptError> {
        if pending.is_intended {
            return Ok(());
        }
        let PendingEntry { request, entry, .. } = pending;
        let reason = request.value.selected(&task.config.reason);
        let reason = reason.map(ToOwned::to_owned);
        let intended = Event::SettlementIntended {
            method: entry.value.method,
            charge: &entry.value.charge,
            amount: entry.value.amount,
            reason: reason.as_deref(),
        };
        let record = request.value.apply(&intended, task.state_entry());
        let saved = self
            .store
            .save_settlement(request, &record, entry, Some(ledger), limits);
        saved.await?;
        pending.is_intended = true;
        Ok(())
    }

    /// Records a no, Stripe's or ours, and says how the process goes on.
    pub(crate) async fn refuse(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
        event: &Event<'_>,
    ) -> Result<Outcome, AttemptError> {
        pending.entry.value.settlement = Some(Settlement::Refused);
        self.save_entry(pending, task, event).await?;
        let is_exhausted = matches!(event, Event::ChargeExhausted(_));
        Ok(Outcome::new(if is_exhausted {
            outcome::EXHAUSTED
        } else {
            outcome::ERROR
        }))
    }

    /// Stores the entry together with what it means for the request and the charge.
    pub(crate) async fn save_entry(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
        event: &Event<'_>,
    ) -> Result<(), AttemptError> {
        let PendingEntry { request, entry, .. } = pending;
        let record = request.value.apply(event, task.state_entry());
        self.store
            .save_settlement(request, &record, entry, None, Vec::new())
            .await
    }
}

/// Why nothing more is given back: something was.
pub(crate) fn already(method: SettlementMethod, id: &str) -> String {
    let noun = method.noun();
    format!("This request was settled with the {noun} {id}: nothing more is paid for it.")
}

fn why_settled(entry: &RefundEntry) -> String {
    let id = entry.stripe_id.as_deref().unwrap_or("without an id");
    if entry.settlement == Some(Settlement::Reversed) {
        return format!("The refund {id} was paid and came back. It is not paid again by itself.");
    }
    already(entry.method, id)
}

/// What is to be given back: the charge and the amount that approvers were shown, which have to be those that the
/// state names.
fn new_entry(
    request: &Request,
    task: &Task<&RefundConfig>,
    method: SettlementMethod,
) -> Result<RefundEntry, Failure> {
    let config = task.config;
    let unfit = |field| Failure::PayloadInvalid(format!("{field} is not what was decided on"));
    let is_charge = request.designated.charge_field.as_ref() == Some(&config.charge);
    let charge = request.charge().or_else(|| request.charge_number());
    let charge = charge.filter(|_| is_charge);
    let is_amount = request.designated.amount_field.as_ref() == Some(&config.amount);
    let amount = request.amount().filter(|_| is_amount);
    Ok(RefundEntry {
        request_id: task.request_id,
        phase: task.phase.clone(),
        method,
        charge: charge.ok_or_else(|| unfit(&config.charge))?.to_owned(),
        charge_id: None,
        amount: amount.ok_or_else(|| unfit(&config.amount))?,
        refusals: 0,
        intended_at: task.entered_at,
        output: config.output.clone(),
        notify: config.tell.clone(),
        stripe_id: None,
        reservation: None,
        settlement: None,
        waiting: None,
        is_notified: false,
        is_customer_notified: false,
    })
}
