//! What can go wrong at the executor's door. The names of the variants are Step Functions' error codes
//! where it has one.

use std::io;

/// Why an executor could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no tokio runtime to run executions on.
    #[error("the executor must be opened inside a tokio runtime")]
    NoRuntime,
    /// A file of an execution cannot be read, or its records do not fit together.
    #[error("an execution cannot be resumed: {0}")]
    Storage(#[from] io::Error),
}

/// Why an execution was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The name breaks Step Functions' rules.
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    /// The input is larger than Step Functions takes.
    #[error("Invalid execution input: it has {0} bytes, and at most 262144 are allowed")]
    InvalidExecutionInput(usize),
    /// No state machine with this ARN was defined.
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(String),
    /// The name is taken: by an execution that is over, or by one with another input.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    /// The executor was stopped.
    #[error("the executor was stopped")]
    Stopped,
    /// The start could not be written down, so it did not happen.
    #[error("the execution cannot be kept: {0}")]
    Storage(#[from] io::Error),
}

/// Why an execution was not redriven.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// There is no execution of this name or ARN.
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    /// It can run no further, for this reason.
    #[error("{0}")]
    ExecutionNotRedrivable(&'static str),
    /// The executor was stopped.
    #[error("the executor was stopped")]
    Stopped,
    /// The redrive could not be written down, so it did not happen.
    #[error("the redrive cannot be kept: {0}")]
    Storage(#[from] io::Error),
}

/// Why the answer to a task token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The task no longer waits: it timed out, was answered before, or its execution is over.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// No task ever had this token.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// The output is larger than Step Functions takes.
    #[error("Invalid Output: it has {0} bytes, and at most 262144 are allowed")]
    InvalidOutput(usize),
    /// The executor was stopped.
    #[error("the executor was stopped")]
    Stopped,
    /// The answer could not be written down, so it does not count.
    #[error("the answer cannot be kept: {0}")]
    Storage(#[from] io::Error),
}
