//! What the outside sees of an execution.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{history::HistoryEvent, position::Position, redrive, run::Run};

/// Step Functions' own names for how an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// It waits or works.
    Running,
    /// It reached an end and has an output.
    Succeeded,
    /// It ended in a Fail state or by an error that nothing caught.
    Failed,
    /// The whole execution took longer than the state machine's `TimeoutSeconds`.
    TimedOut,
}

impl ExecutionStatus {
    pub(crate) fn of(run: &Run) -> ExecutionStatus {
        match run.position() {
            Position::Between { .. } | Position::In(_) | Position::Finished { .. } => {
                ExecutionStatus::Running
            }
            Position::Succeeded { .. } => ExecutionStatus::Succeeded,
            Position::Failed { .. } => ExecutionStatus::Failed,
            Position::TimedOut => ExecutionStatus::TimedOut,
        }
    }

    /// The name as the AWS API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            ExecutionStatus::Running => "RUNNING",
            ExecutionStatus::Succeeded => "SUCCEEDED",
            ExecutionStatus::Failed => "FAILED",
            ExecutionStatus::TimedOut => "TIMED_OUT",
        }
    }
}

/// An execution at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionView {
    /// The execution's ARN.
    pub arn: String,
    /// The ARN of its state machine.
    pub machine_arn: String,
    /// The definition that it runs by: the one that was published when it started.
    pub definition: String,
    /// Its name, which is the request's id.
    pub name: String,
    /// How it is.
    pub status: ExecutionStatus,
    /// What it was started with.
    pub input: Value,
    /// What it ended with, when it succeeded.
    pub output: Option<Value>,
    /// The error's name, when it failed and the error has one.
    pub error: Option<String>,
    /// What the error says, when it failed and the error says something.
    pub cause: Option<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended, if it did.
    pub stopped_at: Option<Timestamp>,
    /// How often it was redriven.
    pub redrives: u32,
    /// When it was redriven last.
    pub redriven_at: Option<Timestamp>,
    /// Why it cannot be redriven, if it cannot.
    pub not_redrivable: Option<&'static str>,
    /// The state it is in, while it runs.
    pub current_state: Option<String>,
    /// Everything that happened, oldest first.
    pub history: Vec<HistoryEvent>,
}

impl ExecutionView {
    pub(crate) fn of(run: &Run, now: Timestamp) -> ExecutionView {
        let start = run.start();
        let mut view = ExecutionView {
            arn: start.arn(),
            machine_arn: start.machine_arn.clone(),
            definition: start.definition.clone(),
            name: start.name.clone(),
            status: ExecutionStatus::of(run),
            input: start.input.clone(),
            output: None,
            error: None,
            cause: None,
            started_at: run.started_at(),
            stopped_at: run.stopped_at(),
            redrives: run.redrives(),
            redriven_at: run.redriven_at(),
            not_redrivable: redrive::obstacle(run, now),
            current_state: run.current_state().map(str::to_string),
            history: run.history().to_vec(),
        };
        match run.position() {
            Position::Succeeded { output } => view.output = Some(output.clone()),
            Position::Failed { error, cause } => {
                view.error.clone_from(error);
                view.cause.clone_from(cause);
            }
            Position::Between { .. }
            | Position::In(_)
            | Position::Finished { .. }
            | Position::TimedOut => {}
        }
        view
    }
}
