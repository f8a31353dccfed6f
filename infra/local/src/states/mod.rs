//! A development stand-in for AWS Step Functions Standard workflows.
//!
//! It executes the part of the Amazon States Language that this project's generator writes, in the
//! query language `JSONata`, and refuses loudly what it does not implement: a definition that would run
//! differently on AWS must not seem to work here. The functions themselves are behind [`TaskRunner`] and
//! time is behind [`crate::clock::Clock`], so the same executor serves the local stack and simulations.
//!
//! How it is built, from the inside out:
//! - `asl`, `machine`: a definition, as types, and what is refused
//! - `record`, `run`: facts, and an execution as a fold over them
//! - `history`: what is shown of it, read from its records
//! - `decide`, `retry`, `jsonata`: the next fact, from a run and the time; no effects
//! - `store`, `execution`: a run and its journal; records before it acts
//! - `timer_queue`, `executor`, `operations`: all executions; timers, invocations, tokens
//!
//! Every execution is a journal of its facts. A restart replays it, so approvals and timers survive
//! `kill -9`. An execution goes by its name, which is the request's id; so does a token.

use std::pin::Pin;

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod asl;
mod decide;
mod error;
mod execution;
mod executor;
mod history;
pub(crate) mod jsonata;
mod machine;
mod names;
mod operations;
mod record;
mod retry;
mod run;
mod store;
mod timer_queue;

#[cfg(test)]
mod tests;

pub use error::StatesError;
pub use executor::{Executor, Options};
pub use history::{EventType, ExecutionView, HistoryEvent};
pub use machine::{Definition, DefinitionError};
pub use operations::Started;

/// What a function's invocation comes to.
pub type Answer = Pin<Box<dyn Future<Output = Result<Value, TaskError>> + Send>>;

/// Invokes functions for the executor.
pub trait TaskRunner: Send + Sync {
    /// Invokes the function with this payload. The future ends with what the function answered or with
    /// its error, or with one of Lambda's own errors when there was no answer.
    fn invoke(&self, function: String, payload: Value) -> Answer;
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{error}: {cause}")]
#[serde(deny_unknown_fields)]
pub struct TaskError {
    /// The name that Retry and Catch match: a function's own error type, or one of Lambda's names.
    pub error: String,
    /// What there is to say about it; on AWS the function's whole error as JSON text.
    pub cause: String,
}

impl TaskError {
    fn new(error: &str, cause: &str) -> TaskError {
        TaskError {
            error: error.to_string(),
            cause: cause.to_string(),
        }
    }
}

/// Step Functions' own names for how an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// It waits or works.
    Running,
    /// It reached an end and has an output.
    Succeeded,
    /// It ended by an error that nothing caught.
    Failed,
    /// The whole execution took longer than the state machine's `TimeoutSeconds`.
    TimedOut,
}

impl ExecutionStatus {
    /// The name as the AWS API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            ExecutionStatus::Running => "RUNNING",
            ExecutionStatus::Succeeded => "SUCCEEDED",
            ExecutionStatus::Failed => "FAILED",
            ExecutionStatus::TimedOut => "TIMED_OUT",
        }
    }
}
