//! A request to test with.

use jiff::Timestamp;
use serde_json::json;

use super::{Request, Submission};
use crate::audit::AuditRecord;
use crate::id::RequestId;
use crate::task::Offering;

/// The offering of [`request`].
pub fn offering() -> Offering {
    serde_json::from_value(json!({
        "path": "customer-success/refund-request",
        "service": {"name": "Customer Success", "description": "Requests handled by the CS team"},
        "offering": {"name": "Refund Request", "description": "Process a refund"},
        "firstPhase": "CSM Review",
        "form": {"amountField": "refundAmount", "emailField": "customerEmail", "chargeField": "chargeIdToRefund",
                 "customerField": "stripeCustomerId", "fields": [
            {"name": "customerEmail", "label": "Customer Email", "type": "email", "required": true},
            {"name": "stripeCustomerId", "label": "Stripe Customer ID", "type": "text", "format": "stripe-customer", "required": false},
            {"name": "chargeIdToRefund", "label": "Charge ID to Refund", "type": "text", "format": "stripe-charge", "required": true},
            {"name": "refundAmount", "label": "Refund Amount (USD)", "type": "usd", "required": true},
            {"name": "reason", "label": "Reason", "type": "select", "options": ["Duplicate charge", "Other"], "required": true},
            {"name": "notes", "label": "Notes", "type": "textarea", "required": true}
        ]}
    }))
    .expect("the fixture is a valid offering")
}

/// A request of 50 USD by ada@example.com, just submitted.
pub fn request() -> (Request, AuditRecord) {
    let offering = offering();
    let answers = [
        ("customerEmail", "ada@example.com"),
        ("chargeIdToRefund", "ch_1"),
        ("refundAmount", "50"),
        ("reason", "Duplicate charge"),
        ("notes", "Charged twice in May."),
    ]
    .map(|(name, text)| (name.to_owned(), crate::form::Answer::Text(text.to_owned())));
    let values = offering
        .form
        .check(&answers)
        .expect("the fixture is a valid form");
    Request::submit(Submission {
        request_id: RequestId::random(),
        offering: &offering,
        values: &values,
        origin: "https://refunds.example.com".to_owned(),
        about: None,
        at: Timestamp::UNIX_EPOCH,
    })
}
