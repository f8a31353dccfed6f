//! The Task states: one function each, with its retries, its time limit and a way on when it fails.

use domain::task::{AskConfig, CloseConfig, EndStatus};
use domain::workflow::ASK_OTHERS;
use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) use super::function::Function;
use super::retry::{self, TIMEOUT};
use crate::process::{Exit, NEEDS_ATTENTION, OUTCOME_SUFFIX, States};

const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const INVOKE_AND_WAIT: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";

/// The variable that keeps which state broke, for a redrive to go back to.
pub(crate) const RESUME_AT: &str = "resumeAt";

/// A Task that runs a function and goes on with its answer.
pub(crate) struct Task {
    function: Function,
    payload: Map<String, Value>,
    catch: Option<Value>,
    retry: Vec<Value>,
}

impl Task {
    /// The state of that name, which stands for the phase of the same name.
    pub(crate) fn new(function: Function, name: &str, config: &impl Serialize) -> Self {
        Self {
            function,
            payload: payload(name, config),
            catch: Some(catch_all(name)),
            retry: retry::of(function),
        }
    }

    /// The state of that name, which closes the request.
    pub(crate) fn closing(name: &str, config: &CloseConfig) -> Self {
        let mut task = Self::new(Function::CloseRequest, name, config);
        let redrives = json!("{% $states.context.Execution.RedriveCount %}");
        task.payload.insert("redrives".to_owned(), redrives);
        task
    }

    /// The phase, where it has another name than the state.
    pub(crate) fn of_phase(mut self, phase: &str) -> Self {
        self.payload.insert("phase".to_owned(), json!(phase));
        self
    }

    /// Where to go when the function failed for good, in place of where a redrive would bring it
    /// back from.
    pub(crate) fn catch_to(mut self, state: &str) -> Self {
        self.catch = Some(catch(state));
        self
    }

    /// Not for long: somebody waits, and it is not what they wait for.
    pub(crate) fn retried_briefly(mut self) -> Self {
        self.retry = retry::briefly();
        self
    }

    /// The function fails for good, and the execution with it.
    pub(crate) fn without_catch(mut self) -> Self {
        self.catch = None;
        self
    }

    /// Waits for Stripe, which is asked again when the time limit is over.
    pub(crate) fn retried_while_waiting(mut self) -> Self {
        self.retry = retry::while_waiting();
        self
    }

    /// The state of that name, which waits for somebody who has its token and is entered again when
    /// nobody has answered.
    pub(crate) fn wait(mut self, name: &str, seconds: u32, next: &str) -> Value {
        let token = json!("{% $states.context.Task.Token %}");
        self.payload.insert("taskToken".to_owned(), token);
        let mut state = self.state(&json!("{% $states.result %}"), "Next", json!(next));
        state["Resource"] = json!(INVOKE_AND_WAIT);
        state["TimeoutSeconds"] = json!(seconds);
        let again = json!({ "ErrorEquals": [TIMEOUT], "Next": name });
        state["Catch"] = json!([again, catch_all(name)]);
        state
    }

    /// The state that another follows.
    pub(crate) fn next(self, next: &str) -> Value {
        self.state(&json!("{% $states.result.Payload %}"), "Next", json!(next))
    }

    /// The state that the execution ends with.
    pub(crate) fn end(self, status: EndStatus) -> Value {
        self.state(&json!({ "outcome": status }), "End", json!(true))
    }

    fn state(self, output: &Value, way_on: &str, target: Value) -> Value {
        let mut state = json!({
            "Type": "Task",
            "Resource": INVOKE,
            "Arguments": {
                "FunctionName": self.function.substitution(),
                "Payload": self.payload,
            },
            "TimeoutSeconds": self.function.timeout_seconds(),
            "Output": output,
            "Retry": self.retry,
        });
        if let Some(catch) = self.catch {
            state["Catch"] = json!([catch]);
        }
        state[way_on] = target;
        state
    }
}

/// A function's state, and the state that branches on what it answers. `task` gets the latter's name.
pub(crate) fn branch_on(name: &str, exits: &[Exit], task: impl FnOnce(&str) -> Value) -> States {
    let choice = format!("{name}{OUTCOME_SUFFIX}");
    let (task, outcome) = (task(&choice), outcome_choice(name, exits));
    States::from_iter([(name.to_owned(), task), (choice, outcome)])
}

/// Branches on what a task's function answered. The outcomes are ours and hold no quotes.
pub(crate) fn outcome_choice(task: &str, exits: &[Exit]) -> Value {
    let choices: Vec<Value> = exits
        .iter()
        .map(|exit| {
            json!({
                "Condition": format!("{{% $states.input.outcome = '{}' %}}", exit.outcome),
                "Next": exit.state,
            })
        })
        .collect();
    json!({
        "Type": "Choice",
        "Choices": choices,
        "Default": NEEDS_ATTENTION,
        // Only where the default is taken.
        "Assign": { RESUME_AT: task },
    })
}

/// The Task that asks somebody and waits. When nobody answered until a reminder is due, or for good, it
/// is entered again: the function knows by the time of the first asking whether to remind or to let it
/// expire.
pub(crate) fn ask(name: &str, config: &AskConfig, seconds: u32, next: &str) -> Value {
    let ask = Task::new(Function::AskApprovers, name, config);
    let mut state = ask.wait(name, seconds, next);
    // A mail that bounces or a team that changes needs no reminder: somebody else has to be asked now.
    state["Catch"][0]["ErrorEquals"] = json!([TIMEOUT, ASK_OTHERS]);
    state
}

fn payload(name: &str, config: &impl Serialize) -> Map<String, Value> {
    let payload = json!({
        "requestId": "{% $states.context.Execution.Input.requestId %}",
        "state": name,
        "enteredAt": "{% $states.context.State.EnteredTime %}",
        "phase": name,
        "config": config,
    });
    match payload {
        Value::Object(payload) => payload,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            unreachable!("it is written as an object")
        }
    }
}

/// Whatever the state of that name failed by, a person has to look, and can bring it back here.
fn catch_all(name: &str) -> Value {
    let mut catch = catch(NEEDS_ATTENTION);
    catch["Assign"] = json!({ RESUME_AT: name });
    catch
}

/// Only the error's name goes on: its cause may hold anything.
fn catch(next: &str) -> Value {
    json!({
        "ErrorEquals": ["States.ALL"],
        "Output": { "error": "{% $states.errorOutput.Error %}" },
        "Next": next,
    })
}
