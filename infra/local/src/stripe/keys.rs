//! Idempotency keys: the first answer stands for a day, the same key with something else is refused, and a
//! key whose first request is still running is in use.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    pub(crate) body: Value,
    pub(crate) at: i64,
}

/// What a key says about a request that wants to begin.
#[derive(Debug)]
pub(crate) enum Begin {
    /// Nothing is known: go on, and `finish` or `abandon` it.
    Fresh,
    /// It was answered before.
    Replay(Answer),
    Refused(StripeError),
}

#[derive(Debug, Default)]
pub(crate) struct Keys {
    answers: HashMap<String, Answer>,
    running: HashSet<String>,
}

impl Keys {
    pub(crate) fn begin(&mut self, key: &str, request: &Fingerprint, now: i64) -> Begin {
        if key.chars().count() > MAX_KEY_CHARS {
            let message =
                format!("Idempotency keys can be up to {MAX_KEY_CHARS} characters in length.");
            return Begin::Refused(StripeError::idempotency(message));
        }
        if self.running.contains(key) {
            return Begin::Refused(in_use(key));
        }
        match self.answers.get(key) {
            Some(answer) if now < answer.at.saturating_add(KEPT_SECONDS) => {
                match mismatch(answer, request) {
                    Some(error) => Begin::Refused(error),
                    None => Begin::Replay(answer.clone()),
                }
            }
            _ => {
                self.running.insert(key.to_owned());
                Begin::Fresh
            }
        }
    }

    /// The request was answered, and the answer is kept.
    pub(crate) fn finish(&mut self, answer: Answer) {
        self.running.remove(&answer.key);
        self.answers.insert(answer.key.clone(), answer);
    }

    /// The request never began to execute: the key is free again.
    pub(crate) fn abandon(&mut self, key: &str) {
        self.running.remove(key);
    }
}

fn mismatch(answer: &Answer, request: &Fingerprint) -> Option<StripeError> {
    let key = &answer.key;
    let hint =
        format!("Try using a key other than '{key}' if you meant to execute a different request.");
    if answer.request.path != request.path {
        return Some(StripeError::idempotency(format!(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for \
             ('{}' vs '{}'). {hint}",
            request.path, answer.request.path
        )));
    }
    (answer.request.params != request.params).then(|| {
        StripeError::idempotency(format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. \
             {hint}"
        ))
    })
}

fn in_use(key: &str) -> StripeError {
    StripeError::idempotency(format!(
        "There is currently another in-progress request using this Idempotent Key (that probably means you \
         submitted twice, and the other request is still going through): {key}. Please try again later."
    ))
    .status(409)
    .code("idempotency_key_in_use")
}
