//! Removes the personal data of requests that ended long enough ago, and years later their audit logs with the digests that
//! name them: see [`domain::retention`]. A schedule invokes it.

use adapters::{Cached, ScheduledEvent, Settings};
use domain::audit_digest::{last_named_until, remove_digests};
use domain::dates::utc_date;
use domain::failure::Failure;
use domain::id::RequestId;
use domain::request::ForgetReason;
use domain::request_store::RequestStore;
use domain::retention::EndedRequest;
use domain::table::Table;
use domain::task::{Outcome, outcome};
use jiff::Timestamp;

/// How many requests are read at a time. Each that is dealt with is done, also where Lambda ends the function before all are.
const AT_A_TIME: usize = 500;

/// What the function works with.
#[derive(Debug)]
pub struct ForgetRequests<T> {
    /// The requests.
    pub store: RequestStore<T>,
    /// How long personal data and the audit log are kept.
    pub settings: Cached<Settings>,
}

impl<T: Table> ForgetRequests<T> {
    /// Removes all that is due. The first failure is the answer, once all others were tried; what failed is due again the
    /// next time.
    pub async fn handle(&self, event: ScheduledEvent) -> Result<Outcome, Failure> {
        self.settings.refresh().await;
        let forgotten = self.forget_all(event.time).await;
        let removed = self.remove_all(event.time).await;
        forgotten.and(removed).map(|()| Outcome::new(outcome::DONE))
    }

    async fn forget_all(&self, now: Timestamp) -> Result<(), Failure> {
        let keep = self.settings.current().keep_answers_days;
        let reason = ForgetReason::Age(keep.days());
        let mut result = Ok(());
        loop {
            let due = self.store.ended_until(keep.before(now), AT_A_TIME).await?;
            let mut failed = 0;
            for ended in &due {
                if let Err(failure) = self.forget(ended, reason, now).await {
                    log(ended.request_id, &failure);
                    failed += 1;
                    result = result.and(Err(failure));
                }
            }
            if due.len() < AT_A_TIME || failed == due.len() {
                return result;
            }
        }
    }

    /// Removes digests first: what they name is kept for as long as they are.
    async fn remove_all(&self, now: Timestamp) -> Result<(), Failure> {
        let end = self.settings.current().keep_audit_years.before(now);
        remove_digests(self.store.table(), utc_date(end)).await?;
        let until = last_named_until(end);
        let mut result = Ok(());
        loop {
            let due = self.store.forgotten_until(until, AT_A_TIME).await?;
            let mut failed = 0;
            for forgotten in &due {
                if let Err(failure) = self.store.remove(forgotten, until).await {
                    log(forgotten.request_id, &failure);
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

fn log(request: RequestId, failure: &Failure) {
    tracing::error!(%request, error = failure.name(), reason = %failure, "it could not be removed");
}

#[cfg(test)]
mod tests;
