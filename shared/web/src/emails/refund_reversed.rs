//! The mail to the team whose refund had been paid and came back.

use domain::approval::LinkKeys;
use domain::brand::Brand;
use domain::mail::Mail;
use domain::refund::RefundEntry;
use domain::request::Request;
use domain::task::variable;
use serde::Serialize;

use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct RefundReversedContext<'a> {
    /// Stripe's id.
    refund: &'a str,
    amount: String,
    charge: &'a str,
    stripe_message: &'a str,
    request_id: String,
    status_url: String,
}

impl Template for RefundReversedContext<'_> {
    const FILES: Files = files!("refund_reversed");
}

impl<'a> RefundReversedContext<'a> {
    pub(super) fn of(request: &'a Request, entry: &'a RefundEntry, keys: &LinkKeys) -> Self {
        Self {
            refund: entry.stripe_id.as_deref().unwrap_or_default(),
            amount: entry.amount.to_string(),
            charge: &entry.charge,
            stripe_message: request.output(variable::STRIPE_ERROR).unwrap_or_default(),
            request_id: request.request_id.to_string(),
            status_url: request.status_url(keys),
        }
    }
}

/// The mail that says which refund came back and why, and that it is not made again.
pub fn refund_reversed(
    brand: &Brand,
    request: &Request,
    entry: &RefundEntry,
    keys: &LinkKeys,
    to: &str,
) -> Mail {
    RefundReversedContext::of(request, entry, keys)
        .mail(to, brand)
        .about(request.request_id)
}
