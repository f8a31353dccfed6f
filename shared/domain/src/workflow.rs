//! The port to Step Functions: which versions of a process there are, starting one, [answering](answer) a waiting task.

use std::future::Future;

use crate::failure::Failure;
use crate::id::{RequestId, TaskToken};
use crate::task::Outcome;

pub(crate) mod error;
mod executions;

pub use error::WorkflowError;
pub use executions::{Executions, StoppedExecution};

/// How often a task is answered while Step Functions does not respond.
const ATTEMPTS: usize = 3;

/// The error that ends the waiting of an approval because others are to be asked: a mail bounced, or people joined or left
/// the team. Its state is entered again at once, as if a reminder were due.
pub const ASK_OTHERS: &str = "Approval.AskOthers";

/// How a waiting task ends.
#[derive(Debug, Clone, Copy)]
pub enum TaskAnswer<'a> {
    /// With this outcome.
    Outcome(&'a str),
    /// By an error, which its state catches by this name.
    Error(&'a str),
}

/// Whether a task took its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It waited with this token, and goes on.
    Answered,
    /// No task waits with this token: it was answered before, or its state timed out and may have been entered
    /// again, with another token. Whoever stores what it waits for need not do anything: each state entry looks for
    /// that first.
    Stale,
}

/// Answers a waiting task, a few times while Step Functions does not respond.
pub async fn answer(
    workflow: &impl Workflow,
    token: &TaskToken,
    answer: TaskAnswer<'_>,
) -> Result<TokenState, Failure> {
    let mut lost = 0;
    loop {
        let result = match answer {
            TaskAnswer::Outcome(outcome) => workflow.succeed(token, &Outcome::new(outcome)).await,
            TaskAnswer::Error(name) => workflow.fail(token, name).await,
        };
        lost += 1;
        match result {
            Ok(()) => return Ok(TokenState::Answered),
            Err(WorkflowError::TokenGone) => return Ok(TokenState::Stale),
            Err(WorkflowError::Unavailable(_)) if lost < ATTEMPTS => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A version of a state machine that an alias leads to. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedVersion {
    /// Its ARN.
    pub arn: String,
    /// Its share of what is started, in percent: while a deployment is under way there are two.
    pub percent: u8,
}

/// The state machines of this deployment.
pub trait Workflow: Send + Sync {
    /// Where the alias of a state machine leads.
    fn versions(
        &self,
        alias: &str,
    ) -> impl Future<Output = Result<Vec<RoutedVersion>, WorkflowError>> + Send;

    /// The definition of a version of a state machine, as JSON.
    fn definition(
        &self,
        version: &str,
    ) -> impl Future<Output = Result<String, WorkflowError>> + Send;

    /// Starts the execution of a request by a version of its state machine. Starting it again is fine.
    fn start(
        &self,
        version: &str,
        request: RequestId,
    ) -> impl Future<Output = Result<(), WorkflowError>> + Send;

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
