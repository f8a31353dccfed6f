//! The account and its journal: one call at a time looks, decides and writes. A change and the answer kept under
//! its idempotency key are one line of the journal, so a crash never leaves one without the other.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account::{Account, Change, Event};
use super::error::StripeError;
use super::idempotency::{Answer, Fingerprint, earlier};
use crate::clock::Clock;
use crate::journal::Journal;

/// A fake of one Stripe account in test mode.
#[derive(Debug)]
pub struct FakeStripe {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    account: Account,
    /// By their idempotency keys.
    answers: HashMap<String, Answer>,
    journal: Journal<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    change: Option<Change>,
    answer: Option<Answer>,
}

/// What goes back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// The id of the request that was answered first, when this is its answer again.
    pub(crate) replay_of: Option<String>,
}

impl Reply {
    pub(crate) fn new(outcome: Result<Value, StripeError>) -> Self {
        let (status, body) = match outcome {
            Ok(body) => (200, body),
            Err(error) => (error.status, json!({ "error": error })),
        };
        Self {
            status,
            body: format!("{body:#}\n"),
            replay_of: None,
        }
    }
}

impl FakeStripe {
    /// Opens the account kept in `<data>/stripe.jsonl`; None keeps nothing.
    pub fn open(data: Option<&Path>, clock: Clock) -> io::Result<Self> {
        let path = data.map(|data| data.join("stripe.jsonl"));
        let (journal, lines) = Journal::open(path.as_deref())?;
        let mut state = State {
            account: Account::demo(),
            answers: HashMap::new(),
            journal,
        };
        for line in lines {
            state.apply(line);
        }
        Ok(Self {
            clock,
            state: Mutex::new(state),
        })
    }

    /// Looks without changing anything.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Account, i64) -> T) -> T {
        let now = self.now();
        look(&self.state.lock().account, now)
    }

    /// Runs a call that changes something, once per idempotency key. Calls run one after the other, each to
    /// its end, so no key is ever in use.
    pub(crate) fn change(
        &self,
        key: Option<&str>,
        request: Fingerprint,
        request_id: &str,
        decide: impl FnOnce(&Account, i64) -> Result<(Change, Value), StripeError>,
    ) -> Result<Reply, StripeError> {
        let now = self.now();
        let mut state = self.state.lock();
        let earlier = key.map(|key| earlier(&state.answers, key, &request, now));
        if let Some(answer) = earlier.transpose()?.flatten() {
            return Ok(Reply {
                status: answer.status,
                body: answer.body.clone(),
                replay_of: Some(answer.request_id.clone()),
            });
        }
        let (change, outcome) = match decide(&state.account, now) {
            Ok((change, body)) => (Some(change), Ok(body)),
            Err(error) if error.executed && key.is_some() => (None, Err(error)),
            Err(error) => return Err(error),
        };
        let reply = Reply::new(outcome);
        let answer = key.map(|key| Answer {
            key: key.to_owned(),
            request,
            request_id: request_id.to_owned(),
            status: reply.status,
            body: reply.body.clone(),
            at: now,
        });
        state.keep(Line { change, answer }).map_err(|error| {
            tracing::error!(%error, "the Stripe fake could not write its journal");
            let error = StripeError::invalid("The fake could not write to its disk.");
            error.status(500).kind("api_error")
        })?;
        Ok(reply)
    }

    /// Notes that an event was accepted, so that it is not sent again.
    pub(crate) fn delivered(&self, event: Event) {
        let line = Line {
            change: Some(Change::EventDelivered(event)),
            answer: None,
        };
        if let Err(error) = self.state.lock().keep(line) {
            tracing::error!(%error, "the Stripe fake could not write its journal");
        }
    }

    /// The time in Unix seconds by the account's clock.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_second()
    }
}

impl State {
    /// On disk first, then in memory.
    fn keep(&mut self, line: Line) -> io::Result<()> {
        self.journal.append(&line)?;
        self.apply(line);
        Ok(())
    }

    fn apply(&mut self, line: Line) {
        if let Some(change) = line.change {
            self.account.apply(change);
        }
        if let Some(answer) = line.answer {
            self.answers.insert(answer.key.clone(), answer);
        }
    }
}
