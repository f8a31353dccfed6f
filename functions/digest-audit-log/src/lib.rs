//! Writes the daily digests of the audit logs, and copies them to the bucket where the deployment has one: see
//! [`domain::audit_digest`]. A schedule invokes it some hours after midnight in UTC.

use adapters::{Cached, ScheduledEvent, Settings};
use domain::audit_digest::{DigestArchive, archive_due, write_due};
use domain::failure::Failure;
use domain::table::Table;
use domain::task::{Outcome, outcome};

/// What the function works with.
#[derive(Debug)]
pub struct DigestAuditLog<T, A> {
    /// Where audit logs and digests are.
    pub table: T,
    /// The buckets for copies.
    pub archive: A,
    /// Which bucket it is.
    pub settings: Cached<Settings>,
}

impl<T: Table, A: DigestArchive> DigestAuditLog<T, A> {
    /// Writes and copies all that is due. What fails is due again the next time, with what was done before.
    pub async fn handle(&self, event: ScheduledEvent) -> Result<Outcome, Failure> {
        self.settings.refresh().await;
        write_due(&self.table, event.time).await?;
        let bucket = self.settings.current().audit_bucket.clone();
        if !bucket.is_empty() {
            archive_due(&self.table, &self.archive, &bucket).await?;
        }
        Ok(Outcome::new(outcome::DONE))
    }
}

#[cfg(test)]
mod tests;
