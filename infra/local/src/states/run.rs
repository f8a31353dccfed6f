//! One execution as its records tell it: [`Run::apply`] folds them, one by one, to the present state.
//! Nothing here reads a clock, draws a number or evaluates anything.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    asl::{Machine, State, Task},
    history::{self, HistoryEvent},
    position::{Attempt, Phase, Position, Visit},
    record::{Fact, Record, Start},
    retry,
};

/// An execution's state, its variables and its history.
#[derive(Debug)]
pub(crate) struct Run {
    started: Start,
    machine: Arc<Machine>,
    started_at: Timestamp,
    stopped_at: Option<Timestamp>,
    redrives: u32,
    redriven_at: Option<Timestamp>,
    variables: Map<String, Value>,
    position: Position,
    /// Where it was when it failed or timed out.
    ended_in: Option<Position>,
    history: Vec<HistoryEvent>,
    records: usize,
    tasks_scheduled: u64,
    tokens: Vec<String>,
}

impl Run {
    /// A run of which nothing but its start is known.
    pub(crate) fn new(started: Start, machine: Arc<Machine>, at: Timestamp) -> Run {
        let mut run = Run {
            position: Position::Between {
                next: machine.start_at.clone(),
                input: started.input.clone(),
            },
            started: started.clone(),
            machine,
            started_at: at,
            stopped_at: None,
            redrives: 0,
            redriven_at: None,
            ended_in: None,
            variables: Map::new(),
            history: Vec::new(),
            records: 1,
            tasks_scheduled: 0,
            tokens: Vec::new(),
        };
        run.write_history(at, &Fact::ExecutionStarted(started));
        run
    }

    pub(crate) fn start(&self) -> &Start {
        &self.started
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(crate) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    pub(crate) fn stopped_at(&self) -> Option<Timestamp> {
        self.stopped_at
    }

    /// How often it was redriven.
    pub(crate) fn redrives(&self) -> u32 {
        self.redrives
    }

    /// When it was redriven last.
    pub(crate) fn redriven_at(&self) -> Option<Timestamp> {
        self.redriven_at
    }

    pub(crate) fn variables(&self) -> &Map<String, Value> {
        &self.variables
    }

    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    pub(crate) fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    /// How many records made this run.
    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// Every token that was ever given out.
    pub(crate) fn tokens(&self) -> &[String] {
        &self.tokens
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(
            self.position,
            Position::Succeeded { .. } | Position::Failed { .. } | Position::TimedOut
        )
    }

    /// The name of the state the run is in, or about to enter.
    pub(crate) fn current_state(&self) -> Option<&str> {
        match &self.position {
            Position::Between { next, .. } => Some(next),
            Position::In(visit) => Some(&visit.state),
            Position::Finished { .. }
            | Position::Succeeded { .. }
            | Position::Failed { .. }
            | Position::TimedOut => None,
        }
    }

    pub(crate) fn current_task(&self) -> Option<&Task> {
        match self.machine.states.get(self.current_state()?)? {
            State::Task(task) => Some(task),
            State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => None,
        }
    }

    /// The try of a Task that is under way.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        self.position.visit()?.phase.attempt()
    }

