//! What a decision was about.
//!
//! What is decided is what is paid: a decision keeps a digest of what its approver was shown, and
//! nothing is paid unless the request still has that digest.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::key::hex;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Value;
    use crate::money::Usd;
    use crate::request::fixture;

    #[test]
    fn every_answer_and_the_version_count_and_nothing_else_does() {
        let (request, _) = fixture::request();
        let decided = digest(&request, "v1");
        for position in 0..request.answers.len() {
            let mut other = request.clone();
            other.answers[position].value = Some(Value::Text("ch_2".into()));
            assert_ne!(digest(&other, "v1"), decided, "answer {position}");
        }
        let mut cent = request.clone();
        let amount = cent
            .answers
            .iter_mut()
            .find(|a| a.name.as_str() == "refundAmount");
        amount.unwrap().value = Some(Value::Cents(Usd::from_cents(5001).unwrap()));
        assert_ne!(digest(&cent, "v1"), decided);
        assert_ne!(digest(&request, "v2"), decided);

        let mut later = request.clone();
        later.audit_count += 1;
        later.updated_at = jiff::Timestamp::MAX;
        assert_eq!(digest(&later, "v1"), decided);
    }
}
