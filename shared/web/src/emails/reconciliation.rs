//! The mail to the finance people about what does not agree between the audit log and Stripe.

use domain::brand::Brand;
use domain::mail::Mail;
use domain::reconciliation::{Difference, ReconciledDay};
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
    refunds: String,
    credits: String,
}

#[derive(Debug, Serialize)]
struct Listed {
    what: String,
    advice: &'static str,
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
            refunds: result.totals.refunds.to_string(),
            credits: result.totals.credits.to_string(),
        }
    }
}

/// The mail that lists what does not agree of a day, and what to do about each.
pub fn reconciliation(brand: &Brand, result: &ReconciledDay, to: &str) -> Mail {
    ReconciliationContext::of(result).mail(to, brand)
}
