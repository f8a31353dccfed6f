//! The one intent of a request, and what its end is recorded as. The same for money and for credits.

use domain::failure::Failure;
use domain::form::Value;
use domain::money::Usd;
use domain::refund::{Means, RefundEntry, Settled};
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
    Over(Outcome),
    /// It is to be done.
    Open(Box<Case>),
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
    pub(crate) async fn consult(
        &self,
        task: &Task<&RefundConfig>,
        means: Means,
    ) -> Result<Ledger, Failure> {
        let request = match self.desk.open(task).await? {
            Opened::Handled(outcome) => return Ok(Ledger::Over(outcome)),
            Opened::Fresh(request) => *request,
        };
        let fresh = new_entry(&request.value, task, means)?;
        let case = |value, version, intended| {
            Ok(Ledger::Open(Box::new(Case {
                request: request.clone(),
                entry: Stored { value, version },
                intended,
            })))
        };
        let Some(entry) = self.desk.refund(task.request_id).await? else {
            return case(fresh, 0, false);
        };
        match (entry.value.settled, entry.value.means == means) {
            (None, true) => case(entry.value, entry.version, true),
            // Something was tried before, and Stripe refused it: the entry is used anew.
            (Some(Settled::Refused), _) => case(fresh, entry.version, false),
            (Some(Settled::Paid), true) => Ok(Ledger::Over(Outcome::new(outcome::DONE))),
            (Some(_), _) => {
                let mut request = request;
                let message = already(&entry.value);
                let event = Event::RefundRefused { message: &message };
                let record = request.value.apply(&event, task.passage());
                self.desk.save(&mut request, &record, Vec::new()).await?;
                Ok(Ledger::Over(Outcome::new(outcome::ERROR)))
            }
            (None, false) => Err(Failure::StripeUndecided(format!(
                "it is not known what became of the {}",
                noun(entry.value.means)
            ))),
        }
    }

    /// Writes the intent down, on the condition that nobody else has, unless it was before.
    pub(crate) async fn intend(
        &self,
        case: &mut Case,
        task: &Task<&RefundConfig>,
    ) -> Result<(), Failure> {
        if case.intended {
            return Ok(());
        }
        let RefundEntry { means, amount, .. } = case.entry.value;
        let charge = case.entry.value.charge.clone();
        let charge = charge.as_str();
        self.store(case, task, |_| match means {
            Means::Refund => Event::RefundIntended { charge, amount },
            Means::Credit => Event::CreditIntended { charge, amount },
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
        case.entry.value.settled = Some(Settled::Refused);
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
        let record = request.value.apply(&event(&entry.value), task.passage());
        self.desk.save(request, &record, vec![write]).await?;
        Ok(())
    }
}

/// Why nothing more is given back.
fn already(entry: &RefundEntry) -> String {
    let id = entry.stripe_id.as_deref().unwrap_or("without an id");
    match (entry.means, entry.settled) {
        (Means::Credit, _) => {
            format!("This request was settled with the credit {id}: nothing more is paid for it.")
        }
        (Means::Refund, Some(Settled::Reversed)) => {
            format!("The refund {id} was paid and came back. It is not paid again by itself.")
        }
        (Means::Refund, _) => {
            format!("This request was settled with the refund {id}: nothing more is paid for it.")
        }
    }
}

fn noun(means: Means) -> &'static str {
    match means {
        Means::Refund => "refund",
        Means::Credit => "credit",
    }
}

/// What the request says is to be given back, from the fields that the definition names.
fn new_entry(
    request: &Request,
    task: &Task<&RefundConfig>,
    means: Means,
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
        means,
        charge,
        amount,
        intended_at: task.entered_at,
        output: config.output.clone(),
        tell: config.tell.clone(),
        stripe_id: None,
        settled: None,
        waiting: None,
        told: false,
    })
}
