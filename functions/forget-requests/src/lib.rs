//! Removes the personal data of requests that ended long enough ago: see [`domain::retention`]. A schedule invokes it.

use adapters::{Cached, ScheduledEvent, Settings};
use domain::failure::Failure;
use domain::request::ForgetReason;
use domain::request_store::RequestStore;
use domain::retention::EndedRequest;
use domain::table::Table;
use domain::task::{Outcome, outcome};
use jiff::Timestamp;

/// How many requests are read at a time. Each that is forgotten is done, also where Lambda ends the function before all are.
const AT_A_TIME: usize = 500;

/// What the function works with.
#[derive(Debug)]
pub struct ForgetRequests<T> {
    /// The requests.
    pub store: RequestStore<T>,
    /// How long personal data is kept.
    pub settings: Cached<Settings>,
}

impl<T: Table> ForgetRequests<T> {
    /// Forgets all that are due. The first failure is the answer, once all others were tried; what failed is due again
    /// the next time.
    pub async fn handle(&self, event: ScheduledEvent) -> Result<Outcome, Failure> {
        self.settings.refresh().await;
        let keep = self.settings.current().keep_answers_days;
        let reason = ForgetReason::Age(keep.days());
        let mut result = Ok(Outcome::new(outcome::DONE));
        loop {
            let due = self.store.ended_until(keep.before(event.time), AT_A_TIME);
            let (due, mut failed) = (due.await?, 0);
            for ended in &due {
                if let Err(failure) = self.forget(ended, reason, event.time).await {
                    let request = ended.request_id;
                    tracing::error!(%request, error = failure.name(), reason = %failure, "it could not be forgotten");
                    failed += 1;
                    result = result.and(Err(failure));
                }
            }
            if due.len() < AT_A_TIME || failed == due.len() {
                return result;
            }
        }
    }

    async fn forget(
        &self,
        ended: &EndedRequest,
        reason: ForgetReason,
        at: Timestamp,
    ) -> Result<(), Failure> {
        self.store.forget(ended.request_id, reason, at).await?;
        self.store.note_forgotten(ended).await
    }
}

#[cfg(test)]
mod tests;
