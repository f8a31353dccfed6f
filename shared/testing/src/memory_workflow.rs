//! Step Functions in memory: it only remembers.

use domain::id::{RequestId, TaskToken};
use domain::task::Outcome;
use domain::workflow::{Workflow, WorkflowError};

use crate::recorder::Recorder;

/// Remembers what it was asked, for tests.
#[derive(Debug, Default)]
pub struct MemoryWorkflow {
    definition: String,
    recorder: Recorder<(String, String), WorkflowError>,
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
        self.recorder.calls()
    }

    /// Makes the next call fail.
    pub fn fail_next(&self, error: WorkflowError) {
        self.recorder.fail_next(error);
    }

    fn call(&self, what: &str, with: &str) -> Result<(), WorkflowError> {
        self.recorder.call((what.to_owned(), with.to_owned()))
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
