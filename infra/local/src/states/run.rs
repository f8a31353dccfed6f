//! One execution as its records tell it: [`Run::apply`] folds them, one by one, to the present state.
//! Nothing here reads a clock, draws a number or evaluates anything.
//!
//! Thousands of runs are in memory at once, so a run holds what the next decision needs and no more: its
//! history is in the journal.

use std::{collections::BTreeMap, io, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    ExecutionStatus, TaskError,
    asl::State,
    jsonata::{StateError, Variables},
    machine::Machine,
    record::{Fact, Record, Start},
    retry,
    store::Store,
};
use crate::clock::after;

/// Step Functions ends an execution with its 25,000th event.
pub(crate) const MOST_EVENTS: usize = 25_000;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// An execution's state and its variables. [`Run::apply`] alone changes it.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) start: Start,
    pub(crate) machine: Arc<Machine>,
    pub(crate) status: ExecutionStatus,
    pub(crate) started_at: Timestamp,
    stopped_at: Option<Timestamp>,
    /// How often it was redriven.
    pub(crate) redrives: u32,
    /// When it was redriven last.
    redriven_at: Option<Timestamp>,
    pub(crate) variables: Variables,
    /// The state that it is in, or was in when it ended.
    pub(crate) state: String,
    /// What the state was given; once [`Phase::Left`], what the execution ends with.
    pub(crate) input: Value,
    pub(crate) entered_at: Timestamp,
    /// How often each retrier has retried in this visit of the state, by its index.
    pub(crate) retries: BTreeMap<usize, u32>,
    pub(crate) phase: Phase,
    /// How many records made this run.
    pub(crate) records: usize,
    /// How many events its history has.
    pub(crate) events: usize,
}

/// How far a visit of a state is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// About to be entered.
    Next,
    /// Nothing was tried yet.
    Ready,
    /// A Wait, or the delay before a retry.
    WaitingUntil(Timestamp),
    Running(Attempt),
    /// A Task has its result; its Output and Assign are still to be evaluated.
    Answered(Value),
    /// Retry and Catch are still to decide.
    Failed(TaskError),
    /// It was the last one; only the end of the execution is not recorded yet.
    Left,
}

/// One try of a Task.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The number of the record that scheduled it.
    pub(crate) record: usize,
    pub(crate) token: Option<String>,
    pub(crate) deadline: Option<Timestamp>,
    /// The function returned and only the token's answer is awaited.
    pub(crate) submitted: bool,
}

impl Run {
    /// A run of which nothing but its start is known.
    pub(crate) fn new(start: Start, machine: Arc<Machine>, at: Timestamp) -> Run {
        Run {
            state: machine.start_at.clone(),
            input: start.input.clone(),
            entered_at: at,
            retries: BTreeMap::new(),
            phase: Phase::Next,
            start,
            machine,
            status: ExecutionStatus::Running,
            started_at: at,
            stopped_at: None,
            redrives: 0,
            redriven_at: None,
            variables: Variables::new(),
            records: 1,
            events: 1,
        }
    }

    /// The state that the records lead to. `visit` sees each record with the run before it.
    pub(crate) fn replay(
        records: &[Record],
        store: &Store,
        mut visit: impl FnMut(&Run, &Record),
    ) -> io::Result<Run> {
        let first = records.first().map(|first| (first.at, &first.fact));
        let Some((at, Fact::ExecutionStarted(start))) = first else {
            return Err(damaged("the first record is no start"));
        };
        let mut run = Run::new(start.clone(), store.machine(&start.version)?, at);
        visit(&run, &records[0]);
        for record in &records[1..] {
            visit(&run, record);
            run.apply(record)?;
        }
        Ok(run)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.status != ExecutionStatus::Running
    }

    /// The definition of [`Run::state`].
    pub(crate) fn definition(&self) -> &State {
        // Reading a definition refuses transitions to states that do not exist, and so does `apply`.
        &self.machine.states[&self.state]
    }

    /// The name of the state the run is in, or about to enter.
    pub(crate) fn current_state(&self) -> Option<&str> {
        let is_in_one = !self.is_over() && !matches!(self.phase, Phase::Left);
        is_in_one.then_some(&*self.state)
    }

    /// The try of a Task that is under way and in time: what is due has happened, even when no one has come to
    /// record it yet.
    pub(crate) fn awaited(&self, now: Timestamp) -> Option<&Attempt> {
        let is_in_time = self.due().is_none_or(|due| now < due);
        self.attempt().filter(|_| is_in_time)
    }

