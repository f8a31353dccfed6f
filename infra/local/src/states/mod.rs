//! A development stand-in for AWS Step Functions Standard workflows.
//!
//! It executes the part of the Amazon States Language that this project's generator writes, in the
//! query language `JSONata`, and refuses loudly what it does not implement: a definition that would run
//! differently on AWS must not seem to work here. The functions themselves are behind [`TaskRunner`] and
//! time is behind [`crate::clock::Clock`], so the same executor serves the local stack and simulations.
//!
//! How it is built, from the inside out:
//! - `asl`, `machine`: a definition, as types, and what is refused
//! - `record`, `position`, `run`: facts, and an execution as a fold over them
//! - `event`, `history`, `view`, `replay`: what is shown of it, read from its records
//! - `redrive`: which executions that failed can run on
//! - `state_execution`, `decide`, `retry`, `rng`, `jsonata`: the next fact, from a run and the time; no
//!   effects
//! - `store`, `execution`, `resume`: a run and its journal; records before it acts
//! - `timer_queue`, `shared`, `executor`, `operations`: all executions; timers, invocations, tokens
//!
//! Every execution is a journal of its facts. A restart replays it, so approvals and timers survive
//! `kill -9`. An execution goes by its name, which is the request's id; so does a token.

use std::pin::Pin;

use serde_json::Value;

mod asl;
mod decide;
mod error;
mod event;
mod execution;
mod executor;
mod history;
pub(crate) mod jsonata;
mod machine;
mod names;
mod operations;
mod position;
mod record;
mod redrive;
mod replay;
mod resume;
mod retry;
mod rng;
mod run;
mod shared;
mod state_execution;
mod store;
mod time;
mod timer_queue;
mod view;

#[cfg(test)]
mod tests;

pub use error::{OpenError, StatesError};
pub use event::{EventType, HistoryEvent};
pub use executor::{Executor, Options};
pub use machine::{Definition, DefinitionError};
pub use operations::Started;
pub use view::{ExecutionStatus, ExecutionView};

/// What a function's invocation comes to.
pub type Answer = Pin<Box<dyn Future<Output = Result<Value, TaskError>> + Send>>;

/// Invokes functions for the executor.
pub trait TaskRunner: Send + Sync {
    /// Invokes the function with this payload. The future ends with what the function answered or with
    /// its error, or with one of Lambda's own errors when there was no answer.
    fn invoke(&self, function: String, payload: Value) -> Answer;
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct TaskError {
    /// The name that Retry and Catch match: a function's own error type, or one of Lambda's names.
    pub error: String,
    /// What there is to say about it; on AWS the function's whole error as JSON text.
    pub cause: String,
}
