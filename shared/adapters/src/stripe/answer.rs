//! What an answer of Stripe's means: a pure function, so that every row of it is a line of a table.

use domain::stripe::StripeError;
use serde::Deserialize;

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

/// Stripe's codes for what is wrong with our key or our account, whatever is asked for.
const CONFIGURATION: [&str; 8] = [
    "account_closed",
    "account_invalid",
    "api_key_expired",
    "livemode_mismatch",
    "platform_account_required",
    "platform_api_key_expired",
    "secret_key_required",
    "testmode_charges_only",
];
/// What Stripe says, in lower case, when our account cannot pay a refund.
const FUNDS: [&str; 2] = [
    "insufficient funds in your stripe balance",
    "insufficient available funds in your stripe",
];

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

impl ErrorDetail {
    /// Whether it is about this call, rather than about Stripe itself.
    fn is_a_no(&self) -> bool {
        matches!(self.r#type.as_str(), "invalid_request_error" | "card_error")
    }

    /// What a no is about: this call, our account's balance, or our configuration.
    ///
    /// Not every one of them has a code: an object of the other mode is `resource_missing` like one that does not exist,
    /// and a balance that is too low had none for years.
    fn refusal(self) -> StripeError {
        let message = self
            .message
            .unwrap_or_else(|| "Stripe gave no message.".to_owned());
        let code = self.code.as_deref().unwrap_or_default();
        let says = |words: &str| message.to_ascii_lowercase().contains(words);
        if CONFIGURATION.contains(&code) || says("a similar object exists in") {
            StripeError::Misconfigured(message)
        } else if code == "balance_insufficient" || FUNDS.iter().any(|words| says(words)) {
            StripeError::InsufficientFunds(message)
        } else {
            StripeError::Refused {
                message,
                code: self.code,
            }
        }
    }
}

/// What an answer means.
///
/// Only an error that Stripe spells out with a status of 400, 402 or 404 is a refusal. A body that
/// does not parse is never taken for an answer, whatever its status.
pub fn classify<T: for<'de> Deserialize<'de>>(answer: Answer<'_>) -> Result<T, StripeError> {
    let (status, should_retry) = (answer.status, answer.should_retry);
    if (200..300).contains(&status) {
        return serde_json::from_slice(answer.body)
            .map_err(|_| StripeError::Unknown(format!("a {status} that cannot be read")));
    }
    let error = serde_json::from_slice(answer.body).ok();
    let error = error.map(|body: ErrorBody| body.error);
    let what = format!("status {status}");
    Err(match (status, error) {
        (401, _) => StripeError::KeyRefused,
        (403 | 300..=399, _) => StripeError::Misconfigured(what),
        // A key in use says so with this type too, and a status of its own.
        (400, Some(error)) if error.r#type == "idempotency_error" => {
            StripeError::Misconfigured("the idempotency key was used for another call".to_owned())
        }
        (400 | 402 | 404, Some(error)) if error.is_a_no() && should_retry != Some(true) => {
            error.refusal()
        }
        (409 | 429, _) if should_retry != Some(false) => StripeError::Busy(what),
        (400 | 402 | 404, Some(_)) if should_retry == Some(true) => StripeError::Busy(what),
        _ if should_retry == Some(false) => StripeError::Undecided(what),
        _ => StripeError::Unknown(what),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Thing {
        id: String,
    }

    /// The things that can be done about an answer, and what one of them is done about.
    #[derive(Debug, PartialEq)]
    enum Do {
        Take,
        RetryWithTheSameKey,
        Deny,
        WaitForFunds,
        Reconcile,
        ReconcileAndStop,
        Alarm,
    }

    fn error(kind: &str) -> String {
        format!(r#"{{"error":{{"type":"{kind}","code":"some_code","message":"No."}}}}"#)
    }

    #[test]
    fn a_no_is_about_the_call_our_balance_or_our_configuration() {
        let classified = |code: &str, message: &str| {
            let body = serde_json::json!({"error": {
                "type": "invalid_request_error", "code": code, "message": message,
            }});
            classify::<Thing>(Answer {
                status: 400,
                should_retry: None,
                body: body.to_string().as_bytes(),
            })
            .unwrap_err()
        };
        let other_mode = "No such charge: 'ch_1'; a similar object exists in live mode, but a test mode key was used";
        let funds = "Insufficient funds in your Stripe balance to refund this amount.";
        for (code, message) in [
            ("resource_missing", other_mode),
            ("livemode_mismatch", "No."),
            ("testmode_charges_only", "No."),
            ("account_invalid", "No."),
        ] {
            let wanted = StripeError::Misconfigured(message.to_owned());
            assert_eq!(classified(code, message), wanted, "{code}");
        }
        for (code, message) in [("balance_insufficient", "No."), ("", funds)] {
            let wanted = StripeError::InsufficientFunds(message.to_owned());
            assert_eq!(classified(code, message), wanted, "{code}");
        }
        for (code, message) in [
            ("resource_missing", "No such charge: 'ch_1'"),
            ("charge_disputed", "No."),
            // Of the customer's account, which is for this call alone.
            ("insufficient_funds", "Your card has insufficient funds."),
        ] {
            assert!(
                matches!(classified(code, message), StripeError::Refused { .. }),
                "{code}"
            );
        }
    }

    #[test]
    fn every_answer_has_one_meaning() {
        let invalid = error("invalid_request_error");
        let card = error("card_error");
        let api = error("api_error");
        let idempotency = error("idempotency_error");
        let none = r#"{"error":{"type":"invalid_request_error"}}"#;
        let funds = r#"{"error":{"type":"invalid_request_error","code":"balance_insufficient"}}"#;
        let (yes, no) = (Some(true), Some(false));
        let rows: &[(u16, Option<bool>, &str, Do)] = &[
            (200, None, r#"{"id":"x","more":1}"#, Do::Take),
            (201, None, r#"{"id":"x"}"#, Do::Take),
            (200, None, "garbled", Do::Reconcile),
            (200, None, "{}", Do::Reconcile),
            (200, None, r#"{"id":"x""#, Do::Reconcile),
            (200, None, "", Do::Reconcile),
            (400, None, &invalid, Do::Deny),
            (402, None, &card, Do::Deny),
            (404, None, &invalid, Do::Deny),
            (400, None, none, Do::Deny),
            (400, None, funds, Do::WaitForFunds),
            (400, no, &invalid, Do::Deny),
            (400, yes, &invalid, Do::RetryWithTheSameKey),
            (400, None, "<html>", Do::Reconcile),
            (400, None, &api, Do::Reconcile),
            (400, None, &idempotency, Do::Alarm),
            (409, None, &idempotency, Do::RetryWithTheSameKey),
            (409, None, &invalid, Do::RetryWithTheSameKey),
            (409, no, &invalid, Do::ReconcileAndStop),
            (429, None, &invalid, Do::RetryWithTheSameKey),
            (429, None, "slow down", Do::RetryWithTheSameKey),
            (429, no, &invalid, Do::ReconcileAndStop),
            (500, None, &api, Do::Reconcile),
            (500, yes, &api, Do::Reconcile),
            (500, no, &api, Do::ReconcileAndStop),
            (502, None, "<html>", Do::Reconcile),
            (503, None, "", Do::Reconcile),
            (418, None, &invalid, Do::Reconcile),
            (401, None, &invalid, Do::Alarm),
            (401, yes, "", Do::Alarm),
            (403, None, &invalid, Do::Alarm),
            (302, None, "", Do::Alarm),
        ];
        for (status, should_retry, body, wanted) in rows {
            let answer = Answer {
                status: *status,
                should_retry: *should_retry,
                body: body.as_bytes(),
            };
            let found = match classify::<Thing>(answer) {
                Ok(_) => Do::Take,
                Err(StripeError::Refused { .. }) => Do::Deny,
                Err(StripeError::InsufficientFunds(_)) => Do::WaitForFunds,
                Err(StripeError::Busy(_)) => Do::RetryWithTheSameKey,
                Err(StripeError::Unknown(_)) => Do::Reconcile,
                Err(StripeError::Undecided(_)) => Do::ReconcileAndStop,
                Err(StripeError::Misconfigured(_) | StripeError::KeyRefused) => Do::Alarm,
            };
            assert_eq!(found, *wanted, "{status} {should_retry:?} {body}");
        }
    }

    #[test]
    fn a_refusal_keeps_stripes_words_and_nothing_else_does() {
        let body = error("invalid_request_error");
        let answer = |status| Answer {
            status,
            should_retry: None,
            body: body.as_bytes(),
        };
        let refused = classify::<Thing>(answer(400)).unwrap_err();
        let expected = StripeError::Refused {
            message: "No.".to_owned(),
            code: Some("some_code".to_owned()),
        };
        assert_eq!(refused, expected);
        assert_eq!(refused.to_string(), "Stripe refused");
        for status in [401, 403, 409, 429, 500] {
            let error = classify::<Thing>(answer(status)).unwrap_err();
            assert!(!error.to_string().contains("No."), "{error}");
        }
    }
}
