//! The part of the Amazon States Language that this executor runs, as types.
//!
//! Unknown fields are refused by serde, so nothing in a definition is silently ignored. What types
//! alone cannot say is checked in [`super::check`], and [`super::load`] puts both together: a [`Machine`]
//! that exists can be run.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// The variables a state assigns: names and templates.
pub(crate) type Assign = Map<String, Value>;

/// A whole state machine.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) start_at: String,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) states: BTreeMap<String, State>,
}

/// A state of one of the types that are implemented.
#[derive(Debug, Deserialize)]
#[serde(tag = "Type")]
pub(crate) enum State {
    Pass(Pass),
    Task(Box<Task>),
    Choice(Choice),
    Wait(Wait),
    Succeed(Succeed),
    Fail(Fail),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Pass {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Task {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) resource: Resource,
    pub(crate) arguments: Arguments,
    #[serde(default, deserialize_with = "whole_seconds")]
    pub(crate) timeout_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

/// What a Task may call.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) enum Resource {
    #[serde(rename = "arn:aws:states:::lambda:invoke")]
    Invoke,
    #[serde(rename = "arn:aws:states:::lambda:invoke.waitForTaskToken")]
    InvokeAndWaitForToken,
}

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "PascalCase",
    expecting = "an object with FunctionName and Payload"
)]
pub(crate) struct Arguments {
    pub(crate) function_name: String,
    pub(crate) payload: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Retrier {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) error_equals: Vec<String>,
    #[serde(default = "one")]
    pub(crate) interval_seconds: u32,
    #[serde(default = "three")]
    pub(crate) max_attempts: u32,
    #[serde(default = "twice")]
    pub(crate) backoff_rate: f64,
    pub(crate) max_delay_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) jitter_strategy: Jitter,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Jitter {
    #[default]
    None,
    Full,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Catcher {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) error_equals: Vec<String>,
    pub(crate) next: String,
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Choice {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) choices: Vec<Rule>,
    pub(crate) default: Option<String>,
    /// Used when the default is taken; each rule has its own.
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Rule {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) condition: String,
    pub(crate) next: String,
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Wait {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) seconds: Option<Value>,
    pub(crate) timestamp: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Succeed {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Fail {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

impl Resource {
    /// What follows the service in the ARN; histories name it so.
    pub(crate) fn action(self) -> &'static str {
        match self {
            Resource::Invoke => "invoke",
            Resource::InvokeAndWaitForToken => "invoke.waitForTaskToken",
        }
    }
}

/// Tells `"Output": null`, which outputs null, from no `Output` at all.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Takes numbers alone: Step Functions would also take `JSONata`.
pub(crate) fn whole_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u32>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let seconds = value
        .as_u64()
        .and_then(|seconds| u32::try_from(seconds).ok());
    match seconds {
        Some(seconds) if seconds > 0 => Ok(Some(seconds)),
        _ => Err(de::Error::custom(format!(
            "TimeoutSeconds is {value}, and must be a whole number of seconds above 0 \
             (JSONata is not implemented here)"
        ))),
    }
}

fn one() -> u32 {
    1
}

fn three() -> u32 {
    3
}

fn twice() -> f64 {
    2.0
}
