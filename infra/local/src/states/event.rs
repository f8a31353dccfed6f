//! The events of a history, in Step Functions' own terms.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// When it happened, by the stack's clock.
    pub at: Timestamp,
    /// What happened.
    pub event_type: EventType,
    /// The state it happened in, when it happened in one.
    pub state: Option<String>,
    /// What more there is to tell, by the names of `GetExecutionHistory`. Values are JSON as text, as there.
    pub details: Value,
}

/// Step Functions' event types, as far as this executor makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the names are Step Functions' own")]
pub enum EventType {
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionFailed,
    ExecutionTimedOut,
    ExecutionRedriven,
    EvaluationFailed,
    PassStateEntered,
    PassStateExited,
    TaskStateEntered,
    TaskStateExited,
    ChoiceStateEntered,
    ChoiceStateExited,
    WaitStateEntered,
    WaitStateExited,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants are named as Step Functions names them.
        fmt::Debug::fmt(self, f)
    }
}
