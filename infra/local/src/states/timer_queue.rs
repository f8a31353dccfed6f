//! When each execution is due, and how much is under way.
//!
//! Both are under one lock, so that "nothing is due and nothing is under way" is one question with one
//! answer, however many tasks ask.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::watch;

/// Due times by execution, and a count of what is under way.
#[derive(Debug)]
pub(crate) struct TimerQueue {
    entries: Mutex<Entries>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Entries {
    by_due: BTreeSet<(Timestamp, Arc<str>)>,
    under_way: usize,
    closed: bool,
}

/// Something under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    queue: Arc<TimerQueue>,
}

impl TimerQueue {
    pub(crate) fn new() -> Arc<TimerQueue> {
        Arc::new(TimerQueue {
            entries: Mutex::default(),
            changed: watch::Sender::new(()),
        })
    }

    /// Notes when time alone will give the execution something to do, in place of what was noted before.
    pub(crate) fn set_due(
        &self,
        arn: &Arc<str>,
        before: Option<Timestamp>,
        due: Option<Timestamp>,
    ) {
        let mut entries = self.entries();
        if let Some(before) = before {
            entries.by_due.remove(&(before, Arc::clone(arn)));
        }
        if let Some(due) = due
            && !entries.closed
        {
            entries.by_due.insert((due, Arc::clone(arn)));
        }
        drop(entries);
        self.changed.send_replace(());
    }

    /// The earliest due time.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.entries().by_due.first().map(|(due, _)| *due)
    }

    /// Takes out the executions that are due, earliest first. Each is under way from the same moment
    /// on, so that no one can find the queue settled in between.
    pub(crate) fn take_due(self: &Arc<Self>, now: Timestamp) -> Vec<(Arc<str>, UnderWay)> {
        let mut entries = self.entries();
        let mut taken = Vec::new();
        while let Some((_, arn)) = entries.take_due(now) {
            entries.under_way += 1;
            let queue = Arc::clone(self);
            taken.push((arn, UnderWay { queue }));
        }
        taken
    }

    /// Counts something as under way.
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.entries().under_way += 1;
        UnderWay {
            queue: Arc::clone(self),
        }
    }

    /// Whether nothing is under way and nothing is due. True from [`TimerQueue::close`] on.
    pub(crate) fn is_settled(&self, now: Timestamp) -> bool {
        let entries = self.entries();
        let due = entries.by_due.first().is_some_and(|(due, _)| *due <= now);
        entries.closed || (entries.under_way == 0 && !due)
    }

    /// Forgets all due times and takes no new ones.
    pub(crate) fn close(&self) {
        let mut entries = self.entries();
        entries.closed = true;
        entries.by_due.clear();
        drop(entries);
        self.changed.send_replace(());
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.entries().closed
    }

    /// Sees every change after this call.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Arc<str>)> {
        self.by_due.first().filter(|(due, _)| *due <= now)?;
        self.by_due.pop_first()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.queue.entries().under_way -= 1;
        self.queue.changed.send_replace(());
    }
}
