//! The part of the Amazon States Language that this executor runs, as types.
//!
//! Whatever these types do not know is refused by serde: types of states, fields, services, `JSONPath`.
//! So nothing in a definition is silently ignored. What they cannot say is checked in [`super::machine`].
//! The generator writes no Succeed and no Fail: an execution ends with a Task, or by an error that
//! nothing catches.

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

/// Where a state leads.
#[derive(Debug, Deserialize)]
pub(crate) enum Transition {
    Next(String),
    End(True),
}

/// The only value of an `End`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "bool")]
pub(crate) struct True;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Pass {
    #[serde(flatten)]
    pub(crate) transition: Transition,
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
    #[serde(flatten)]
    pub(crate) transition: Transition,
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
    pub(crate) interval_seconds: u32,
    pub(crate) max_attempts: u32,
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
    /// Counts when the default is taken. A rule could have its own, which the generator has no use for.
    #[serde(flatten)]
    pub(crate) output: StateOutput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Rule {
    pub(crate) condition: String,
    pub(crate) next: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Wait {
    pub(crate) seconds: u32,
    #[serde(flatten)]
    pub(crate) transition: Transition,
}

impl State {
    /// The states that it leads to.
    pub(crate) fn targets(&self) -> Vec<&String> {
        match self {
            State::Pass(pass) => pass.transition.next().into_iter().collect(),
            State::Wait(wait) => wait.transition.next().into_iter().collect(),
            State::Task(task) => {
                let caught = task.catch.iter().map(|catcher| &catcher.next);
                caught.chain(task.transition.next()).collect()
            }
            State::Choice(choice) => {
                let rules = choice.choices.iter().map(|rule| &rule.next);
                rules.chain([&choice.default]).collect()
            }
        }
    }
}

impl Transition {
    /// The next state; none at the end of the execution.
    pub(crate) fn next(&self) -> Option<&String> {
        match self {
            Transition::Next(next) => Some(next),
            Transition::End(True) => None,
        }
    }
}

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(end: bool) -> Result<True, &'static str> {
        end.then_some(True).ok_or("an End is true")
    }
}

/// Tells `"Output": null`, which outputs null, from no `Output` at all.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
