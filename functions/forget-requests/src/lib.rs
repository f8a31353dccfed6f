//! Removes the personal data of requests that ended long enough ago, and years later their audit logs with the digests that
//! name them: see [`domain::retention`]. A schedule invokes it.

use adapters::{Cached, ScheduledEvent, Settings};
use domain::audit_digest::{last_named_until, remove_digests};
use domain::dates::utc_date;
use domain::failure::Failure;
use domain::id::RequestId;
use domain::request::ForgetReason;
use domain::request_store::RequestStore;
use domain::retention::{EndedRequest, ForgottenRequest};
use domain::table::{ReadError, Table};
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
        let (until, reason) = (keep.before(now), ForgetReason::Age(keep.days()));
        let due = async || self.store.ended_until(until, AT_A_TIME).await;
        each(due, async |ended: &EndedRequest| {
            let forgotten = self.forget(ended, reason, now).await;
            forgotten.map_err(|failure| (ended.request_id, failure))
        })
        .await
    }

    /// Removes digests first: what they name is kept for as long as they are.
    async fn remove_all(&self, now: Timestamp) -> Result<(), Failure> {
        let end = self.settings.current().keep_audit_years.before(now);
        remove_digests(self.store.table(), utc_date(end)).await?;
        let until = last_named_until(end);
        let due = async || self.store.forgotten_until(until, AT_A_TIME).await;
        each(due, async |forgotten: &ForgottenRequest| {
            let removed = self.store.remove(forgotten, until).await;
            removed.map_err(|failure| (forgotten.request_id, failure))
        })
        .await
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

/// Deals with each request that is due, [`AT_A_TIME`], until none is left but those that fail. The first failure is the
/// answer.
async fn each<D>(
    due: impl AsyncFn() -> Result<Vec<D>, ReadError>,
    remove: impl AsyncFn(&D) -> Result<(), (RequestId, Failure)>,
) -> Result<(), Failure> {
    let mut result = Ok(());
    loop {
        let (due, mut failed) = (due().await?, 0);
        for one in &due {
            if let Err((request, failure)) = remove(one).await {
                tracing::error!(%request, error = failure.name(), reason = %failure, "it could not be removed");
                failed += 1;
                result = result.and(Err(failure));
            }
        }
        if due.len() < AT_A_TIME || failed == due.len() {
            return result;
        }
    }
}

#[cfg(test)]
mod tests;
