//! Tests of the executor as its users see it, with functions in this process and virtual time.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Answer, ExecutionView, Executor, HistoryEvent, Options, TaskError, TaskRunner};
use crate::clock::Clock;

mod histories;
mod redrive;
mod refusals;
mod resume;
mod starts;
mod states;
mod tasks;
mod time;
mod tokens;

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:refund-request";

/// A stage for one machine: fixed clock, scripted functions.
struct Stage {
    executor: Arc<Executor>,
    clock: Clock,
    functions: Arc<Functions>,
}

/// What a scripted function does when it is called.
enum Reply {
    Answer(Value),
    Fail(&'static str),
    /// Answers when the clock says so.
    AnswerAt(Timestamp, Value),
    /// Never answers.
    Hang,
    Panic,
}

type Script = dyn Fn(&Call) -> Reply + Send + Sync;

/// One call of a function.
#[derive(Clone, Debug)]
struct Call {
    function: String,
    payload: Value,
    /// Counts the calls of all functions from 0.
    index: usize,
    at: Timestamp,
}

struct Functions {
    script: Box<Script>,
    calls: Mutex<Vec<Call>>,
    clock: Clock,
}

impl TaskRunner for Functions {
    fn invoke(&self, function: String, payload: Value) -> Answer {
        let call = {
            let mut calls = self.calls.lock().unwrap();
            let call = Call {
                function,
                payload,
                index: calls.len(),
                at: self.clock.now(),
            };
            calls.push(call.clone());
            call
        };
        let reply = (self.script)(&call);
        let clock = self.clock.clone();
        Box::pin(async move {
            match reply {
                Reply::Answer(answer) => Ok(answer),
                Reply::Fail(error) => Err(TaskError {
                    error: error.to_string(),
                    cause: format!("{error} happened"),
                }),
                Reply::AnswerAt(at, answer) => {
                    clock.sleep_until(at).await;
                    Ok(answer)
                }
                Reply::Hang => std::future::pending().await,
                Reply::Panic => panic!("a bug in a function"),
            }
        })
    }
}

fn start_of_test() -> Timestamp {
    "2026-11-02T09:00:00Z".parse().unwrap()
}

/// A stage whose functions follow the script.
fn stage(machine: &Value, script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Stage {
    open(None, Clock::fixed(start_of_test()), machine, script)
}

/// A stage whose functions all answer `{}`.
fn quiet(machine: &Value) -> Stage {
    stage(machine, |_| Reply::Answer(json!({})))
}

fn open(
    data: Option<&Path>,
    clock: Clock,
    machine: &Value,
    script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
) -> Stage {
    let functions = Arc::new(Functions {
        script: Box::new(script),
        calls: Mutex::default(),
        clock: clock.clone(),
    });
    let runner = Arc::clone(&functions) as Arc<dyn TaskRunner>;
    let options = Options {
        seed: Some(1),
        ..Options::default()
    };
    let executor = Executor::open(data, clock.clone(), runner, options).unwrap();
    executor.define(MACHINE, &machine.to_string()).unwrap();
    Stage {
        executor,
        clock,
        functions,
    }
}

/// A machine of these states that starts with the first.
fn machine(states: &Value) -> Value {
    let first = states.as_object().unwrap().keys().next().unwrap();
    json!({"QueryLanguage": "JSONata", "StartAt": first, "States": states})
}

/// A task that calls `function` and goes to `next`, with more fields.
fn task(function: &str, next: &str, more: &Value) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": {}},
        "Next": next
    });
    task.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    task
}

/// The same, with a token that the task waits for.
fn asking(function: &str, next: &str, more: &Value) -> Value {
    let mut asking = task(function, next, more);
    asking["Resource"] = json!("arn:aws:states:::lambda:invoke.waitForTaskToken");
    asking["Arguments"]["Payload"]["taskToken"] = json!("{% $states.context.Task.Token %}");
    asking
}

impl Stage {
    fn start(&self, input: Value) {
        self.executor.start(MACHINE, "r1", input).unwrap();
    }

    fn view(&self) -> ExecutionView {
        self.executor.execution("r1").unwrap()
    }

    /// Starts an execution and lets it run as far as it can without time passing.
    async fn run(&self, input: Value) -> ExecutionView {
        self.start(input);
        self.executor.idle().await;
        self.view()
    }

    async fn advance(&self, seconds: u64) {
        self.executor
            .advance(std::time::Duration::from_secs(seconds))
            .await
            .unwrap();
    }

    fn calls(&self) -> Vec<Call> {
        self.functions.calls.lock().unwrap().clone()
    }

    /// The token that the last call was given.
    fn token(&self) -> String {
        let calls = self.calls();
        let token = calls.last().unwrap().payload["taskToken"].as_str();
        token.unwrap().to_string()
    }

    /// How many seconds after the start of the test each call came.
    fn seconds_of_calls(&self) -> Vec<i64> {
        self.calls()
            .iter()
            .map(|call| start_of_test().duration_until(call.at).as_secs())
            .collect()
    }
}

/// The output of an execution that succeeded.
fn output(view: &ExecutionView) -> &Value {
    view.output.as_ref().unwrap_or_else(|| {
        panic!("{:?}: {:?}: {:?}", view.status, view.error, view.cause);
    })
}

/// The history as a person reads it: one line for each event.
fn lines(history: &[HistoryEvent]) -> String {
    let line = |event: &HistoryEvent| match &event.state {
        Some(state) => format!("{} {}", event.event_type, state),
        None => event.event_type.to_string(),
    };
    history.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The definition that the tests of resuming and time share: every state type, a retry, a caught
/// error, a token with a timeout, a wait and variables.
fn tour() -> Value {
    machine(&json!({
        "Prepare": {"Type": "Pass", "Next": "Decide",
            "Output": {"requestId": "{% $states.input.requestId %}"},
            "Assign": {"amount": "{% $states.input.amount %}"}},
        "Decide": task("decide", "Big?", &json!({
            "Retry": [{"ErrorEquals": ["Store.Unavailable", "Lambda.SdkClientException"],
                "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0,
                "JitterStrategy": "FULL"}],
            "Output": "{% $states.result.Payload %}"})),
        "Big?": {"Type": "Choice", "Default": "Pay",
            "Choices": [{"Condition": "{% $states.input.outcome = 'big' %}", "Next": "Ask"}]},
        "Ask": asking("ask", "Pay", &json!({
            "TimeoutSeconds": 86_400,
            "Retry": [{"ErrorEquals": ["Lambda.SdkClientException"],
                "IntervalSeconds": 1, "MaxAttempts": 9, "BackoffRate": 2.0}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refused"}],
            "Assign": {"decision": "{% $states.result.decision %}"}})),
        "Pay": task("pay", "Week", &json!({
            "Retry": [{"ErrorEquals": ["Lambda.SdkClientException"],
                "IntervalSeconds": 1, "MaxAttempts": 9, "BackoffRate": 2.0}],
            "Catch": [{"ErrorEquals": ["Card.Declined"], "Next": "Day"}]})),
        "Week": {"Type": "Wait", "Seconds": 604_800, "Next": "Day"},
        "Day": {"Type": "Wait", "Seconds": 86_400, "Next": "Done"},
        "Done": {"Type": "Pass", "End": true,
            "Output": "{% {'amount': $amount, 'decision': $exists($decision) ? $decision : 'none'} %}"},
        "Refused": {"Type": "Pass", "Output": "{% $error('refused: ' & $string($amount)) %}", "End": true}
    }))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}
