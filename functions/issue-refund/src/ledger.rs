//! The one intent of a request, and what its end is recorded as. The same for money and for credits.

use domain::failure::Failure;
use domain::refund::{RefundEntry, Settlement, SettlementMethod};
use domain::request::{Event, Request};
use domain::request_store::Invocation;
use domain::stripe::Stripe;
use domain::table::{Stored, Table, Write};
use domain::task::{Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::rules::NotPaid;

/// What the ledger says before Stripe is asked for anything.
pub(crate) enum Ledger {
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
    is_intended: bool,
}

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// The request, and what its ledger entry says about giving something back by that method.
    pub(crate) async fn load(
        &self,
        task: &Task<&RefundConfig>,
        method: SettlementMethod,
    ) -> Result<Ledger, Failure> {
        let request = match self.store.invocation(task).await? {
            Invocation::Repeated(outcome) => return Ok(Ledger::Settled(outcome)),
            Invocation::First(request) => *request,
        };
        let fresh = new_entry(&request.value, task, method)?;
        let pending = |request, value, version, is_intended| {
            Ok(Ledger::Pending(Box::new(PendingEntry {
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
            (Some(Settlement::Refused), _) => pending(request, fresh, entry.version, false),
            (Some(Settlement::Paid), true) => Ok(Ledger::Settled(Outcome::new(outcome::DONE))),
            (Some(_), _) => {
                let mut request = request;
                let message = already(&entry.value);
                let event = Event::RefundRefused { message: &message };
                let record = request.value.apply(&event, task.state_entry());
                self.store.save(&mut request, &record, Vec::new()).await?;
                Ok(Ledger::Settled(Outcome::new(outcome::ERROR)))
            }
            (None, false) => Err(Failure::StripeUndecided(format!(
                "it is not known what became of the {}",
                entry.value.method.noun()
            ))),
        }
    }

    /// Writes the intent down, on the condition that nobody else has, unless it was before.
    pub(crate) async fn begin(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
    ) -> Result<(), Failure> {
        if pending.is_intended {
            return Ok(());
        }
        let RefundEntry { method, amount, .. } = pending.entry.value;
        let charge = pending.entry.value.charge.clone();
        let charge = charge.as_str();
        let intended = match method {
            SettlementMethod::Refund => Event::RefundIntended { charge, amount },
            SettlementMethod::Credit => Event::CreditIntended { charge, amount },
        };
        self.save_entry(pending, task, &intended).await?;
        pending.is_intended = true;
        Ok(())
    }

    /// How the process goes on. A no, Stripe's or ours, is recorded.
    pub(crate) async fn finish(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
        paid: Result<Outcome, NotPaid>,
    ) -> Result<Outcome, Failure> {
        let message = match paid {
            Ok(outcome) => return Ok(outcome),
            Err(NotPaid::Failed(failure)) => return Err(failure),
            Err(NotPaid::Refused(message)) => message,
        };
        pending.entry.value.settlement = Some(Settlement::Refused);
        let refused = Event::RefundRefused { message: &message };
        self.save_entry(pending, task, &refused).await?;
        Ok(Outcome::new(outcome::ERROR))
    }

    /// Stores the entry together with what it means for the request.
    pub(crate) async fn save_entry(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
        event: &Event<'_>,
    ) -> Result<(), Failure> {
        let PendingEntry { request, entry, .. } = pending;
        let record = request.value.apply(event, task.state_entry());
        let write = Write::update(entry);
        self.store.save(request, &record, vec![write]).await?;
        entry.version += 1;
        Ok(())
    }
}

/// Why nothing more is given back.
fn already(entry: &RefundEntry) -> String {
    let id = entry.stripe_id.as_deref().unwrap_or("without an id");
    match (entry.method, entry.settlement) {
        (SettlementMethod::Credit, _) => {
            format!("This request was settled with the credit {id}: nothing more is paid for it.")
        }
        (SettlementMethod::Refund, Some(Settlement::Reversed)) => {
            format!("The refund {id} was paid and came back. It is not paid again by itself.")
        }
        (SettlementMethod::Refund, _) => {
            format!("This request was settled with the refund {id}: nothing more is paid for it.")
        }
    }
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
    let charge = request.charge().filter(|_| is_charge);
    let is_amount = request.designated.amount_field.as_ref() == Some(&config.amount);
    let amount = request.amount().filter(|_| is_amount);
    Ok(RefundEntry {
        request_id: task.request_id,
        phase: task.phase.clone(),
        method,
        charge: charge.ok_or_else(|| unfit(&config.charge))?.to_owned(),
        amount: amount.ok_or_else(|| unfit(&config.amount))?,
        intended_at: task.entered_at,
        output: config.output.clone(),
        notify: config.tell.clone(),
        stripe_id: None,
        reservation: None,
        settlement: None,
        waiting: None,
        is_notified: false,
    })
}
