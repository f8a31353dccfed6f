//! What the outside sees of an execution.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::event::HistoryEvent;

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

/// An execution at one moment, with its history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionView {
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
    /// How often it was redriven.
    pub redrives: u32,
    /// Why it cannot be redriven, if it cannot.
    pub not_redrivable: Option<&'static str>,
    /// The state it is in, while it runs.
    pub current_state: Option<String>,
    /// Everything that happened, oldest first.
    pub history: Vec<HistoryEvent>,
}