    /// The try of a Task that is under way.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        if let Phase::Running(attempt) = &self.phase
            && !self.is_over()
        {
            Some(attempt)
        } else {
            None
        }
    }

    /// When the whole execution times out. A redrive begins to count anew.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let seconds = self.machine.timeout_seconds?;
        let begun = self.redriven_at.unwrap_or(self.started_at);
        Some(after(begun, i64::from(seconds)))
    }

    /// When there is something to do by the passing of time alone.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        if self.is_over() {
            return None;
        }
        let by_state = if let Phase::WaitingUntil(until) = self.phase {
            Some(until)
        } else {
            self.attempt().and_then(|attempt| attempt.deadline)
        };
        by_state.into_iter().chain(self.deadline()).min()
    }

    /// Why it cannot be redriven, in Step Functions' own words; `None` if it can: when it did not succeed, for
    /// 14 days, within a year of its start, and with room in its history for the redrive and one more event.
    pub(crate) fn obstacle_to_redrive(&self, now: Timestamp) -> Option<&'static str> {
        if self.status == ExecutionStatus::Succeeded {
            return Some("Execution is SUCCEEDED and cannot be redriven");
        }
        let Some(ended) = self.stopped_at else {
            return Some("Execution is RUNNING and cannot be redriven");
        };
        if now > after(ended, 14 * DAY_SECONDS) {
            return Some("Execution redrivable period exceeded");
        }
        if now >= after(self.started_at, 365 * DAY_SECONDS) {
            return Some("Execution has exceeded the max execution time");
        }
        (self.events + 1 >= MOST_EVENTS).then_some("Execution history event limit exceeded")
    }

    /// Takes one more record into account.
    ///
    /// # Errors
    /// A record that cannot follow on what is known.
    pub(crate) fn apply(&mut self, record: &Record) -> io::Result<()> {
        let is_redrive = matches!(record.fact, Fact::ExecutionRedriven);
        if self.status == ExecutionStatus::Succeeded || is_redrive != self.is_over() {
            return Err(damaged(
                "only what failed can be redriven, and nothing else",
            ));
        }
        self.records += 1;
        self.events += record.fact.event_count();
        match &record.fact {
            Fact::ExecutionStarted(_) => return Err(damaged("a second start")),
            Fact::StateEntered { .. } => {
                self.entered_at = record.at;
                self.begin_state();
            }
            Fact::StateExited {
                next,
                output,
                assign,
            } => {
                let texts = assign.iter();
                let texts = texts.map(|(name, value)| (name.clone(), value.to_string().into()));
                self.variables.extend(texts);
                self.input = output.clone();
                self.phase = Phase::Left;
                if let Some(next) = next {
                    if !self.machine.states.contains_key(next) {
                        return Err(damaged("a state that does not exist"));
                    }
                    self.state.clone_from(next);
                    self.phase = Phase::Next;
                }
            }
            Fact::ExecutionSucceeded => {
                self.variables.clear();
                self.input = Value::Null;
                self.end(record.at, ExecutionStatus::Succeeded);
            }
            Fact::ExecutionFailed(_) => self.end(record.at, ExecutionStatus::Failed),
            Fact::ExecutionTimedOut => self.end(record.at, ExecutionStatus::TimedOut),
            Fact::ExecutionRedriven => self.redrive(record.at),
            Fact::TaskScheduled {
                token, deadline, ..
            } => {
                self.phase = Phase::Running(Attempt {
                    record: self.records,
                    token: token.clone(),
                    deadline: *deadline,
                    submitted: false,
                });
            }
            Fact::TaskSubmitted { .. } => {
                let Phase::Running(attempt) = &mut self.phase else {
                    return Err(damaged("a submitted task that was not scheduled"));
                };
                attempt.submitted = true;
            }
            Fact::TaskSucceeded { output } => self.phase = Phase::Answered(output.clone()),
            Fact::TaskFailed(failure) => self.phase = Phase::Failed(failure.clone()),
            Fact::StateFailed(StateError { error, cause, .. }) => {
                self.phase = Phase::Failed(TaskError::new(error, cause));
            }
            // Step Functions gives timeouts no cause.
            Fact::TaskTimedOut => self.phase = Phase::Failed(TaskError::new(retry::TIMEOUT, "")),
            Fact::RetryScheduled { retrier, until } => {
                *self.retries.entry(*retrier).or_default() += 1;
                self.phase = Phase::WaitingUntil(*until);
            }
            Fact::WaitStarted { until } => self.phase = Phase::WaitingUntil(*until),
        }
        Ok(())
    }

    fn begin_state(&mut self) {
        self.retries.clear();
        self.phase = Phase::Ready;
    }

    fn end(&mut self, at: Timestamp, status: ExecutionStatus) {
        self.stopped_at = Some(at);
        self.status = status;
    }

    /// Runs on where it ended: a state that had begun begins again, with all of its retries. What was over stays
    /// over.
    fn redrive(&mut self, at: Timestamp) {
        if !matches!(self.phase, Phase::Next | Phase::Left) {
            self.begin_state();
        }
        self.status = ExecutionStatus::Running;
        self.stopped_at = None;
        self.redrives += 1;
        self.redriven_at = Some(at);
    }
}

fn damaged(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
