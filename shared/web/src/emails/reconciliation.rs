//! The mail to the finance people about what does not agree between the audit log and Stripe.

use domain::mail::Mail;
use domain::reconciliation::{Difference, MeansTotal, ReconciledDay};
use domain::stripe::amount_text;
use serde::Serialize;

use super::template::{Files, Template, files};

/// The most differences that are listed in one mail.
const MOST_LISTED: usize = 50;

#[derive(Debug, Serialize)]
pub(super) struct ReconciliationContext {
    day: String,
    count: usize,
    /// How many are not listed.
    more: usize,
    differences: Vec<Listed>,
    refunds: Total,
    credits: Total,
}

#[derive(Debug, Serialize)]
struct Listed {
    what: String,
    advice: &'static str,
}

#[derive(Debug, Serialize)]
struct Total {
    at_stripe: String,
    in_log: String,
}

impl From<MeansTotal> for Total {
    fn from(total: MeansTotal) -> Self {
        let sign = if total.log_cents < 0 { "-" } else { "" };
        let in_log = amount_text(total.log_cents.unsigned_abs(), "usd");
        Self {
            at_stripe: amount_text(total.stripe_cents, "usd"),
            in_log: format!("{sign}{in_log}"),
        }
    }
}

impl Template for ReconciliationContext {
    const FILES: Files = files!("reconciliation");
}

impl ReconciliationContext {
    pub(super) fn of(result: &ReconciledDay) -> Self {
        let listed = |it: &Difference| Listed {
            what: it.to_string(),
            advice: it.kind.advice(),
        };
        let differences = result.differences.iter().take(MOST_LISTED).map(listed);
        let differences: Vec<_> = differences.collect();
        Self {
            day: result.day.to_string(),
            count: result.difference_count,
            more: result.difference_count - differences.len(),
            differences,
            refunds: result.totals.refunds.into(),
            credits: result.totals.credits.into(),
        }
    }
}

/// The mail that lists what does not agree of a day, and what to do about each.
pub fn reconciliation(result: &ReconciledDay, to: &str) -> Mail {
    ReconciliationContext::of(result).mail(to)
}
