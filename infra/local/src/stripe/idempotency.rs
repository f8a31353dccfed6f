//! Idempotency keys: the first answer stands for a day, and the same key with something else is refused.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::error::StripeError;
use super::params::Pairs;

/// Stripe may forget a key after a day; from then on the same key **acts again**.
const KEPT_SECONDS: i64 = 24 * 60 * 60;
const MAX_KEY_CHARS: usize = 255;

/// A request as far as its key is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    pub(crate) path: String,
    pub(crate) params: Pairs,
}

/// An answer that is kept under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) key: String,
    pub(crate) request: Fingerprint,
    pub(crate) request_id: String,
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) at: i64,
}

/// The answer to a request that was made with this key before.
pub(crate) fn earlier<'a>(
    answers: &'a HashMap<String, Answer>,
    key: &str,
    request: &Fingerprint,
    now: i64,
) -> Result<Option<&'a Answer>, StripeError> {
    if key.chars().count() > MAX_KEY_CHARS {
        return Err(mismatch(format!(
            "Idempotency keys can be up to {MAX_KEY_CHARS} characters in length."
        )));
    }
    let forgotten = now.saturating_sub(KEPT_SECONDS);
    let answer = answers.get(key);
    let Some(answer) = answer.filter(|answer| answer.at > forgotten) else {
        return Ok(None);
    };
    let problem = if answer.request.path != request.path {
        format!(
            "for the same endpoint they were first used for ('{}' vs '{}')",
            request.path, answer.request.path
        )
    } else if answer.request.params != request.params {
        "with the same parameters they were first used with".to_owned()
    } else {
        return Ok(Some(answer));
    };
    Err(mismatch(format!(
        "Keys for idempotent requests can only be used {problem}. Try using a key other than '{key}' if you \
         meant to execute a different request."
    )))
}

fn mismatch(message: String) -> StripeError {
    StripeError::invalid(message).kind("idempotency_error")
}
