//! Evaluates the condition of a phase: the threshold, the routing.
//!
//! The condition comes with the payload, checked and lowered by the generator; the answers come from
//! the table, and so does what a lookup has found, where a condition asks for it. The first branch that
//! holds is the outcome.

use domain::failure::Failure;
use domain::request::{Event, Request};
use domain::request_store::{Invocation, RequestStore};
use domain::rule::{Facts, Rule};
use domain::table::{ReadError, Table};
use domain::task::{ConditionConfig, Outcome, Task, outcome};

/// Decides which way the request goes on, and records it.
pub async fn decide(
    store: &RequestStore<impl Table>,
    task: Task<ConditionConfig>,
) -> Result<Outcome, Failure> {
    let mut request = match store.invocation(&task).await? {
        Invocation::Repeated(outcome) => return Ok(outcome),
        Invocation::First(request) => request,
    };
    let branches = &task.config.branches;
    let asked = |asks: fn(&Rule) -> bool| branches.iter().any(|branch| asks(&branch.when));
    let facts = Facts {
        values: &request.value.values(),
        stripe_customer_known: asked(Rule::asks_for_customer)
            && stripe_customer_known(store, &request.value).await?,
        charge_total_cents: if asked(Rule::asks_for_charge_total) {
            store.charge_total(&request.value).await?
        } else {
            0
        },
    };
    let (mut branch, mut text) = (outcome::OTHERWISE, outcome::OTHERWISE);
    for candidate in branches {
        if candidate.when.holds(&facts)? {
            (branch, text) = (&candidate.outcome, &candidate.text);
            break;
        }
    }
    let event = Event::Evaluated {
        text,
        outcome: branch,
    };
    let record = request.value.apply(&event, task.state_entry());
    store.save(&mut request, &record, Vec::new()).await?;
    Ok(Outcome::new(branch))
}

/// Whether the lookup found one of Stripe's customers behind the payment. One that failed has found
/// nothing.
async fn stripe_customer_known(
    store: &RequestStore<impl Table>,
    request: &Request,
) -> Result<bool, ReadError> {
    let found = store.charge_lookup(request.request_id).await?;
    let mut payments = found.iter().flat_map(|found| found.payments_of(request));
    Ok(payments.any(|payment| payment.customer.is_some()))
}

#[cfg(test)]
mod tests;
