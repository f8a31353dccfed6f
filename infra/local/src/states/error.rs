//! What can go wrong with what is asked of an executor.

use std::io;

/// Why something was not done. The variants are named as Step Functions names its errors, where it has
/// one.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the names are Step Functions' own")]
pub enum StatesError {
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(String),
    /// The name is taken: by an execution that is over, or by one with another input.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    /// It can run no further, for this reason.
    #[error("{0}")]
    ExecutionNotRedrivable(&'static str),
    /// The task no longer waits: it timed out, was answered before, or its execution is over.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// No task ever had this token.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// The executor was stopped.
    #[error("the executor was stopped")]
    Stopped,
    /// It could not be written down, so it did not happen.
    #[error("the execution cannot be kept: {0}")]
    Storage(#[from] io::Error),
}

impl StatesError {
    /// Step Functions' name for it, where it has one.
    pub fn name(&self) -> Option<&'static str> {
        match self {
            StatesError::InvalidName(_) => Some("InvalidName"),
            StatesError::StateMachineDoesNotExist(_) => Some("StateMachineDoesNotExist"),
            StatesError::ExecutionAlreadyExists(_) => Some("ExecutionAlreadyExists"),
            StatesError::ExecutionDoesNotExist(_) => Some("ExecutionDoesNotExist"),
            StatesError::ExecutionNotRedrivable(_) => Some("ExecutionNotRedrivable"),
            StatesError::TaskTimedOut => Some("TaskTimedOut"),
            StatesError::InvalidToken => Some("InvalidToken"),
            StatesError::Stopped | StatesError::Storage(_) => None,
        }
    }
}
