//! What Stripe tells by itself: signed events about refunds.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use domain::approval::hex;

/// How far an event's time may be from ours, in both directions.
const TOLERANCE: Duration = Duration::from_mins(5);

/// The fewest characters of a secret, after `whsec_`.
const SHORTEST: usize = 20;

/// The secret of a webhook endpoint, `whsec_...`.
#[derive(Clone)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// The secrets in a list with commas. There are two while one is replaced by another. What cannot be a secret of
    /// Stripe's is left out, so that nobody signs with the placeholder of the documentation: the list can be empty.
    pub fn parse_list(text: &str) -> Vec<Self> {
        let secrets = text.split(',').map(str::trim);
        let secrets = secrets.filter(|secret| is_secret(secret));
        secrets.map(|secret| Self(secret.to_owned())).collect()
    }

    /// The signature of a body that is sent at a time in Unix seconds.
    pub fn sign(&self, at: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(at.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        hex(&mac.finalize().into_bytes())
    }
}

/// Whether it can be one of Stripe's, which have at least 32 random characters, or long enough to be one of a machine of
/// one's own.
fn is_secret(text: &str) -> bool {
    let random = text.strip_prefix("whsec_").unwrap_or_default();
    random.len() >= SHORTEST
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(secret)")
    }
}

/// Why an event is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no `Stripe-Signature`, or it has no time or no signature of a known scheme.
    #[error("the Stripe-Signature header is missing or cannot be read")]
    Invalid,
    /// None of the signatures is ours.
    #[error("the signature is not that of any of our secrets")]
    Wrong,
    /// It was signed too long ago, or in the future: somebody may have kept it.
    #[error("the signature is from another time")]
    Untimely,
}

/// Believes a body if one of its `v1` signatures was made with one of the secrets, about now.
///
/// The bytes are those that were sent: a document that was read and written again is another one.
pub fn verify(
    header: &str,
    body: &[u8],
    secrets: &[WebhookSecret],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let (mut at, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => at = value.parse::<i64>().ok(),
            Some(("v1", value)) => signatures.push(value),
            // `v0` and whatever comes are for others.
            Some(_) | None => {}
        }
    }
    let at = at.ok_or(SignatureError::Invalid)?;
    if signatures.is_empty() {
        return Err(SignatureError::Invalid);
    }
    // Every pair is compared, and each in constant time: how long it takes says nothing.
    let known = secrets.iter().fold(false, |known, secret| {
        let expected = secret.sign(at, body);
        signatures.iter().fold(known, |known, signature| {
            known | bool::from(signature.as_bytes().ct_eq(expected.as_bytes()))
        })
    });
    if !known {
        return Err(SignatureError::Wrong);
    }
    if now.as_second().abs_diff(at) > TOLERANCE.as_secs() {
        return Err(SignatureError::Untimely);
    }
    Ok(())
}

/// An event, as far as refunds are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeEvent {
    /// `evt_...`: the same when it is sent again.
    pub id: String,
    /// Stripe's id of the refund that it is about. None: it is about something else.
    pub refund: Option<String>,
}

