//! The Task states: one function each, with its retries, its time limit and a way on when it fails.

use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::task::{ApprovalConfig, EndStatus};

use super::retry;
use crate::process::NEEDS_ATTENTION;

const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const INVOKE_AND_WAIT: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";

/// The functions by their logical id in the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    RequestApproval,
    Decide,
    IssueRefund,
    SendEmail,
    CloseRequest,
}

impl Function {
    /// The substitution that becomes the function's ARN when the state machine is deployed.
    fn substitution(self) -> &'static str {
        match self {
            Function::RequestApproval => "${RequestApproval}",
            Function::Decide => "${Decide}",
            Function::IssueRefund => "${IssueRefund}",
            Function::SendEmail => "${SendEmail}",
            Function::CloseRequest => "${CloseRequest}",
        }
    }

    /// More than the function's own time limit, so that Lambda's error is seen rather than this one.
    fn timeout_seconds(self) -> u32 {
        if self == Function::IssueRefund {
            120
        } else {
            60
        }
    }
}

/// A Task that runs a function and goes on with its answer.
pub(super) struct Task {
    function: Function,
    payload: Map<String, Value>,
    catch: &'static str,
}

impl Task {
    /// The state of that name, which stands for the phase of the same name.
    pub(super) fn new(function: Function, name: &str, config: &impl Serialize) -> Self {
        Self {
            function,
            payload: payload(name, config),
            catch: NEEDS_ATTENTION,
        }
    }

    /// The phase, where it has another name than the state.
    pub(super) fn of_phase(mut self, phase: &str) -> Self {
        self.payload.insert("phase".to_owned(), json!(phase));
        self
    }

    /// Where to go when the function failed for good.
    pub(super) fn catch_to(mut self, state: &'static str) -> Self {
        self.catch = state;
        self
    }

    /// The state that another follows.
    pub(super) fn next(self, next: &str) -> Value {
        self.state(&json!("{% $states.result.Payload %}"), "Next", json!(next))
    }

    /// The state that the execution ends with.
    pub(super) fn end(self, status: EndStatus) -> Value {
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
            "Retry": retry::of(self.function),
            "Catch": [catch_all(self.catch)],
        });
        state[way_on] = target;
        state
    }
}

/// The Task that asks a team and waits. When nobody decided until a reminder is due, it is entered
/// again: the function knows by the time of the first asking whether to remind or to let it expire.
pub(super) fn approval(
    name: &str,
    config: &ApprovalConfig,
    remind_seconds: u32,
    next: &str,
) -> Value {
    let mut payload = payload(name, config);
    payload.insert(
        "taskToken".to_owned(),
        json!("{% $states.context.Task.Token %}"),
    );
    json!({
        "Type": "Task",
        "Resource": INVOKE_AND_WAIT,
        "Arguments": {
            "FunctionName": Function::RequestApproval.substitution(),
            "Payload": payload,
        },
        "TimeoutSeconds": remind_seconds,
        "Output": "{% $states.result %}",
        "Retry": retry::of(Function::RequestApproval),
        "Catch": [
            { "ErrorEquals": ["States.Timeout"], "Next": name },
            catch_all(NEEDS_ATTENTION),
        ],
        "Next": next,
    })
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

/// Only the error's name goes on: its cause may hold anything.
fn catch_all(next: &str) -> Value {
    json!({
        "ErrorEquals": ["States.ALL"],
        "Output": { "error": "{% $states.errorOutput.Error %}" },
        "Next": next,
    })
}
