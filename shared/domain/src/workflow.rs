//! The port to Step Functions: begin a process, read its definition, let a waiting one go on.

use std::future::Future;

use crate::id::{RequestId, TaskToken};
use crate::task::Outcome;

/// The error that wakes an approval which waits for somebody whom no mail reaches: its state is entered
/// again at once, as if a reminder were due.
pub const APPROVER_UNREACHABLE: &str = "Approver.Unreachable";

/// Step Functions did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowError {
    /// No answer. Worth another try.
    #[error("Step Functions did not answer: {0}")]
    Unavailable(String),
    /// The task is no longer waiting with this token: it timed out or was answered before.
    #[error("the task no longer waits with this token")]
    TokenGone,
    /// The definition is not one that this system generated.
    #[error("the state machine's definition cannot be read: {0}")]
    Malformed(String),
}

/// The state machines of this deployment.
pub trait Workflow: Send + Sync {
    /// Starts the execution of a request. Starting it again is fine.
    fn start(
        &self,
        machine: &str,
        request: RequestId,
    ) -> impl Future<Output = Result<(), WorkflowError>> + Send;

    /// The definition of a state machine, as JSON.
    fn definition(
        &self,
        machine: &str,
    ) -> impl Future<Output = Result<String, WorkflowError>> + Send;

    /// Answers a waiting task.
    fn succeed(
        &self,
        token: &TaskToken,
        outcome: &Outcome,
    ) -> impl Future<Output = Result<(), WorkflowError>> + Send;

    /// Ends the waiting of a task by an error, which its state catches by that name.
    fn fail(
        &self,
        token: &TaskToken,
        error: &str,
    ) -> impl Future<Output = Result<(), WorkflowError>> + Send;
}
