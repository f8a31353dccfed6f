//! The one intent of a request, and what its end is recorded as. The same for money and for credits.

use domain::failure::Failure;
use domain::form::Value;
use domain::money::Usd;
use domain::refund::{RefundEntry, Settlement, SettlementMethod};
use domain::request::{Event, Request};
use domain::request_store::Opened;
use domain::stripe::Stripe;
use domain::table::{Stored, Table, Write};
use domain::task::{Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;

/// What the ledger says before Stripe is asked for anything.
pub(crate) enum Ledger {
    /// It is done, or cannot be done any more.
    Settled(Outcome),
    /// It is to be done.
    Pending(Box<Case>),
}

/// A request for which something is to be given back.
pub(crate) struct Case {
    pub(crate) request: Stored<Request>,
    /// Its entry. Version 0 is not in the table yet.
    pub(crate) entry: Stored<RefundEntry>,
    /// Whether the intent is in the table.
    pub(crate) intended: bool,
}

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// The request, and what its ledger entry says about giving something back by these means.
    pub(crate) async fn load(
        &self,
        task: &Task<&RefundConfig>,
        method: SettlementMethod,
    ) -> Result<Ledger, Failure> {
        let request = match self.store.open(task).await? {
            Opened::Handled(outcome) => return Ok(Ledger::Settled(outcome)),
            Opened::Fresh(request) => *request,
        };
        let fresh = new_entry(&request.value, task, method)?;
        let case = |value, version, intended| {
            Ok(Ledger::Pending(Box::new(Case {
                request: request.clone(),
                entry: Stored { value, version },
                intended,
            })))
        };
        let Some(entry) = self.store.refund(task.request_id).await? else {
            return case(fresh, 0, false);
        };
        match (entry.value.settlement, entry.value.method == method) {
            (None, true) => case(entry.value, entry.version, true),
            // Something was tried before, and Stripe refused it: the entry is used anew.
            (Some(Settlement::Refused), _) => case(fresh, entry.version, false),
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
                noun(entry.value.method)
            ))),
        }
    }

    /// Writes the intent down, on the condition that nobody else has, unless it was before.
    pub(crate) async fn begin(
        &self,
        case: &mut Case,
        task: &Task<&RefundConfig>,
    ) -> Result<(), Failure> {
        if case.intended {
            return Ok(());
        }
        let RefundEntry { method, amount, .. } = case.entry.value;
        let charge = case.entry.value.charge.clone();
        let charge = charge.as_str();
        self.store(case, task, |_| match method {
            SettlementMethod::Refund => Event::RefundIntended { charge, amount },
            SettlementMethod::Credit => Event::CreditIntended { charge, amount },
        })
        .await?;
        case.intended = true;
        Ok(())
    }

    /// Records a no, Stripe's or ours, and says how the process goes on.
    pub(crate) async fn refuse(
        &self,
        case: &mut Case,
        task: &Task<&RefundConfig>,
        message: &str,
    ) -> Result<Outcome, Failure> {
        case.entry.value.settlement = Some(Settlement::Refused);
        self.store(case, task, |_| Event::RefundRefused { message })
            .await?;
        Ok(Outcome::new(outcome::ERROR))
    }

    /// Stores the entry together with what it means for the request.
    pub(crate) async fn store<'a>(
        &self,
        case: &'a mut Case,
        task: &Task<&RefundConfig>,
        event: impl FnOnce(&'a RefundEntry) -> Event<'a>,
    ) -> Result<(), Failure> {
        let Case { request, entry, .. } = case;
        let write = Write::update(entry);
        entry.version += 1;
        let record = request
            .value
            .apply(&event(&entry.value), task.state_entry());
        self.store.save(request, &record, vec![write]).await?;
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

fn noun(method: SettlementMethod) -> &'static str {
    match method {
        SettlementMethod::Refund => "refund",
        SettlementMethod::Credit => "credit",
    }
}

/// What the request says is to be given back, from the fields that the definition names.
fn new_entry(
    request: &Request,
    task: &Task<&RefundConfig>,
    method: SettlementMethod,
) -> Result<RefundEntry, Failure> {
    let config = task.config;
    let missing = |field| Failure::PayloadInvalid(format!("the request has no {field}"));
    let charge = match request.value(&config.charge) {
        Some(Value::Text(charge)) => charge.clone(),
        Some(Value::Cents(_)) | None => return Err(missing(&config.charge)),
    };
    let amount: Usd = match request.value(&config.amount) {
        Some(Value::Cents(amount)) => *amount,
        Some(Value::Text(_)) | None => return Err(missing(&config.amount)),
    };
    Ok(RefundEntry {
        request_id: task.request_id,
        phase: task.phase.clone(),
        method,
        charge,
        amount,
        intended_at: task.entered_at,
        output: config.output.clone(),
        tell: config.tell.clone(),
        stripe_id: None,
        settlement: None,
        waiting: None,
        told: false,
    })
}
