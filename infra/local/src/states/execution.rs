//! One execution: its run and its journal behind one lock. Whatever changes it is written to the
//! journal first, and then applied to the run, before the lock is given back.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    TaskError,
    decide::{decide, runtime_failure},
    error::StatesError,
    history::result_of_invocation,
    jsonata::StateError,
    machine::Machine,
    position::Attempt,
    record::{Fact, Record, Start},
    redrive,
    replay::{self, replay},
    run::{MOST_EVENTS, Run},
    state_execution::too_large,
    store::Store,
    timer_queue::TimerQueue,
    view::{ExecutionStatus, ExecutionSummary, ExecutionView},
};
use crate::{clock::Clock, journal::Journal};

/// An execution that may be asked and answered from many tasks.
#[derive(Debug)]
pub(crate) struct Execution {
    arn: Arc<str>,
    started_at: Timestamp,
    core: Mutex<Core>,
}

#[derive(Debug)]
struct Core {
    run: Run,
    journal: Journal<Record>,
    /// Counts the records of all executions.
    changes: Arc<AtomicU64>,
    /// What the queue was told last.
    noted_due: Option<Timestamp>,
    closed: bool,
}

/// What a step came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// There is more to do at once.
    Again,
    /// A function is to be invoked; the try is in the journal.
    Invoke(Invocation),
    /// Only time or the outside can go on.
    Rest,
}

/// A call of a function.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) function: String,
    pub(crate) payload: Value,
    pub(crate) token: Option<String>,
    attempt: usize,
}

impl Execution {
    /// Writes down the start of an execution.
    pub(crate) fn begin(
        store: &Store,
        start: Start,
        machine: Arc<Machine>,
        at: Timestamp,
        changes: Arc<AtomicU64>,
    ) -> io::Result<Execution> {
        let mut journal = store.begin(&start, &machine)?;
        let fact = Fact::ExecutionStarted(start.clone());
        journal.append(&Record { at, fact })?;
        let run = Run::new(start, machine, at);
        Ok(Execution::new(run, journal, changes))
    }

    /// Rebuilds an execution from its journal, with every token that it gave out. `None` when it never started: the process ended before
    /// the first record was whole.
    pub(crate) fn resume(
        store: &Store,
        file: &Path,
        now: Timestamp,
        changes: Arc<AtomicU64>,
    ) -> io::Result<Option<(Execution, Vec<String>)>> {
        let damaged = |problem| damaged(&file.display().to_string(), problem);
        let (journal, records) = Journal::<Record>::open(Some(file))?;
        let Some(first) = records.first() else {
            return Ok(None);
        };
        let machine = store.machine(&replay::start_of(first).map_err(damaged)?.version)?;
        let run = replay(&records, machine, |_, _| ()).map_err(damaged)?;
        let execution = Execution::new(run, journal, changes);
        execution.core().lose_connection(now)?;
        let tokens = records.into_iter().filter_map(|record| {
            if let Fact::TaskScheduled { token, .. } = record.fact {
                token
            } else {
                None
            }
        });
        Ok(Some((execution, tokens.collect())))
    }

    fn new(run: Run, journal: Journal<Record>, changes: Arc<AtomicU64>) -> Execution {
        changes.fetch_add(1, Ordering::Relaxed);
        Execution {
            arn: run.start().arn().into(),
            started_at: run.started_at(),
            core: Mutex::new(Core {
                run,
                journal,
                changes,
                noted_due: None,
                closed: false,
            }),
        }
    }

    pub(crate) fn arn(&self) -> &Arc<str> {
        &self.arn
    }

    pub(crate) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    pub(crate) fn status(&self) -> ExecutionStatus {
        self.core().run.status()
    }

    pub(crate) fn summary(&self) -> ExecutionSummary {
        let run = &self.core().run;
        ExecutionSummary {
            name: run.start().name.clone(),
            status: run.status(),
            started_at: run.started_at(),
            current_state: run.current_state().map(str::to_string),
        }
    }

    /// All there is to show, read from the journal.
    pub(crate) fn view(&self, now: Timestamp) -> io::Result<ExecutionView> {
        let core = self.core();
        let records = core.journal.read()?;
        let view = replay::view(&records, Arc::clone(core.run.machine()), now);
        view.map_err(|problem| damaged(&self.arn, problem))
    }

    /// Whether it runs and was started with this input.
    pub(crate) fn is_running_with(&self, input: &Value) -> bool {
        let core = self.core();
        !core.run.is_over() && core.run.start().input == *input
    }

    /// Does what is to be done next, and notes in the queue when time will give more to do.
    pub(crate) fn step(
        &self,
        clock: &Clock,
        seed: Option<u64>,
        queue: &TimerQueue,
    ) -> io::Result<Step> {
        let mut core = self.core();
        if core.closed {
            return Ok(Step::Rest);
        }
        let now = clock.now();
        if let Some(fact) = decide(&core.run, now, seed) {
            let scheduled = core.commit(now, fact)?;
            return Ok(scheduled.map_or(Step::Again, Step::Invoke));
        }
        // Still under the lock: a later step cannot be overtaken by this note.
        let due = core.run.due();
        queue.set_due(&self.arn, core.noted_due, due);
        core.noted_due = due;
        Ok(Step::Rest)
    }

