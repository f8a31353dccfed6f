//! The account and its journal: one call at a time looks, decides and writes. A change and the answer kept under
//! its idempotency key are one line of the journal, so a crash never leaves one without the other.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::account::{Account, Change, EventKey};
use super::error::StripeError;
use super::idempotency::{Answer, Answers, Fingerprint};
use crate::clock::Clock;
use crate::journal::Journal;

/// A fake of one Stripe account in test mode.
#[derive(Debug)]
pub struct FakeStripe {
    clock: Clock,
    state: Mutex<State>,
    /// Something happened that an event is about.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    account: Account,
    answers: Answers,
    journal: Journal<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
            answers: Answers::default(),
            journal,
        };
        for line in lines {
            state.apply(line);
        }
        Ok(Self {
            clock,
            state: Mutex::new(state),
            changed: Notify::new(),
        })
    }

    /// Looks without changing anything.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Account, i64) -> T) -> T {
        let now = self.now();
        look(&self.lock().account, now)
    }

    /// Runs a call that changes something, once per idempotency key. Calls run one after the other, each to
    /// its end, so no key is ever in use.
    pub(crate) fn change(
        &self,
        key: Option<&str>,
        request: Fingerprint,
        request_id: &str,
        decide: impl FnOnce(&Account, i64) -> Result<(Change, Value), StripeError>,
    ) -> Reply {
        let now = self.now();
        let mut state = self.lock();
        if let Some(key) = key {
            match state.answers.find(key, &request, now) {
                Ok(None) => {}
                Ok(Some(answer)) => {
                    return Reply {
                        status: answer.status,
                        body: answer.body.clone(),
                        replay_of: Some(answer.request_id.clone()),
                    };
                }
                Err(error) => return Reply::new(Err(error)),
            }
        }
        let decided = decide(&state.account, now);
        let (change, outcome, executed) = match decided {
            Ok((change, body)) => (Some(change), Ok(body), true),
            Err(error) => (None, Err(error.clone()), error.executed),
        };
        let reply = Reply::new(outcome);
        let answer = key.filter(|_| executed).map(|key| Answer {
            key: key.to_owned(),
            request,
            request_id: request_id.to_owned(),
            status: reply.status,
            body: reply.body.clone(),
            at: now,
        });
        if let Err(error) = state.keep(Line { change, answer }) {
            tracing::error!(%error, "the Stripe fake could not write its journal");
            let error = StripeError::invalid("The fake could not write to its disk.");
            return Reply::new(Err(error.status(500).kind("api_error")));
        }
        self.changed.notify_waiters();
        reply
    }

    /// Waits until an event is due.
    pub(crate) async fn next_event(&self) {
        loop {
            // Subscribed before the look: what happens in between is noticed.
            let changed = self.changed.notified();
            let next = self.look(|account, _| account.events.keys().next().map(|event| event.at));
            match next.and_then(|at| Timestamp::from_second(at).ok()) {
                Some(at) if at <= self.clock.now() => return,
                Some(at) => tokio::select! {
                    () = changed => {}
                    () = self.clock.sleep_until(at) => {}
                },
                None => changed.await,
            }
        }
    }

    /// Notes that an event was accepted, so that it is not sent again.
    pub(crate) fn delivered(&self, event: EventKey) {
        let line = Line {
            change: Some(Change::EventDelivered(event)),
            answer: None,
        };
        if let Err(error) = self.lock().keep(line) {
            tracing::error!(%error, "the Stripe fake could not write its journal");
        }
    }

    /// The time in Unix seconds by the account's clock.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves it half changed: a panic elsewhere is no reason to stop.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// On disk first, then in memory.
    fn keep(&mut self, line: Line) -> io::Result<()> {
        if line.change.is_none() && line.answer.is_none() {
            return Ok(());
        }
        self.journal.append(&line)?;
        self.apply(line);
        Ok(())
    }

    fn apply(&mut self, line: Line) {
        if let Some(change) = line.change {
            self.account.apply(change);
        }
        if let Some(answer) = line.answer {
            self.answers.keep(answer);
        }
    }
}
