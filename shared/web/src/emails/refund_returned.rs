//! The mail to the customer who was told that a refund was made, when the money came back.

use domain::approval::LinkKeys;
use domain::brand::Brand;
use domain::mail::Mail;
use domain::refund::RefundEntry;
use domain::request::Request;
use serde::Serialize;

use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct RefundReturnedContext {
    amount: String,
    reference: String,
    status_url: String,
}

impl Template for RefundReturnedContext {
    const FILES: Files = files!("refund_returned");
}

impl RefundReturnedContext {
    pub(super) fn of(request: &Request, entry: &RefundEntry, keys: &LinkKeys) -> Self {
        Self {
            amount: entry.amount.to_string(),
            reference: request.reference().to_string(),
            status_url: request.status_url(keys),
        }
    }
}

/// The mail that says, without Stripe's words, that the refund did not arrive and what happens now.
pub fn refund_returned(
    brand: &Brand,
    request: &Request,
    entry: &RefundEntry,
    keys: &LinkKeys,
    to: &str,
) -> Mail {
    let context = RefundReturnedContext::of(request, entry, keys);
    context
        .mail(to, brand)
        .related_to(request.request_id, &request.phase)
}
