//! Step Functions in memory: it only remembers.

use domain::id::{RequestId, TaskToken};
use domain::task::Outcome;
use domain::workflow::{RoutedVersion, Workflow, WorkflowError};
use parking_lot::Mutex;

use crate::recorder::Recorder;

/// Remembers what it was asked, for tests. All its state machines have the same versions.
#[derive(Debug, Default)]
pub struct MemoryWorkflow {
    /// The share of each version in percent, and its definition.
    versions: Mutex<Vec<(u8, String)>>,
    started: Mutex<Vec<String>>,
    recorder: Recorder<(String, String), WorkflowError>,
}

impl MemoryWorkflow {
    /// Machines that all have this definition.
    pub fn with_definition(definition: &serde_json::Value) -> Self {
        let workflow = Self::default();
        workflow.publish(definition, 100);
        workflow
    }

    /// Publishes a definition as the next version, to which the alias leads by that share. The versions before share
    /// the rest: all of it has the last of them.
    pub fn publish(&self, definition: &serde_json::Value, percent: u8) {
        let mut versions = self.versions.lock();
        for (share, _) in versions.iter_mut() {
            *share = 0;
        }
        if let Some((share, _)) = versions.last_mut() {
            *share = 100 - percent;
        }
        versions.push((percent, definition.to_string()));
    }

    /// The number of the version that each started request runs, the oldest request first.
    pub fn started_versions(&self) -> Vec<String> {
        let started = self.started.lock();
        let number = |arn: &String| arn.rsplit(':').next().unwrap_or_default().to_owned();
        started.iter().map(number).collect()
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
    async fn versions(&self, alias: &str) -> Result<Vec<RoutedVersion>, WorkflowError> {
        let (machine, _) = alias.rsplit_once(':').unwrap_or((alias, ""));
        let versions = self.versions.lock();
        let numbered = versions.iter().zip(1..);
        let routed = numbered.filter(|((percent, _), _)| *percent > 0);
        let version = |((percent, _), number): (&(u8, String), i32)| RoutedVersion {
            arn: format!("{machine}:{number}"),
            percent: *percent,
        };
        Ok(routed.map(version).collect())
    }

    async fn definition(&self, version: &str) -> Result<String, WorkflowError> {
        let number = version.rsplit(':').next().and_then(|it| it.parse().ok());
        let versions = self.versions.lock();
        let found = number.and_then(|number: usize| versions.get(number - 1));
        let found = found.map(|(_, definition)| definition.clone());
        found.ok_or(WorkflowError::VersionGone)
    }

    async fn start(&self, version: &str, request: RequestId) -> Result<(), WorkflowError> {
        self.call("start", &request.to_string())?;
        self.started.lock().push(version.to_owned());
        Ok(())
    }

    async fn succeed(&self, token: &TaskToken, outcome: &Outcome) -> Result<(), WorkflowError> {
        self.call(token.as_str(), &outcome.outcome)
    }

    async fn fail(&self, token: &TaskToken, error: &str) -> Result<(), WorkflowError> {
        self.call(token.as_str(), error)
    }
}
