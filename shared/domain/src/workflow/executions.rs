//! The port to what operators do with executions: find those that stopped, and let them go on.

use std::future::Future;

use jiff::Timestamp;

use super::WorkflowError;
use crate::id::RequestId;

/// An execution that ended other than in an end phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedExecution {
    /// What Step Functions calls it.
    pub arn: String,
    /// The request that it is of.
    pub request_id: RequestId,
    /// How it ended, in Step Functions' word: `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: &'static str,
    /// When.
    pub stopped_at: Timestamp,
}

/// The executions of all state machines of a deployment.
pub trait Executions: Send + Sync {
    /// Those that stopped and were not let go on since.
    fn stopped(&self) -> impl Future<Output = Result<Vec<StoppedExecution>, WorkflowError>> + Send;

    /// The requests whose executions are under way.
    fn running(&self) -> impl Future<Output = Result<Vec<RequestId>, WorkflowError>> + Send;

    /// Lets an execution go on from where it stopped. The error says in Step Functions' words why it cannot.
    fn redrive(
        &self,
        execution: &StoppedExecution,
    ) -> impl Future<Output = Result<(), String>> + Send;
}
