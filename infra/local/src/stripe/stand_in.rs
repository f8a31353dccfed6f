//! The state and its journal: one call at a time looks, decides and writes. A change and the answer kept under
//! its idempotency key are one line of the journal, so a crash never leaves one without the other.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;
use uuid::Uuid;

use super::error::StripeError;
use super::keys::{Answer, Begin, Fingerprint, Keys};
use super::model::{Change, World};
use super::{render, world};
use crate::clock::Clock;
use crate::journal::Journal;

/// A stand-in for one Stripe account in test mode.
#[derive(Debug)]
pub struct StandIn {
    clock: Clock,
    latency: Duration,
    state: Mutex<State>,
    /// Something happened that is to be told.
    news: Notify,
}

#[derive(Debug)]
struct State {
    world: World,
    keys: Keys,
    journal: Journal<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

/// A call that may change something.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) key: Option<String>,
    pub(crate) request: Fingerprint,
    pub(crate) request_id: String,
}

/// What goes back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// The id of the request that was answered first, when this is its answer again.
    pub(crate) replay_of: Option<String>,
}

impl From<StripeError> for Reply {
    fn from(error: StripeError) -> Self {
        Self {
            status: error.status,
            body: error.body(),
            replay_of: None,
        }
    }
}

impl StandIn {
    /// Opens the account kept in `<data>/stripe.jsonl`; None keeps nothing.
    pub fn open(data: Option<&Path>, clock: Clock) -> io::Result<Self> {
        let path = data.map(|data| data.join("stripe.jsonl"));
        let (journal, lines) = Journal::open(path.as_deref())?;
        let mut state = State {
            world: world::at_start(),
            keys: Keys::default(),
            journal,
        };
        for line in lines {
            state.take_in(line);
        }
        Ok(Self {
            clock,
            latency: Duration::ZERO,
            state: Mutex::new(state),
            news: Notify::new(),
        })
    }

    /// Makes every change take this long (real time), as one over the network does: what two calls at once
    /// meet, and what a caller that does not wait leaves behind.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Looks without changing anything.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&World, i64) -> T) -> T {
        let now = self.now();
        look(&self.lock().world, now)
    }

    /// Runs a call that changes something, once per idempotency key. It runs to its end even when the caller
    /// hangs up, as it does at Stripe.
    pub(crate) async fn change<F>(self: Arc<Self>, call: Call, decide: F) -> Reply
    where
        F: FnOnce(&World, i64) -> Result<Change, StripeError> + Send + 'static,
    {
        let run = tokio::spawn(async move {
            if let Some(reply) = self.begin(&call) {
                return reply;
            }
            tokio::time::sleep(self.latency).await;
            self.execute(call, decide)
        });
        run.await
            .unwrap_or_else(|_| StripeError::internal("The stand-in failed.").into())
    }

    /// Waits until an event is due.
    pub(crate) async fn next_event(&self) {
        loop {
            // Asked for before the look: what happens in between is noticed.
            let news = self.news.notified();
            let next = self.look(|world, _| world.events.iter().map(|event| event.at).min());
            match next.and_then(|at| Timestamp::from_second(at).ok()) {
                Some(at) if at <= self.clock.now() => return,
                Some(at) => tokio::select! {
                    () = news => {}
                    () = self.clock.sleep_until(at) => {}
                },
                None => news.await,
            }
        }
    }

    /// The time by the account's clock.
    pub(crate) fn time(&self) -> Timestamp {
        self.clock.now()
    }

    /// Notes that an event was taken in, so that it is not sent again.
    pub(crate) fn delivered(&self, event: &str) {
        let change = Change::EventDelivered {
            event: event.to_owned(),
        };
        let kept = self.lock().keep(Line {
            change: Some(change),
            answer: None,
        });
        if let Err(error) = kept {
            tracing::error!(%error, "the Stripe stand-in could not write its journal");
        }
    }

    fn begin(&self, call: &Call) -> Option<Reply> {
        let key = call.key.as_deref()?;
        match self.lock().keys.begin(key, &call.request, self.now()) {
            Begin::Fresh => None,
            Begin::Replay(answer) => Some(Reply {
                status: answer.status,
                body: answer.body,
                replay_of: Some(answer.request_id),
            }),
            Begin::Refused(error) => Some(error.into()),
        }
    }

    fn execute(
        &self,
        call: Call,
        decide: impl FnOnce(&World, i64) -> Result<Change, StripeError>,
    ) -> Reply {
        let now = self.now();
        let mut state = self.lock();
        let (reply, change, executed) = match decide(&state.world, now) {
            Ok(change) => match state.preview(&change, now) {
                Some(body) => {
                    let reply = Reply {
                        status: 200,
                        body,
                        replay_of: None,
                    };
                    (reply, Some(change), true)
                }
                None => (
                    StripeError::internal("The stand-in lost what was to be changed.").into(),
                    None,
                    false,
                ),
            },
            Err(error) => (error.clone().into(), None, error.executed),
        };
        let answer = call.key.clone().filter(|_| executed).map(|key| Answer {
            key,
            request: call.request,
            request_id: call.request_id,
            status: reply.status,
            body: reply.body.clone(),
            at: now,
        });
        let kept = state.keep(Line { change, answer });
        if let Some(key) = &call.key {
            // Harmless after an answer was kept; needed when none was.
            state.keys.abandon(key);
        }
        self.news.notify_waiters();
        match kept {
            Ok(()) => reply,
            Err(error) => {
                tracing::error!(%error, "the Stripe stand-in could not write its journal");
                StripeError::internal("The stand-in could not write to its disk.").into()
            }
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves it half changed: a panic elsewhere is no reason to stop.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What was changed, as it will be answered once the change is made.
    fn preview(&self, change: &Change, now: i64) -> Option<Value> {
        match change {
            Change::RefundCreated(refund) => Some(render::refund(refund, now)),
            Change::CreditNoteCreated { note, given } => {
                Some(render::credits::credit_note(note, Some(&given.id)))
            }
            Change::BalanceChanged(transaction) => {
                Some(render::credits::balance_transaction(transaction))
            }
            Change::EventDelivered { .. } => None,
            Change::MetadataSet { refund, metadata } => {
                let mut refund = self.world.refund(refund)?.clone();
                refund.metadata.clone_from(metadata);
                Some(render::refund(&refund, now))
            }
        }
    }

    /// On disk first, then in memory.
    fn keep(&mut self, line: Line) -> io::Result<()> {
        if line.change.is_none() && line.answer.is_none() {
            return Ok(());
        }
        self.journal.append(&line)?;
        self.take_in(line);
        Ok(())
    }

    fn take_in(&mut self, line: Line) {
        if let Some(change) = line.change {
            self.world.apply(change);
        }
        if let Some(answer) = line.answer {
            self.keys.finish(answer);
        }
    }
}

/// `re_` and 24 characters, as Stripe's ids look.
pub(crate) fn new_id(prefix: &str) -> String {
    let mut random = Uuid::new_v4().simple().to_string();
    random.truncate(24);
    format!("{prefix}_{random}")
}