    pub(crate) fn final_output(&self) -> Option<&Value> {
        match &self.position {
            Position::Finished { output } | Position::Succeeded { output } => Some(output),
            Position::Between { .. }
            | Position::In(_)
            | Position::Failed { .. }
            | Position::TimedOut => None,
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
        let by_state = self.position.visit().and_then(|visit| visit.phase.due());
        by_state.into_iter().chain(self.deadline()).min()
    }

    /// Takes one more record into account.
    ///
    /// # Errors
    /// A record that cannot follow on what is known, in words.
    pub(crate) fn apply(&mut self, record: &Record) -> Result<(), String> {
        self.write_history(record.at, &record.fact);
        self.records += 1;
        match &record.fact {
            Fact::ExecutionStarted(_) => return Err("a second start".to_string()),
            Fact::StateEntered { state, input } => {
                self.position = Position::In(Visit::new(state.clone(), input.clone(), record.at));
            }
            Fact::StateExited {
                next,
                output,
                assign,
            } => {
                let output = output.clone();
                self.variables.extend(assign.clone());
                self.position = match next.clone() {
                    Some(next) => Position::Between {
                        next,
                        input: output,
                    },
                    None => Position::Finished { output },
                };
            }
            Fact::ExecutionSucceeded => {
                let output = self
                    .final_output()
                    .cloned()
                    .ok_or("a success without an output")?;
                self.end(record.at, Position::Succeeded { output });
            }
            Fact::ExecutionFailed { error, cause } => {
                let (error, cause) = (error.clone(), cause.clone());
                self.end(record.at, Position::Failed { error, cause });
            }
            Fact::ExecutionTimedOut => self.end(record.at, Position::TimedOut),
            Fact::ExecutionRedriven => {
                let ended_in = self
                    .ended_in
                    .take()
                    .ok_or("a redrive of what did not fail")?;
                self.position = ended_in.rerun();
                self.stopped_at = None;
                self.redrives += 1;
                self.redriven_at = Some(record.at);
            }
            Fact::WaitStarted { .. }
            | Fact::TaskScheduled { .. }
            | Fact::TaskSubmitted { .. }
            | Fact::TaskSucceeded { .. }
            | Fact::TaskFailed { .. }
            | Fact::TaskTimedOut
            | Fact::EvaluationFailed { .. }
            | Fact::DataLimitExceeded { .. }
            | Fact::RetryScheduled { .. } => return self.apply_within_state(&record.fact),
        }
        Ok(())
    }

    fn apply_within_state(&mut self, fact: &Fact) -> Result<(), String> {
        let Position::In(visit) = &mut self.position else {
            return Err("a record about a state outside of any state".to_string());
        };
        match fact {
            Fact::WaitStarted { until } => visit.phase = Phase::WaitingUntil(*until),
            Fact::TaskScheduled {
                token, deadline, ..
            } => {
                self.tasks_scheduled += 1;
                self.tokens.extend(token.clone());
                visit.phase = Phase::Running(Attempt {
                    number: self.tasks_scheduled,
                    token: token.clone(),
                    deadline: *deadline,
                    submitted: false,
                });
            }
            Fact::TaskSubmitted { .. } => {
                let Phase::Running(attempt) = &mut visit.phase else {
                    return Err("a submitted task that was not scheduled".to_string());
                };
                attempt.submitted = true;
            }
            Fact::TaskSucceeded { output } => {
                visit.phase = Phase::Answered {
                    result: output.clone(),
                };
            }
            Fact::TaskFailed { error, cause } => visit.phase = Phase::failed(error, cause),
            Fact::TaskTimedOut => visit.phase = Phase::timed_out(),
            Fact::EvaluationFailed { cause, .. } => {
                visit.phase = Phase::failed(retry::QUERY_EVALUATION_ERROR, cause);
            }
            Fact::DataLimitExceeded { cause } => {
                visit.phase = Phase::failed(retry::DATA_LIMIT_EXCEEDED, cause);
            }
            Fact::RetryScheduled { retrier, until } => {
                *visit.retries.entry(*retrier).or_default() += 1;
                visit.phase = Phase::WaitingUntil(*until);
            }
            Fact::ExecutionStarted(_)
            | Fact::StateEntered { .. }
            | Fact::StateExited { .. }
            | Fact::ExecutionSucceeded
            | Fact::ExecutionFailed { .. }
            | Fact::ExecutionTimedOut
            | Fact::ExecutionRedriven => return Err("a record in the wrong place".to_string()),
        }
        Ok(())
    }

    fn end(&mut self, at: Timestamp, position: Position) {
        self.stopped_at = Some(at);
        let ended_in = std::mem::replace(&mut self.position, position);
        let failed = !matches!(self.position, Position::Succeeded { .. });
        self.ended_in = failed.then_some(ended_in);
    }

    fn write_history(&mut self, at: Timestamp, fact: &Fact) {
        let about_all = fact.ends_execution()
            || matches!(fact, Fact::ExecutionStarted(_) | Fact::ExecutionRedriven);
        let state = self
            .current_state()
            .filter(|_| !about_all)
            .map(str::to_string);
        for (event_type, details) in history::events_of(self, fact) {
            let id = self.history.len() as u64 + 1;
            self.history.push(HistoryEvent {
                id,
                // As on AWS, where the first state's entry names no predecessor.
                previous_event_id: if id <= 2 { 0 } else { id - 1 },
                at,
                event_type,
                state: state.clone(),
                details,
            });
        }
    }
}

/// The time so many seconds later, or the end of time.
pub(crate) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    later(at, SignedDuration::from_secs(seconds))
}

/// The time so much later, or the end of time.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by)
        .expect("a duration without calendar units can always be added")
}

/// What `lambda:invoke` makes of a function's answer.
pub(crate) fn result_of_invocation(answer: Value) -> Value {
    let mut result = json!({"ExecutedVersion": "$LATEST", "Payload": null, "StatusCode": 200});
    result["Payload"] = answer;
    result
}
