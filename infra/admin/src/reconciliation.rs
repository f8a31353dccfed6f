//! Stripe against the audit log, for any days.

use anyhow::ensure;
use domain::dates::midnight;
use domain::reconciliation::{Difference, Totals, reconcile};
use domain::request_store::RequestStore;
use domain::stripe::{Listings, Stripe};
use domain::table::Table;

use crate::options::Days;

/// Whatever is compared is in memory.
const MOST_DAYS: i32 = 366;

/// The sums of both sides, and a paragraph for each difference.
pub(crate) async fn run(
    store: &RequestStore<impl Table>,
    stripe: &(impl Stripe + Listings),
    Days { from, to }: Days,
) -> anyhow::Result<String> {
    ensure!(from < to, "--to must be later than --from");
    ensure!(
        (to - from).get_days() <= MOST_DAYS,
        "a year is the most at once"
    );
    let found = reconcile(store, stripe, &(midnight(from)..midnight(to))).await?;
    let paragraph = |it: &Difference| format!("\n{it}\n  {}", it.kind.advice());
    let differences: String = found.differences.iter().map(paragraph).collect();
    let (requests, count) = (found.requests, found.differences.len());
    let Totals { refunds, credits } = found.totals;
    Ok(format!(
        "Requests that were compared: {requests}\nRefunds: {refunds}\nCredits: {credits}\nDifferences: {count}{differences}"
    ))
}
