//! The part of the Amazon States Language that this executor runs, as types.
//!
//! Whatever these types do not know is refused by serde: types of states, fields, services, `JSONPath`.
//! So nothing in a definition is silently ignored. What they cannot say is checked in [`super::machine`].

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

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

/// What a state hands on when it is left.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StateOutput {
    /// Without it the state hands on what it was given.
    #[serde(default, deserialize_with = "present")]
    pub(crate) output: Option<Value>,
    #[serde(default)]
    pub(crate) assign: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Pass {
    /// Without it the execution ends.
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
    #[serde(flatten)]
    pub(crate) output: StateOutput,
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
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
    #[serde(flatten)]
    pub(crate) output: StateOutput,
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
    pub(crate) next: String,
    #[serde(flatten)]
    pub(crate) output: StateOutput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Choice {
    pub(crate) choices: Vec<Rule>,
    /// Step Functions can do without; a value that no rule foresees then ends the execution.
    pub(crate) default: String,
    /// Used when the default is taken; each rule has its own.
    #[serde(flatten)]
    pub(crate) output: StateOutput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Rule {
    pub(crate) condition: String,
    pub(crate) next: String,
    #[serde(flatten)]
    pub(crate) output: StateOutput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Wait {
    pub(crate) seconds: Value,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
    #[serde(flatten)]
    pub(crate) output: StateOutput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Succeed {
    #[serde(flatten)]
    pub(crate) output: StateOutput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Fail {
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

impl State {
    /// The states that it names. `None`: it says neither what is next nor that this is the end, or both.
    pub(crate) fn targets(&self) -> Option<Vec<&String>> {
        let (next, end, mut others) = match self {
            State::Pass(pass) => (&pass.next, pass.end, Vec::new()),
            State::Wait(wait) => (&wait.next, wait.end, Vec::new()),
            State::Task(task) => {
                let caught = task.catch.iter().map(|catcher| &catcher.next);
                (&task.next, task.end, caught.collect())
            }
            State::Choice(choice) => {
                let rules = choice.choices.iter().map(|rule| &rule.next);
                return Some(rules.chain([&choice.default]).collect());
            }
            State::Succeed(_) | State::Fail(_) => return Some(Vec::new()),
        };
        others.extend(next);
        (next.is_some() != end).then_some(others)
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
