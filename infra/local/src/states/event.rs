//! The events of a history, in Step Functions' own terms.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// Counts from 1.
    pub id: u64,
    /// The event that led to this one; 0 for the first two, as on AWS.
    pub previous_event_id: u64,
    /// When it happened, by the stack's clock.
    pub at: Timestamp,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The state it happened in, when it happened in one.
    pub state: Option<String>,
    /// What AWS puts into the field named by [`EventType::details_field`].
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
    SucceedStateEntered,
    SucceedStateExited,
    FailStateEntered,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
}

impl EventType {
    /// The field of a `HistoryEvent` of the AWS API that holds the details of this type.
    pub fn details_field(self) -> String {
        let name = format!("{self:?}");
        let of_states = ["StateEntered", "StateExited"];
        match of_states.iter().find(|kind| name.ends_with(**kind)) {
            Some(kind) => details_field(kind),
            None => details_field(&name),
        }
    }
}

/// `TaskFailed` gives `taskFailedEventDetails`.
fn details_field(event: &str) -> String {
    let (first, rest) = event.split_at(1);
    format!("{}{rest}EventDetails", first.to_ascii_lowercase())
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants are named as Step Functions names them.
        fmt::Debug::fmt(self, f)
    }
}
