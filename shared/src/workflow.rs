//! The port to Step Functions: begin a process, read its definition, let a waiting one go on.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

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

/// Remembers what it was asked, for tests.
#[derive(Debug, Default)]
pub struct MemoryWorkflow {
    definition: String,
    calls: Mutex<Vec<(String, String)>>,
    failures: Mutex<Vec<WorkflowError>>,
}

impl MemoryWorkflow {
    /// Machines that all have this definition.
    pub fn with_definition(definition: &serde_json::Value) -> Self {
        Self {
            definition: definition.to_string(),
            ..Self::default()
        }
    }

    /// What was asked, in order: `("start", request)` and `(token, outcome or error)`.
    pub fn calls(&self) -> Vec<(String, String)> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Makes the next call fail.
    pub fn fail_next(&self, error: WorkflowError) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(error);
    }

    fn call(&self, what: &str, with: &str) -> Result<(), WorkflowError> {
        if let Some(error) = self
            .failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
        {
            return Err(error);
        }
        let call = (what.to_owned(), with.to_owned());
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call);
        Ok(())
    }
}

impl Workflow for MemoryWorkflow {
    async fn start(&self, _machine: &str, request: RequestId) -> Result<(), WorkflowError> {
        self.call("start", &request.to_string())
    }

    async fn definition(&self, _machine: &str) -> Result<String, WorkflowError> {
        Ok(self.definition.clone())
    }

    async fn succeed(&self, token: &TaskToken, outcome: &Outcome) -> Result<(), WorkflowError> {
        self.call(token.as_str(), &outcome.outcome)
    }

    async fn fail(&self, token: &TaskToken, error: &str) -> Result<(), WorkflowError> {
        self.call(token.as_str(), error)
    }
}