    /// Takes what a function answered. An answer that nothing waits for any more is dropped.
    pub(crate) fn take_answer(
        &self,
        invocation: &Invocation,
        answer: Result<Value, TaskError>,
        clock: &Clock,
    ) -> io::Result<()> {
        let mut core = self.core();
        let now = clock.now();
        if !core.awaits(now, |attempt| attempt.number == invocation.attempt) {
            return Ok(());
        }
        let fact = match answer {
            Ok(answer) if invocation.token.is_some() => Fact::TaskSubmitted { answer },
            Ok(answer) => {
                let state = core.run.current_state().unwrap_or_default();
                match too_large(state, &answer) {
                    Some(StateError { error, cause, .. }) => Fact::TaskFailed {
                        error: error.to_string(),
                        cause,
                    },
                    None => Fact::TaskSucceeded {
                        output: result_of_invocation(answer),
                    },
                }
            }
            Err(TaskError { error, cause }) => Fact::TaskFailed { error, cause },
        };
        core.commit(now, fact).map(drop)
    }

    /// Takes the answer to a token. It is in the journal when this returns.
    pub(crate) fn take_token(
        &self,
        token: &str,
        answer: Result<Value, TaskError>,
        clock: &Clock,
    ) -> Result<(), StatesError> {
        let mut core = self.core();
        if core.closed {
            return Err(StatesError::Stopped);
        }
        let now = clock.now();
        if !core.awaits(now, |attempt| attempt.token.as_deref() == Some(token)) {
            return Err(StatesError::TaskTimedOut);
        }
        let fact = match answer {
            Ok(output) => Fact::TaskSucceeded { output },
            Err(TaskError { error, cause }) => Fact::TaskFailed { error, cause },
        };
        core.commit(now, fact)?;
        Ok(())
    }

    /// Lets an execution that failed or timed out run on from where it ended. It is in the journal when
    /// this returns.
    pub(crate) fn redrive(&self, clock: &Clock) -> Result<Timestamp, StatesError> {
        let mut core = self.core();
        if core.closed {
            return Err(StatesError::Stopped);
        }
        let now = clock.now();
        if let Some(reason) = redrive::obstacle(&core.run, now) {
            return Err(StatesError::ExecutionNotRedrivable(reason));
        }
        core.commit(now, Fact::ExecutionRedriven)?;
        Ok(now)
    }

    /// From here on nothing is recorded, and so nothing happens.
    pub(crate) fn close(&self) {
        self.core().closed = true;
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        // A panic while the lock was held left at most an unapplied record; the journal has it.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Whether the try under way is the one meant, and in time: what is due has happened, even when no
    /// one has come to record it yet.
    fn awaits(&self, now: Timestamp, meant: impl FnOnce(&Attempt) -> bool) -> bool {
        let in_time = self.run.due().is_none_or(|due| now < due);
        !self.closed && in_time && self.run.attempt().is_some_and(meant)
    }

    /// The process that invoked a function is gone, so its answer will never come.
    fn lose_connection(&mut self, now: Timestamp) -> io::Result<()> {
        let lost = |attempt: &Attempt| attempt.token.is_none() || !attempt.submitted;
        if self.run.attempt().is_some_and(lost) {
            let fact = Fact::TaskFailed {
                error: "Lambda.SdkClientException".to_string(),
                cause: "The connection was lost when the stack stopped.".to_string(),
            };
            self.commit(now, fact)?;
        }
        Ok(())
    }

    /// Writes a fact down and applies it. Gives the invocation to make when the fact schedules one.
    fn commit(&mut self, at: Timestamp, fact: Fact) -> io::Result<Option<Invocation>> {
        let fact = self.within_event_limit(fact);
        let record = Record { at, fact };
        self.journal.append(&record)?;
        let applied = self.run.apply(&record);
        applied.map_err(|problem| damaged(&self.run.start().arn(), problem))?;
        self.changes.fetch_add(1, Ordering::Relaxed);
        let Fact::TaskScheduled {
            function,
            payload,
            token,
            ..
        } = record.fact
        else {
            return Ok(None);
        };
        Ok(self.run.attempt().map(|attempt| Invocation {
            function,
            payload,
            token,
            attempt: attempt.number,
        }))
    }

    /// The last event of all has to be the end of the execution.
    fn within_event_limit(&self, fact: Fact) -> Fact {
        let events = self.run.events() + fact.event_count();
        if fact.ends_execution() || events < MOST_EVENTS {
            return fact;
        }
        runtime_failure("The execution reached the maximum number of history events (25000).")
    }
}

fn damaged(what: &str, problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what}: {problem}"))
}
