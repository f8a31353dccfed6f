//! One execution: its run and its journal behind one lock. Whatever changes it is written to the
//! journal first, and then applied to the run, before the lock is given back.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    TaskError,
    decide::{decide, runtime_failure},
    error::StatesError,
    history::result_of_invocation,
    machine::Machine,
    position::Attempt,
    record::{Fact, Record, Start},
    replay,
    run::{MOST_EVENTS, Run},
    shared::Shared,
    view::{ExecutionStatus, ExecutionView},
};
use crate::journal::Journal;

/// An execution that may be asked and answered from many tasks.
#[derive(Debug)]
pub(crate) struct Execution {
    shared: Arc<Shared>,
    name: Arc<str>,
    started_at: Timestamp,
    core: Mutex<Core>,
}

#[derive(Debug)]
struct Core {
    run: Run,
    journal: Journal<Record>,
    /// What the queue was told last.
    noted_due: Option<Timestamp>,
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
    /// The number of the try.
    attempt: usize,
    waits_for_token: bool,
}

impl Execution {
    /// Writes down the start of an execution.
    pub(crate) fn begin(
        shared: &Arc<Shared>,
        start: Start,
        machine: Arc<Machine>,
    ) -> io::Result<Execution> {
        let mut journal = shared.store.begin(&start)?;
        let at = shared.clock.now();
        let fact = Fact::ExecutionStarted(start.clone());
        journal.append(&Record { at, fact })?;
        shared.count_change();
        Ok(Execution::new(
            shared,
            Run::new(start, machine, at),
            journal,
        ))
    }

    pub(crate) fn new(shared: &Arc<Shared>, run: Run, journal: Journal<Record>) -> Execution {
        Execution {
            shared: Arc::clone(shared),
            name: run.start.name.as_str().into(),
            started_at: run.started_at,
            core: Mutex::new(Core {
                run,
                journal,
                noted_due: None,
            }),
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    pub(crate) fn status(&self) -> ExecutionStatus {
        self.core().run.status()
    }

    pub(crate) fn arn(&self) -> String {
        self.core().run.start.arn()
    }

    /// All there is to show, read from the journal.
    pub(crate) fn view(&self) -> io::Result<ExecutionView> {
        let core = self.core();
        let records = core.journal.read()?;
        let machine = Arc::clone(&core.run.machine);
        let view = replay::view(&records, machine, self.shared.clock.now());
        view.map_err(|problem| damaged(&self.name, problem))
    }

    /// Whether it runs and was started with this input, as an execution of this state machine.
    pub(crate) fn is_running_as(&self, start: &Start) -> bool {
        let core = self.core();
        let own = &core.run.start;
        !core.run.is_over() && own.machine_arn == start.machine_arn && own.input == start.input
    }

    /// Does what is to be done next, and notes in the queue when time will give more to do.
    pub(crate) fn step(&self) -> io::Result<Step> {
        let mut core = self.core();
        if self.is_stopped() {
            return Ok(Step::Rest);
        }
        let now = self.shared.clock.now();
        if let Some(fact) = decide(&core.run, now, self.shared.seed) {
            let scheduled = self.commit(&mut core, now, fact)?;
            return Ok(scheduled.map_or(Step::Again, Step::Invoke));
        }
        // Still under the lock: a later step cannot be overtaken by this note.
        let due = core.run.due();
        self.shared.queue.set_due(&self.name, core.noted_due, due);
        core.noted_due = due;
        Ok(Step::Rest)
    }

    /// Takes what a function answered. An answer that nothing waits for any more is dropped.
    pub(crate) fn take_answer(
        &self,
        invocation: &Invocation,
        answer: Result<Value, TaskError>,
    ) -> io::Result<()> {
        let mut core = self.core();
        let now = self.shared.clock.now();
        let is_meant = |attempt: &Attempt| attempt.number == invocation.attempt;
        if self.is_stopped() || !core.run.awaits(now, is_meant) {
            return Ok(());
        }
        let fact = match answer {
            Ok(answer) if invocation.waits_for_token => Fact::TaskSubmitted { answer },
            Ok(answer) => Fact::TaskSucceeded {
                output: result_of_invocation(answer),
            },
            Err(TaskError { error, cause }) => Fact::TaskFailed { error, cause },
        };
        self.commit(&mut core, now, fact).map(drop)
    }

    /// Takes the answer to a token. It is in the journal when this returns.
    pub(crate) fn take_token(
        &self,
        token: &str,
        answer: Result<Value, TaskError>,
    ) -> Result<(), StatesError> {
        let mut core = self.core();
        let now = self.shared.clock.now();
        let is_meant = |attempt: &Attempt| attempt.token.as_deref() == Some(token);
        if self.is_stopped() {
            return Err(StatesError::Stopped);
        }
        if !core.run.awaits(now, is_meant) {
            return Err(StatesError::TaskTimedOut);
        }
        let fact = match answer {
            Ok(output) => Fact::TaskSucceeded { output },
            Err(TaskError { error, cause }) => Fact::TaskFailed { error, cause },
        };
        self.commit(&mut core, now, fact)?;
        Ok(())
    }

    /// Lets an execution that failed or timed out run on from where it ended. It is in the journal when
    /// this returns.
    pub(crate) fn redrive(&self) -> Result<(), StatesError> {
        let mut core = self.core();
        if self.is_stopped() {
            return Err(StatesError::Stopped);
        }
        let now = self.shared.clock.now();
        if let Some(reason) = core.run.obstacle_to_redrive(now) {
            return Err(StatesError::ExecutionNotRedrivable(reason));
        }
        self.commit(&mut core, now, Fact::ExecutionRedriven)?;
        Ok(())
    }

    /// Waits until whoever is about to record something has done so.
    pub(crate) fn finish_recording(&self) {
        drop(self.core());
    }

    /// Lets the try under way fail if it is one of these.
    pub(crate) fn fail_attempt(
        &self,
        is_meant: impl FnOnce(&Attempt) -> bool,
        error: TaskError,
    ) -> io::Result<()> {
        let mut core = self.core();
        if core.run.attempt().is_some_and(is_meant) {
            let TaskError { error, cause } = error;
            let fact = Fact::TaskFailed { error, cause };
            self.commit(&mut core, self.shared.clock.now(), fact)?;
        }
        Ok(())
    }

    /// Writes a fact down and applies it. Gives the invocation to make when the fact schedules one.
    fn commit(&self, core: &mut Core, at: Timestamp, fact: Fact) -> io::Result<Option<Invocation>> {
        // The last event of all has to be the end of the execution.
        let is_full = core.run.events + fact.event_count() >= MOST_EVENTS;
        let fact = if is_full && !fact.ends_execution() {
            runtime_failure("The execution reached the maximum number of history events (25000).")
        } else {
            fact
        };
        let record = Record { at, fact };
        core.journal.append(&record)?;
        let applied = core.run.apply(&record);
        applied.map_err(|problem| damaged(&self.name, problem))?;
        self.shared.count_change();
        let Fact::TaskScheduled {
            function,
            payload,
            token,
            ..
        } = record.fact
        else {
            return Ok(None);
        };
        Ok(core.run.attempt().map(|attempt| Invocation {
            function,
            payload,
            attempt: attempt.number,
            waits_for_token: token.is_some(),
        }))
    }

    /// From then on nothing is recorded, and so nothing happens.
    fn is_stopped(&self) -> bool {
        self.shared.queue.is_closed()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        // A panic while the lock was held left at most an unapplied record; the journal has it.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn damaged(what: &str, problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what}: {problem}"))
}
