//! `close-request`: the request does not go on, for good or until somebody has looked at it.

use serde::{Deserialize, Serialize};

use super::Task;

/// `close-request`: the request does not go on, for good or until somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CloseConfig {
    /// It has come to an end.
    End(EndStatus),
    /// Something broke, and a person has to look: to be recorded.
    Stop(Stop),
    /// The same, and the execution is to fail here until it is redriven.
    Hold(Stop),
}

/// What broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The error's name.
    pub error: String,
}

/// The payload of a Task state that closes a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingTask {
    /// The task.
    #[serde(flatten)]
    pub task: Task<CloseConfig>,
    /// How often the execution has been redriven.
    pub redrives: u32,
}

/// How a request can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndStatus {
    /// The customer has the money, or it is on its way.
    Refunded,
    /// The customer does not get it.
    Denied,
    /// It was not about money, and it is done.
    Completed,
}
