//! What a decision was about.
//!
//! What is decided is what is paid: a decision keeps a digest of what its approver was shown, and
//! nothing is paid unless the request still has that digest.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::link_keys::hex;
use crate::money::Usd;
use crate::request::Request;

/// The digest of what is decided on: the charge, the amount that is to be paid, the reason and every other answer, and
/// the definition's version.
pub fn digest(request: &Request, version: &str) -> String {
    digest_at(request, version, request.amount())
}

/// The same as it was when so much was to be paid.
pub(crate) fn digest_at(request: &Request, version: &str, amount: Option<Usd>) -> String {
    let answers: Vec<_> = request
        .answers
        .iter()
        // What an approver adds for the customer, who left it out, is no change of what was asked.
        .map(|answer| match answer.given_by {
            None => json!([answer.name, answer.value]),
            Some(_) => json!([answer.name, null]),
        })
        .collect();
    let mut viewed = vec![
        json!(request.request_id),
        json!(request.offering),
        json!(version),
        json!(answers),
    ];
    // What was asked for stands among the answers.
    let less = amount.filter(|amount| Some(*amount) != request.requested_amount());
    viewed.extend(less.map(|amount| json!(amount)));
    digest_of(&json!(viewed))
}

/// The SHA-256 of a document, in hexadecimal.
pub fn digest_of(document: &serde_json::Value) -> String {
    hex(&Sha256::digest(document.to_string()))
}
