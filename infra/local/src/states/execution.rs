//! One execution: its run and its journal behind one lock. Whatever changes it is written to the
//! journal first, and then applied to the run, before the lock is given back.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use parking_lot::Mutex;

use super::{
    TaskError,
    error::StatesError,
    history::{self, ExecutionView},
    machine::Machine,
    record::{Fact, Record, Start},
    retry,
    run::{MOST_EVENTS, Run},
    store::Store,
    timer_queue::TimerQueue,
};
use crate::{
    clock::Clock,
    journal::{Journal, naming},
};

/// What all executions of an executor have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) queue: TimerQueue,
    /// Makes random numbers repeatable.
    pub(crate) seed: Option<u64>,
    /// Counts the records of all executions.
    pub(crate) changes: AtomicU64,
}

/// An execution that may be asked and answered from many tasks.
#[derive(Debug)]
pub(crate) struct Execution {
    shared: Arc<Shared>,
    pub(crate) name: Arc<str>,
    core: Mutex<Core>,
}

#[derive(Debug)]
struct Core {
    run: Run,
    journal: Journal<Record>,
    /// What the queue was told last.
    noted_due: Option<Timestamp>,
}

impl Execution {
    /// Writes down the start of an execution.
    pub(crate) fn begin(
        shared: &Arc<Shared>,
        start: Start,
        machine: Arc<Machine>,
    ) -> io::Result<Execution> {
        let mut journal = shared.store.begin(&start.name)?;
        let at = shared.clock.now();
        let fact = Fact::ExecutionStarted(start.clone());
        journal.append(&Record { at, fact })?;
        shared.changes.fetch_add(1, Ordering::Relaxed);
        Ok(Execution::new(
            shared,
            Run::new(start, machine, at),
            journal,
        ))
    }

    /// Rebuilds an execution from its journal. `None` when it never started: the process ended before the first
    /// record was whole.
    pub(crate) fn resume(shared: &Arc<Shared>, file: &Path) -> io::Result<Option<Execution>> {
        let (journal, records) = Journal::<Record>::open(Some(file))?;
        if records.is_empty() {
            return Ok(None);
        }
        let run = Run::replay(&records, &shared.store, |_, _| ()).map_err(naming(file))?;
        let execution = Execution::new(shared, run, journal);
        // The process that invoked a function is gone, so its answer will never come.
        let is_lost = execution.read(|run| {
            let attempt = run.attempt();
            attempt.is_some_and(|attempt| attempt.token.is_none() || !attempt.submitted)
        });
        if is_lost {
            let cause = "The connection was lost when the stack stopped.";
            let failure = TaskError::new("Lambda.SdkClientException", cause);
            let recorded = execution.record(|_, _| Ok(Some(Fact::TaskFailed(failure))));
            recorded.map_err(io::Error::other)?;
        }
        Ok(Some(execution))
    }

    fn new(shared: &Arc<Shared>, run: Run, journal: Journal<Record>) -> Execution {
        Execution {
            shared: Arc::clone(shared),
            name: run.start.name.as_str().into(),
            core: Mutex::new(Core {
                run,
                journal,
                noted_due: None,
            }),
        }
    }

    /// What is to be known of the run, once whoever is about to record something has done so.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Run) -> T) -> T {
        read(&self.core.lock().run)
    }

    /// All there is to show, read from the journal.
    pub(crate) fn view(&self) -> io::Result<ExecutionView> {
        let records = self.core.lock().journal.read()?;
        let view = history::view(&records, &self.shared.store, self.shared.clock.now());
        view.map_err(naming(Path::new(&*self.name)))
    }

    /// Writes down the fact that follows on the run at this time, and applies it. It is in the journal when this
    /// returns, as the record of the number that is given with it. If none follows, the queue is told when time will
    /// give more to do. Nothing is recorded, and so nothing happens, once the executor was stopped.
    pub(crate) fn record(
        &self,
        next: impl FnOnce(&Run, Timestamp) -> Result<Option<Fact>, StatesError>,
    ) -> Result<Option<(usize, Fact)>, StatesError> {
        let Core {
            run,
            journal,
            noted_due,
        } = &mut *self.core.lock();
        if self.shared.queue.is_closed() {
            return Err(StatesError::Stopped);
        }
        let at = self.shared.clock.now();
        let Some(mut fact) = next(run, at)? else {
            // Still under the lock: a later record cannot be overtaken by this note.
            let before = std::mem::replace(noted_due, run.due());
            self.shared.queue.set_due(&self.name, before, *noted_due);
            return Ok(None);
        };
        // The last event of all has to be the end of the execution.
        if run.events + fact.event_count() >= MOST_EVENTS && !fact.ends_execution() {
            let cause = "The execution reached the maximum number of history events (25000).";
            fact = Fact::ExecutionFailed(TaskError::new(retry::RUNTIME, cause));
        }
        let record = Record { at, fact };
        journal.append(&record)?;
        run.apply(&record).map_err(naming(Path::new(&*self.name)))?;
        self.shared.changes.fetch_add(1, Ordering::Relaxed);
        Ok(Some((run.records, record.fact)))
    }
}
