//! The port to Stripe: the few calls that a refund needs, and what their answers mean.
//!
//! [`classify`] is the heart: a pure function from an answer to one of four meanings. The client only
//! carries bytes, and `issue-refund` only obeys.

use std::collections::BTreeMap;
use std::future::Future;

use serde::Deserialize;

use crate::money::Usd;
use crate::task::StripeReason;

#[cfg(feature = "stripe")]
mod client;
pub mod memory;

#[cfg(feature = "stripe")]
pub use client::HttpStripe;

/// What is to be paid back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundOrder {
    /// A charge `ch_...` or a payment intent `pi_...`.
    pub charge: String,
    /// How much.
    pub amount: Usd,
    /// Stripe's word for why.
    pub reason: StripeReason,
    /// What else Stripe keeps with the refund: among it `request_id`, by which it is found again.
    pub metadata: BTreeMap<String, String>,
    /// The key under which a repeated call gets the first call's answer.
    pub idempotency_key: String,
}

/// The parameter that names what is refunded: Stripe takes a payment intent under its own name.
pub fn charge_parameter(charge: &str) -> &'static str {
    if charge.starts_with("pi_") {
        "payment_intent"
    } else {
        "charge"
    }
}

/// A refund as Stripe describes it. The status stays open to new words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refund {
    /// `re_...`
    pub id: String,
    /// In the smallest unit of the charge's currency.
    pub amount: u64,
    /// `pending`, `requires_action`, `succeeded`, `failed`, `canceled`, or new.
    pub status: Option<String>,
    /// Why it failed, when it did.
    #[serde(default)]
    pub failure_reason: Option<String>,
    /// What we stored with it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// What we look at of a charge or payment intent before paying.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Payment {
    /// In lower case, such as `usd`.
    pub currency: String,
}

/// What an answer other than the wanted one means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// A definite no. The message is Stripe's, word for word.
    #[error("Stripe refused")]
    Refused {
        /// For the team's eyes.
        message: String,
        /// Stripe's code, where it gives one.
        code: Option<String>,
    },
    /// It is not known whether anything happened: look, then try again with the same key.
    #[error("Stripe's answer is unknown: {0}")]
    Unknown(String),
    /// Our key or our use of the interface is wrong, whoever asks for whatever refund.
    #[error("Stripe refuses our configuration: {0}")]
    Misconfigured(String),
}

/// An answer as it came over the wire.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `Stripe-Should-Retry`, which overrules the status.
    pub should_retry: Option<bool>,
    /// The body.
    pub body: &'a [u8],
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    r#type: String,
    code: Option<String>,
    message: Option<String>,
}

/// What an answer means.
///
/// Only an error that Stripe spells out with a status of 400, 402 or 404 is a refusal. A body that
/// does not parse is never taken for an answer, whatever its status.
pub fn classify<T: for<'de> Deserialize<'de>>(answer: Answer<'_>) -> Result<T, StripeError> {
    let Answer {
        status,
        should_retry,
        body,
    } = answer;
    if (200..300).contains(&status) {
        return serde_json::from_slice(body)
            .map_err(|_| StripeError::Unknown(format!("a {status} that cannot be read")));
    }
    let error = serde_json::from_slice::<ErrorBody>(body)
        .ok()
        .map(|body| body.error);
    match (status, error) {
        (401 | 403 | 300..=399, _) => Err(StripeError::Misconfigured(format!("status {status}"))),
        (_, Some(error)) if error.r#type == "idempotency_error" => Err(StripeError::Misconfigured(
            "the idempotency key was used for another call".to_owned(),
        )),
        (400 | 402 | 404, Some(error)) if should_retry != Some(true) => Err(StripeError::Refused {
            message: error
                .message
                .unwrap_or_else(|| "Stripe gave no message.".to_owned()),
            code: error.code,
        }),
        _ => Err(StripeError::Unknown(format!("status {status}"))),
    }
}

/// Stripe.
pub trait Stripe: Send + Sync {
    /// Asks for a refund.
    fn create_refund(
        &self,
        order: &RefundOrder,
    ) -> impl Future<Output = Result<Refund, StripeError>> + Send;

    /// A refund, as it is now.
    fn refund(&self, id: &str) -> impl Future<Output = Result<Refund, StripeError>> + Send;

    /// All refunds of a charge or payment intent.
    fn refunds(
        &self,
        charge: &str,
    ) -> impl Future<Output = Result<Vec<Refund>, StripeError>> + Send;

    /// A charge or payment intent.
    fn payment(&self, charge: &str) -> impl Future<Output = Result<Payment, StripeError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, should_retry: Option<bool>, body: &str) -> Result<Refund, StripeError> {
        classify(Answer {
            status,
            should_retry,
            body: body.as_bytes(),
        })
    }

    fn error(kind: &str) -> String {
        format!(r#"{{"error":{{"type":"{kind}","code":"some_code","message":"No."}}}}"#)
    }

    #[test]
    fn every_answer_has_one_meaning() {
        let refund = r#"{"id":"re_1","amount":5000,"status":"succeeded","metadata":{"request_id":"x"},"more":1}"#;
        assert_eq!(meaning(200, None, refund).unwrap().id, "re_1");

        let refused = StripeError::Refused {
            message: "No.".into(),
            code: Some("some_code".into()),
        };
        for status in [400, 402, 404] {
            assert_eq!(
                meaning(status, None, &error("invalid_request_error")),
                Err(refused.clone())
            );
        }
        assert_eq!(
            meaning(400, Some(false), &error("card_error")),
            Err(refused)
        );

        for (status, should_retry, body) in [
            (200, None, "garbled".to_owned()),
            (200, None, "{}".to_owned()),
            (400, None, "<html>".to_owned()),
            (400, Some(true), error("invalid_request_error")),
            (409, None, error("invalid_request_error")),
            (429, None, error("rate_limit_error")),
            (500, None, error("api_error")),
            (500, Some(false), error("api_error")),
            (503, None, String::new()),
        ] {
            let answer = meaning(status, should_retry, &body);
            assert!(
                matches!(answer, Err(StripeError::Unknown(_))),
                "{status} {body}: {answer:?}"
            );
        }
        for (status, body) in [
            (401, error("invalid_request_error")),
            (403, error("invalid_request_error")),
            (302, String::new()),
            (400, error("idempotency_error")),
        ] {
            let answer = meaning(status, None, &body);
            assert!(
                matches!(answer, Err(StripeError::Misconfigured(_))),
                "{status} {body}: {answer:?}"
            );
        }
    }

    #[test]
    fn a_payment_intent_goes_under_its_own_name() {
        assert_eq!(charge_parameter("ch_1"), "charge");
        assert_eq!(charge_parameter("pi_1"), "payment_intent");
    }
}
