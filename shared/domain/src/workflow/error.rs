//! Why Step Functions did not do what it was asked.

/// Step Functions did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowError {
    /// No answer. Worth another try.
    #[error("Step Functions did not answer: {0}")]
    Unavailable(String),
    /// The task is no longer waiting with this token: it timed out or was answered before.
    #[error("the task no longer waits with this token")]
    TokenGone,
    /// There is no such version of a state machine: it was deleted, as by a deployment that was rolled back.
    #[error("the version of the state machine does not exist")]
    VersionGone,
    /// The definition is not one that this code can read.
    #[error("the state machine's definition cannot be read: {0}")]
    Malformed(String),
}
