//! The part of the Amazon States Language that this executor runs, as types.
//!
//! Whatever these types do not know is refused by serde: types of states, fields, services, `JSONPath`.
//! So nothing in a definition is silently ignored. What they cannot say is checked in [`super::machine`].

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The variables a state assigns: names and templates.
pub(crate) type Assign = Map<String, Value>;

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

/// A transition out of a state, and what it hands on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Transition {
    /// Without it the execution ends.
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
    /// Without it the state hands on what it was given.
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pass {
    #[serde(flatten)]
    pub(crate) transition: Transition,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Task {
    pub(crate) resource: Resource,
    pub(crate) arguments: Arguments,
    pub(crate) timeout_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
    #[serde(flatten)]
    pub(crate) transition: Transition,
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
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Arguments {
    pub(crate) function_name: String,
    pub(crate) payload: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<String>,
    #[serde(default = "default_interval_seconds")]
    pub(crate) interval_seconds: u32,
    #[serde(default = "default_max_attempts")]
    pub(crate) max_attempts: u32,
    #[serde(default = "default_backoff_rate")]
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
    pub(crate) error_equals: Vec<String>,
    #[serde(flatten)]
    pub(crate) transition: Transition,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Choice {
    pub(crate) choices: Vec<Rule>,
    /// Step Functions can do without; a value that no rule foresees then ends the execution.
    pub(crate) default: String,
    /// Used when the default is taken; each rule has its own.
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Assign,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Rule {
    pub(crate) condition: String,
    #[serde(flatten)]
    pub(crate) transition: Transition,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Wait {
    pub(crate) seconds: Value,
    #[serde(flatten)]
    pub(crate) transition: Transition,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Succeed {
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Fail {
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

impl State {
    /// Every transition of a state but a Choice's default, which only names a state.
    pub(crate) fn transitions(&self) -> Vec<&Transition> {
        match self {
            State::Pass(pass) => vec![&pass.transition],
            State::Wait(wait) => vec![&wait.transition],
            State::Task(task) => {
                let caught = task.catch.iter().map(|catcher| &catcher.transition);
                caught.chain([&task.transition]).collect()
            }
            State::Choice(choice) => choice.choices.iter().map(|rule| &rule.transition).collect(),
            State::Succeed(_) | State::Fail(_) => Vec::new(),
        }
    }
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

fn default_interval_seconds() -> u32 {
    1
}

fn default_max_attempts() -> u32 {
    3
}

fn default_backoff_rate() -> f64 {
    2.0
}
