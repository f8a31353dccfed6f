//! What a decision was about.
//!
//! What is decided is what is paid: a decision keeps a digest of what its approver was shown, and
//! nothing is paid unless the request still has that digest.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::link_key::hex;
use crate::request::Request;

/// The digest of what is decided on: the charge, the amount, the reason and every other answer, and the
/// definition's version.
pub fn digest(request: &Request, version: &str) -> String {
    let answers: Vec<_> = request
        .answers
        .iter()
        // What an approver adds for the customer, who left it out, is no change of what was asked.
        .map(|answer| match answer.given_by {
            None => json!([answer.name, answer.value]),
            Some(_) => json!([answer.name, null]),
        })
        .collect();
    digest_of(&json!([
        request.request_id,
        request.offering,
        version,
        answers
    ]))
}

/// The SHA-256 of a document, in hexadecimal.
pub fn digest_of(document: &serde_json::Value) -> String {
    hex(&Sha256::digest(document.to_string()))
}