impl StripeEvent {
    /// Reads an event. None when it is not one.
    pub fn read(body: &[u8]) -> Option<Self> {
        let event: Value = serde_json::from_slice(body).ok()?;
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let about_refunds = matches!(
            event["type"].as_str()?,
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated"
        );
        let refund = text(&event["data"]["object"]["id"]);
        Some(Self {
            id: text(&event["id"])?,
            refund: if about_refunds { Some(refund?) } else { None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
    const V1: &str = "4c15fb2a43f93ef61eaa3e0893866d57cad9cad4223242cfb96f362480cb4021";
    const AT: i64 = 1_700_000_000;

    fn check(header: &str, body: &[u8], secrets: &str, now: i64) -> Result<(), SignatureError> {
        let secrets: Vec<_> = secrets
            .split(", ")
            .map(|secret| WebhookSecret(secret.to_owned()))
            .collect();
        verify(header, body, &secrets, Timestamp::from_second(now).unwrap())
    }

    #[test]
    fn the_published_vector() {
        let secret = WebhookSecret("whsec_test".to_owned());
        assert_eq!(secret.sign(AT, BODY), V1);
    }

    #[test]
    fn what_is_believed_and_what_is_not() {
        use SignatureError::{Invalid, Untimely, Wrong};
        let good = format!("t={AT},v1={V1}");
        let wrong = "0".repeat(64);
        for (header, secrets, now, wanted) in [
            (good.clone(), "whsec_test", AT, Ok(())),
            (good.clone(), "whsec_new, whsec_test", AT, Ok(())),
            (
                format!("t={AT},v1={wrong},v1={V1}"),
                "whsec_test",
                AT,
                Ok(()),
            ),
            (format!("t={AT}, v1={V1} , v0=x"), "whsec_test", AT, Ok(())),
            (good.clone(), "whsec_test", AT + 300, Ok(())),
            (good.clone(), "whsec_test", AT - 300, Ok(())),
            (good.clone(), "whsec_test", AT + 301, Err(Untimely)),
            (good.clone(), "whsec_test", AT - 301, Err(Untimely)),
            (good.clone(), "whsec_other", AT, Err(Wrong)),
            (
                format!("t={},v1={V1}", AT + 1),
                "whsec_test",
                AT,
                Err(Wrong),
            ),
            (
                format!("t={AT},v1={}", V1.to_uppercase()),
                "whsec_test",
                AT,
                Err(Wrong),
            ),
            (
                format!("t={AT},v1={}", &V1[..63]),
                "whsec_test",
                AT,
                Err(Wrong),
            ),
            (format!("t={AT},v0={V1}"), "whsec_test", AT, Err(Invalid)),
            (format!("v1={V1}"), "whsec_test", AT, Err(Invalid)),
            (format!("t=now,v1={V1}"), "whsec_test", AT, Err(Invalid)),
            (String::new(), "whsec_test", AT, Err(Invalid)),
        ] {
            assert_eq!(
                check(&header, BODY, secrets, now),
                wanted,
                "{header} {secrets} {now}"
            );
        }
        let spaced = br#"{"id": "evt_1","object":"event"}"#;
        assert_eq!(check(&good, spaced, "whsec_test", AT), Err(Wrong));
        let shown = format!("{:?}", WebhookSecret("whsec_test".to_owned()));
        assert!(!shown.contains("whsec"), "{shown}");
    }

    #[test]
    fn a_placeholder_is_no_secret() {
        let real = "whsec_4eC39HqLyjWDarjtT1zdp7dc4eC39HqL";
        for (text, secrets) in [
            (real.to_owned(), 1),
            (format!("{real}, {real}"), 2),
            (format!("whsec_none_yet,{real}"), 1),
            ("whsec_none_yet".to_owned(), 0),
            ("whsec_...".to_owned(), 0),
            ("4eC39HqLyjWDarjtT1zdp7dc4eC39HqL".to_owned(), 0),
            (" , ".to_owned(), 0),
        ] {
            assert_eq!(WebhookSecret::parse_list(&text).len(), secrets, "{text}");
        }
    }

    #[test]
    fn events_about_refunds_have_one_and_others_none() {
        let read = |body: serde_json::Value| StripeEvent::read(body.to_string().as_bytes());
        let refund = serde_json::json!({"id": "re_1", "amount": 5, "status": "failed"});
        let event =
            serde_json::json!({"id": "evt_1", "type": "refund.failed", "data": {"object": refund}});
        assert_eq!(read(event).unwrap().refund.as_deref(), Some("re_1"));
        let other =
            serde_json::json!({"id": "evt_2", "type": "charge.refunded", "data": {"object": {}}});
        assert_eq!(read(other).unwrap().refund, None);
        let broken =
            serde_json::json!({"id": "evt_3", "type": "refund.failed", "data": {"object": {}}});
        assert_eq!(read(broken), None);
        assert_eq!(StripeEvent::read(b"garbled"), None);
    }
}
