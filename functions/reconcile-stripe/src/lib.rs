//! Compares the audit log with Stripe, day by day: see [`domain::reconciliation`]. A schedule invokes it.
//!
//! Each day that was compared is stored, so an invocation that ends before all are goes on where it was.

use adapters::{Cached, ScheduledEvent, Settings};
use domain::approval::LinkKeys;
use domain::dates::{midnight, next_day, utc_date};
use domain::failure::Failure;
use domain::mail::Mailer;
use domain::metrics::report_differences;
use domain::reconciliation::{ReconciledDay, days_due, reconcile};
use domain::request_store::RequestStore;
use domain::stripe::{Listings, Stripe};
use domain::suppression::send_all;
use domain::table::{Stored, Table, Write};
use domain::task::{Outcome, outcome};
use jiff::Timestamp;
use jiff::civil::Date;
use web::emails::reconciliation;

/// What the function works with.
#[derive(Debug)]
pub struct ReconcileStripe<T, S, M> {
    /// The requests, and the results.
    pub store: RequestStore<T>,
    /// Stripe.
    pub stripe: S,
    /// For telling the finance people.
    pub mailer: M,
    /// Who they are.
    pub settings: Cached<Settings>,
    /// For the addresses that get no mail.
    pub link_keys: Cached<LinkKeys>,
}

impl<T: Table, S: Stripe + Listings, M: Mailer> ReconcileStripe<T, S, M> {
    /// Compares the days that are due, the newest first.
    pub async fn handle(&self, event: ScheduledEvent) -> Result<Outcome, Failure> {
        tokio::join!(self.settings.refresh(), self.link_keys.refresh());
        let known = ReconciledDay::all(self.store.table()).await?;
        let checked_on = |day| known.get(&day).map(|it| it.value.checked_on);
        for day in days_due(checked_on, utc_date(event.time)) {
            self.check(day, known.get(&day), event.time).await?;
        }
        Ok(Outcome::new(outcome::DONE))
    }

    async fn check(
        &self,
        day: Date,
        before: Option<&Stored<ReconciledDay>>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let span = midnight(day)..midnight(next_day(day));
        let found = reconcile(&self.store, &self.stripe, &span).await?;
        for it in &found.differences {
            let kind = it.kind.name();
            tracing::warn!(request = %it.request_id, %day, kind, difference = %it, "Stripe and the audit log do not agree");
        }
        let result = ReconciledDay::new(day, utc_date(now), found);
        let (requests, differences) = (result.requests, result.difference_count);
        tracing::info!(%day, requests, differences, totals = ?result.totals, "a day was compared with Stripe");
        if result.is_news(before.map(|it| &it.value)) {
            self.tell(&result, now).await?;
        }
        let stored = Stored {
            value: result,
            version: before.map_or(0, |it| it.version),
        };
        let table = self.store.table();
        table.commit(vec![Write::update(&stored)]).await?;
        report_differences(differences);
        Ok(())
    }

    /// Mails everyone of the team. It is done before the result is stored: what fails is done again.
    async fn tell(&self, result: &ReconciledDay, now: Timestamp) -> Result<(), Failure> {
        let (settings, keys) = (self.settings.current(), self.link_keys.current());
        let table = self.store.table();
        let members = settings.teams.mailed(table, &settings.reports_team.0);
        let members = members.await?;
        let mails: Vec<_> = members
            .iter()
            .map(|to| reconciliation(&settings.brand, result, to))
            .collect();
        send_all(&self.mailer, (table, &keys), &mails, now).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
