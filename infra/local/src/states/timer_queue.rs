//! When each execution is due, and how much is under way.
//!
//! Both are under one lock, so that "nothing is due and nothing is under way" is one question with one
//! answer, however many tasks ask.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use tokio::sync::watch;

/// Due times by execution, and a count of what is under way. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimerQueue(watch::Sender<Entries>);

#[derive(Debug, Default)]
pub(crate) struct Entries {
    by_due: BTreeSet<(Timestamp, Arc<str>)>,
    under_way: usize,
    closed: bool,
}

/// Something under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay(TimerQueue);

impl TimerQueue {
    /// Notes when time alone will give the execution something to do, in place of what was noted before.
    pub(crate) fn set_due(
        &self,
        name: &Arc<str>,
        before: Option<Timestamp>,
        due: Option<Timestamp>,
    ) {
        let entry = |at| (at, Arc::clone(name));
        self.0.send_if_modified(|entries| {
            if let Some(before) = before {
                entries.by_due.remove(&entry(before));
            }
            if !entries.closed {
                entries.by_due.extend(due.map(entry));
            }
            before != due
        });
    }

    /// The earliest due time.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.0.borrow().next_due()
    }

    /// Takes out the executions that are due, earliest first. Each is under way from the same moment
    /// on, so that no one can find the queue settled in between.
    pub(crate) fn take_due(&self, now: Timestamp) -> Vec<(Arc<str>, UnderWay)> {
        let mut taken = Vec::new();
        self.0.send_if_modified(|entries| {
            while entries.next_due().is_some_and(|due| due <= now) {
                let first = entries.by_due.pop_first();
                taken.extend(first.map(|(_, name)| (name, UnderWay(self.clone()))));
                entries.under_way += 1;
            }
            false
        });
        taken
    }

    /// Counts something as under way.
    pub(crate) fn begin(&self) -> UnderWay {
        self.0.send_modify(|entries| entries.under_way += 1);
        UnderWay(self.clone())
    }

    /// Returns once nothing is under way and nothing is due, or the queue is closed.
    pub(crate) async fn settled(&self, now: impl Fn() -> Timestamp) {
        let is_settled = |entries: &Entries| {
            let is_due = entries.next_due().is_some_and(|due| due <= now());
            entries.closed || (entries.under_way == 0 && !is_due)
        };
        // The sender lives as long as `self`.
        let _ = self.changes().wait_for(is_settled).await;
    }

    /// Forgets all due times and takes no new ones.
    pub(crate) fn close(&self) {
        self.0.send_modify(|entries| {
            entries.closed = true;
            entries.by_due.clear();
        });
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.borrow().closed
    }

    /// Sees every change after this call, until all clones of the queue are gone.
    pub(crate) fn changes(&self) -> watch::Receiver<Entries> {
        self.0.subscribe()
    }
}

impl Entries {
    fn next_due(&self) -> Option<Timestamp> {
        self.by_due.first().map(|(due, _)| *due)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.send_modify(|entries| entries.under_way -= 1);
    }
}
