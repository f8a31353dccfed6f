//! Starts the requests that were stored and not started: see [`domain::unstarted`]. A schedule invokes it.

use adapters::{Cached, ScheduledEvent, StateMachines};
use domain::failure::Failure;
use domain::request_store::RequestStore;
use domain::table::Table;
use domain::task::{Outcome, outcome};
use domain::unstarted::UnstartedRequest;
use domain::workflow::Workflow;
use jiff::SignedDuration;

/// How old a request is before it counts as left over: whoever stored it still works on it for the first seconds.
const LEFT_OVER: SignedDuration = SignedDuration::from_mins(5);

/// What the function works with.
#[derive(Debug)]
pub struct StartRequests<T, W> {
    /// The requests.
    pub store: RequestStore<T>,
    /// Where they are started.
    pub workflow: W,
    /// The alias of each offering's state machine.
    pub machines: Cached<StateMachines>,
}

impl<T: Table, W: Workflow> StartRequests<T, W> {
    /// Starts all that are left over. The first failure is the answer, once all others were tried.
    pub async fn handle(&self, event: ScheduledEvent) -> Result<Outcome, Failure> {
        self.machines.refresh().await;
        let mut result = Ok(Outcome::new(outcome::DONE));
        for unstarted in self.store.unstarted().await? {
            if event.time.duration_since(unstarted.stored_at) < LEFT_OVER {
                continue;
            }
            if let Err(failure) = self.start(&unstarted).await {
                let request = unstarted.request_id;
                tracing::error!(%request, error = failure.name(), reason = %failure, "it could not be started");
                result = result.and(Err(failure));
            }
        }
        result
    }

    async fn start(&self, unstarted: &UnstartedRequest) -> Result<(), Failure> {
        let id = unstarted.request_id;
        let machines = self.machines.current();
        let alias = machines.get(&unstarted.offering).map(String::as_str);
        unstarted.start(&self.workflow, alias).await?;
        tracing::warn!(request = %id, "a request that was stored and not started is started");
        Ok(self.store.note_started(id).await?)
    }
}

#[cfg(test)]
mod tests;
