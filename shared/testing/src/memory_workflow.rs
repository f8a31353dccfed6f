//! Step Functions in memory: it only remembers.

use std::sync::{Mutex, PoisonError};

use domain::id::{RequestId, TaskToken};
use domain::task::Outcome;
use domain::workflow::{Workflow, WorkflowError};

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
