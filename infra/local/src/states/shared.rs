//! What all executions of an executor have in common.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{store::Store, timer_queue::TimerQueue};
use crate::clock::Clock;

/// The surroundings of an execution.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) queue: Arc<TimerQueue>,
    /// Makes random numbers repeatable.
    pub(crate) seed: Option<u64>,
    changes: AtomicU64,
}

impl Shared {
    pub(crate) fn new(clock: Clock, store: Store, seed: Option<u64>) -> Shared {
        Shared {
            clock,
            store,
            queue: TimerQueue::new(),
            seed,
            changes: AtomicU64::new(0),
        }
    }

    /// Counts a record of any execution.
    pub(crate) fn count_change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }
}
