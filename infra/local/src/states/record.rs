//! What is written down about an execution. The records of an execution, in order, are its whole
//! truth: [`super::run::Run`] is rebuilt from them, and [`super::history`] is derived from them.
//!
//! A fact holds the outcome of a decision (evaluated values, due times, tokens), never what led to it.
//! So replaying evaluates nothing, and neither chance nor the time of the replay changes anything.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{TaskError, jsonata::StateError};

/// A fact and when it became one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) at: Timestamp,
    pub(crate) fact: Fact,
}

/// How an execution began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Start {
    pub(crate) machine_arn: String,
    pub(crate) name: String,
    /// The version of the definition: publishing a new one does not change a running execution.
    pub(crate) version: String,
    pub(crate) input: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub(crate) enum Fact {
    ExecutionStarted(Start),
    StateEntered {
        state: String,
        input: Value,
    },
    WaitStarted {
        until: Timestamp,
    },
    /// Recorded before the function is invoked.
    TaskScheduled {
        function: String,
        payload: Value,
        token: Option<String>,
        deadline: Option<Timestamp>,
    },
    /// The function that was given a token returned; the token's answer is awaited.
    TaskSubmitted {
        answer: Value,
    },
    TaskSucceeded {
        output: Value,
    },
    TaskFailed(TaskError),
    TaskTimedOut,
    StateFailed(StateError),
    RetryScheduled {
        retrier: usize,
        until: Timestamp,
    },
    /// Without `next` the execution ends with `output`.
    StateExited {
        next: Option<String>,
        output: Value,
        assign: Map<String, Value>,
    },
    ExecutionSucceeded,
    /// A timeout has no cause, as in Step Functions: the text is empty then.
    ExecutionFailed(TaskError),
    ExecutionTimedOut,
    /// It failed or timed out before, and runs on from where it ended.
    ExecutionRedriven,
}

impl Fact {
    /// Whether nothing can follow but a redrive.
    pub(crate) fn ends_execution(&self) -> bool {
        matches!(
            self,
            Fact::ExecutionSucceeded | Fact::ExecutionFailed(_) | Fact::ExecutionTimedOut
        )
    }

    /// How many events it adds to the history.
    pub(crate) fn event_count(&self) -> usize {
        let is_silent = matches!(
            self,
            Fact::WaitStarted { .. }
                | Fact::RetryScheduled { .. }
                | Fact::StateFailed(StateError { location: None, .. })
        );
        if is_silent {
            0
        } else if matches!(self, Fact::TaskScheduled { .. }) {
            2
        } else {
            1
        }
    }
}
