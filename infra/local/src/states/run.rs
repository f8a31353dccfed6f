//! One execution as its records tell it: [`Run::apply`] folds them, one by one, to the present state.
//! Nothing here reads a clock, draws a number or evaluates anything.
//!
//! Thousands of runs are in memory at once, so a run holds what the next decision needs and no more: its
//! history is in the journal.

use std::{collections::BTreeMap, mem, sync::Arc};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    jsonata::Variables,
    machine::Machine,
    position::{Attempt, Phase, Position, StateVisit},
    record::{Fact, Record, Start},
    retry,
    time::after,
    view::ExecutionStatus,
};

/// Step Functions ends an execution with its 25,000th event.
pub(crate) const MOST_EVENTS: usize = 25_000;

/// An execution's state and its variables. [`Run::apply`] alone changes it.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) start: Start,
    pub(crate) machine: Arc<Machine>,
    pub(crate) started_at: Timestamp,
    pub(crate) stopped_at: Option<Timestamp>,
    /// How often it was redriven.
    pub(crate) redrives: u32,
    /// When it was redriven last.
    redriven_at: Option<Timestamp>,
    pub(crate) variables: Variables,
    pub(crate) position: Position,
    /// How many records made this run.
    pub(crate) records: usize,
    /// How many events its history has.
    pub(crate) events: usize,
    tasks_scheduled: usize,
}

impl Run {
    /// A run of which nothing but its start is known.
    pub(crate) fn new(start: Start, machine: Arc<Machine>, at: Timestamp) -> Run {
        Run {
            position: Position::Between {
                next: machine.start_at.clone(),
                input: start.input.clone(),
            },
            start,
            machine,
            started_at: at,
            stopped_at: None,
            redrives: 0,
            redriven_at: None,
            variables: Variables::new(),
            records: 1,
            events: 1,
            tasks_scheduled: 0,
        }
    }

    pub(crate) fn status(&self) -> ExecutionStatus {
        match self.position {
            Position::Between { .. } | Position::In(_) | Position::Finished { .. } => {
                ExecutionStatus::Running
            }
            Position::Succeeded => ExecutionStatus::Succeeded,
            Position::Failed(_) => ExecutionStatus::Failed,
            Position::TimedOut(_) => ExecutionStatus::TimedOut,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.status() != ExecutionStatus::Running
    }

    /// The name of the state the run is in, or about to enter.
    pub(crate) fn current_state(&self) -> Option<&str> {
        match &self.position {
            Position::Between { next, .. } => Some(next),
            Position::In(visit) => Some(&visit.state),
            Position::Finished { .. }
            | Position::Succeeded
            | Position::Failed(_)
            | Position::TimedOut(_) => None,
        }
    }

    /// The try of a Task that is under way.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        self.position.visit()?.phase.attempt()
    }

    /// Whether the try under way is the one meant, and in time: what is due has happened, even when no
    /// one has come to record it yet.
    pub(crate) fn awaits(&self, now: Timestamp, is_meant: impl FnOnce(&Attempt) -> bool) -> bool {
        let is_in_time = self.due().is_none_or(|due| now < due);
        is_in_time && self.attempt().is_some_and(is_meant)
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
        let by_state = self.position.visit().and_then(|visit| visit.phase.due());
        by_state.into_iter().chain(self.deadline()).min()
    }

    /// Takes one more record into account.
    ///
    /// # Errors
    /// A record that cannot follow on what is known, in words.
    pub(crate) fn apply(&mut self, record: &Record) -> Result<(), &'static str> {
        self.records += 1;
        self.events += record.fact.event_count();
        match &record.fact {
            Fact::ExecutionStarted(_) => return Err("a second start"),
            Fact::StateEntered { state, input } => {
                self.position = Position::In(StateVisit {
                    state: state.clone(),
                    input: input.clone(),
                    entered_at: record.at,
                    retries: BTreeMap::new(),
                    phase: Phase::Ready,
                });
            }
            Fact::StateExited {
                next,
                output,
                assign,
            } => self.exit_state(next.clone(), output.clone(), assign),
            Fact::ExecutionSucceeded => {
                self.variables.clear();
                self.end(record.at, |_| Position::Succeeded);
            }
            Fact::ExecutionFailed { .. } => self.end(record.at, Position::Failed),
            Fact::ExecutionTimedOut => self.end(record.at, Position::TimedOut),
            Fact::ExecutionRedriven => self.redrive(record.at)?,
            Fact::TaskScheduled {
                token, deadline, ..
            } => {
                self.tasks_scheduled += 1;
                let number = self.tasks_scheduled;
                self.visit()?.phase = Phase::Running(Attempt {
                    number,
                    token: token.clone(),
                    deadline: *deadline,
                    submitted: false,
                });
            }
            Fact::TaskSubmitted { .. } => {
                let Phase::Running(attempt) = &mut self.visit()?.phase else {
                    return Err("a submitted task that was not scheduled");
                };
                attempt.submitted = true;
            }
            Fact::TaskSucceeded { output } => {
                let result = output.clone();
                self.visit()?.phase = Phase::Answered { result };
            }
            Fact::TaskFailed { error, cause } | Fact::StateFailed { error, cause, .. } => {
                self.visit()?.phase = Phase::failed(error, cause);
            }
            // Step Functions gives timeouts no cause.
            Fact::TaskTimedOut => self.visit()?.phase = Phase::failed(retry::TIMEOUT, ""),
            Fact::RetryScheduled { retrier, until } => {
                let visit = self.visit()?;
                *visit.retries.entry(*retrier).or_default() += 1;
                visit.phase = Phase::WaitingUntil(*until);
            }
            Fact::WaitStarted { until } => self.visit()?.phase = Phase::WaitingUntil(*until),
        }
        Ok(())
    }

    fn exit_state(&mut self, next: Option<String>, output: Value, assign: &Map<String, Value>) {
        let texts = assign.iter();
        let texts = texts.map(|(name, value)| (name.clone(), value.to_string().into()));
        self.variables.extend(texts);
        self.position = match next {
            Some(next) => Position::Between {
                next,
                input: output,
            },
            None => Position::Finished { output },
        };
    }

    fn visit(&mut self) -> Result<&mut StateVisit, &'static str> {
        if let Position::In(visit) = &mut self.position {
            Ok(visit)
        } else {
            Err("a record about a state outside of any state")
        }
    }

    fn end(&mut self, at: Timestamp, position: impl FnOnce(Box<Position>) -> Position) {
        self.stopped_at = Some(at);
        let ended_in = mem::replace(&mut self.position, Position::Succeeded);
        self.position = position(Box::new(ended_in));
    }

    fn redrive(&mut self, at: Timestamp) -> Result<(), &'static str> {
        let ended = mem::replace(&mut self.position, Position::Succeeded);
        let (Position::Failed(ended_in) | Position::TimedOut(ended_in)) = ended else {
            return Err("a redrive of what did not fail");
        };
        self.position = ended_in.rerun();
        self.stopped_at = None;
        self.redrives += 1;
        self.redriven_at = Some(at);
        Ok(())
    }
}
