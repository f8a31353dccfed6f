//! One execution: its run and its journal behind one lock. Whatever changes it is written to the
//! journal first, and then applied to the run, before the lock is given back.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    TaskError,
    agenda::Agenda,
    asl::Machine,
    decide::{self, Next, runtime_failure},
    error::{RedriveError, TokenError},
    history,
    leave::{is_too_large, too_large},
    position::Attempt,
    record::{Fact, Record, Start},
    redrive, retry,
    run::{Run, result_of_invocation},
    view::{ExecutionStatus, ExecutionView},
};
use crate::{clock::Clock, journal::Journal};

/// Step Functions ends an execution with its 25,000th event.
pub(crate) const MOST_EVENTS: usize = 25_000;

/// An execution that may be asked and answered from many tasks.
#[derive(Debug)]
pub(crate) struct Execution {
    arn: String,
    core: Mutex<Core>,
}

#[derive(Debug)]
struct Core {
    run: Run,
    journal: Journal<Record>,
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
    attempt: u64,
}

impl Execution {
    /// Writes down the start of an execution.
    pub(crate) fn begin(
        file: Option<&Path>,
        start: Start,
        machine: Arc<Machine>,
        at: Timestamp,
    ) -> io::Result<Execution> {
        let (mut journal, records) = Journal::open(file)?;
        if !records.is_empty() {
            let problem = "the file of a new execution holds records already";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, problem));
        }
        let fact = Fact::ExecutionStarted(start.clone());
        journal.append(&Record { at, fact })?;
        Ok(Execution::new(Run::new(start, machine, at), journal))
    }

    /// Rebuilds an execution from its journal. `None` when it never started: the process ended before
    /// the first record was whole. `parse` makes a machine of a definition.
    pub(crate) fn resume(
        file: &Path,
        now: Timestamp,
        parse: impl FnOnce(&str) -> Result<Arc<Machine>, String>,
    ) -> io::Result<Option<Execution>> {
        let damaged = |problem: String| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{}: {problem}", file.display()),
            )
        };
        let (journal, records) = Journal::<Record>::open(Some(file))?;
        let mut records = records.into_iter();
        let Some(first) = records.next() else {
            return Ok(None);
        };
        let Fact::ExecutionStarted(start) = first.fact else {
            return Err(damaged("the first record is no start".to_string()));
        };
        let machine = parse(&start.definition).map_err(damaged)?;
        let mut run = Run::new(start, machine, first.at);
        for record in records {
            run.apply(&record).map_err(damaged)?;
        }
        let execution = Execution::new(run, journal);
        execution.core().lose_connection(now)?;
        Ok(Some(execution))
    }

    fn new(run: Run, journal: Journal<Record>) -> Execution {
        Execution {
            arn: run.start().arn(),
            core: Mutex::new(Core {
                run,
                journal,
                closed: false,
            }),
        }
    }

    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    pub(crate) fn status(&self) -> ExecutionStatus {
        ExecutionStatus::of(&self.core().run)
    }

    pub(crate) fn view(&self, now: Timestamp) -> ExecutionView {
        ExecutionView::of(&self.core().run, now)
    }

    /// Every token this execution ever gave out.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.core().run.tokens().to_vec()
    }

    /// Whether it runs and was started with this input.
    pub(crate) fn is_running_with(&self, input: &Value) -> bool {
        let core = self.core();
        !core.run.is_over() && core.run.start().input == *input
    }

    pub(crate) fn started_at(&self) -> Timestamp {
        self.core().run.started_at()
    }

    /// Does what is to be done next, and notes in the agenda when time will give more to do.
    pub(crate) fn step(
        &self,
        clock: &Clock,
        seed: Option<u64>,
        agenda: &Agenda,
    ) -> io::Result<Step> {
        let mut core = self.core();
        if core.closed {
            return Ok(Step::Rest);
        }
        let now = clock.now();
        match decide::decide(&core.run, now, seed) {
            Next::Record(fact) => {
                let scheduled = core.commit(now, fact)?;
                Ok(scheduled.map_or(Step::Again, Step::Invoke))
            }
            Next::Rest => {
                // Still under the lock: a later step cannot be overtaken by this note.
                agenda.set_due(&self.arn, core.run.due());
                Ok(Step::Rest)
            }
        }
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
            Ok(answer) if is_too_large(&answer) => Fact::TaskFailed {
                error: retry::DATA_LIMIT_EXCEEDED.to_string(),
                cause: too_large(core.run.current_state().unwrap_or_default()),
            },
            Ok(answer) => Fact::TaskSucceeded {
                output: result_of_invocation(answer),
            },
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
    ) -> Result<(), TokenError> {
        let mut core = self.core();
        if core.closed {
            return Err(TokenError::Stopped);
        }
        let now = clock.now();
        if !core.awaits(now, |attempt| attempt.token.as_deref() == Some(token)) {
            return Err(TokenError::TaskTimedOut);
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
    pub(crate) fn redrive(&self, clock: &Clock) -> Result<Timestamp, RedriveError> {
        let mut core = self.core();
        if core.closed {
            return Err(RedriveError::Stopped);
        }
        let now = clock.now();
        if let Some(reason) = redrive::obstacle(&core.run, now) {
            return Err(RedriveError::ExecutionNotRedrivable(reason));
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
        let lost = self
            .run
            .attempt()
            .is_some_and(|attempt| attempt.token.is_none() || !attempt.submitted);
        if lost {
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
        self.run
            .apply(&record)
            .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?;
        let Record {
            fact:
                Fact::TaskScheduled {
                    function,
                    payload,
                    token,
                    ..
                },
            ..
        } = record
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
        let events = self.run.history().len() + history::events_of(&self.run, &fact).len();
        if fact.ends_execution() || events < MOST_EVENTS {
            return fact;
        }
        runtime_failure("The execution reached the maximum number of history events (25000).")
    }
}
