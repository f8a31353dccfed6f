use std::time::Duration;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::{
    clock::Clock,
    states::{Answer as TaskAnswer, Options, TaskRunner},
};

const ARN: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:demo";

const DEFINITION: &str = r#"{
  "QueryLanguage": "JSONata",
  "StartAt": "Ask",
  "States": {
    "Ask": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
      "Arguments": { "FunctionName": "Ask", "Payload": { "token": "{% $states.context.Task.Token %}" } },
      "End": true
    }
  }
}"#;

/// Hands out the token of every task it is given.
struct Tokens(tokio::sync::mpsc::UnboundedSender<String>);

impl TaskRunner for Tokens {
    fn invoke(&self, _function: String, payload: Value) -> TaskAnswer {
        let token = payload["token"].as_str().unwrap().to_owned();
        let _ = self.0.send(token);
        Box::pin(async { Ok(Value::Null) })
    }
}

struct Rig {
    executor: Arc<Executor>,
    tokens: tokio::sync::mpsc::UnboundedReceiver<String>,
}

impl Rig {
    fn new() -> Rig {
        let (sender, tokens) = tokio::sync::mpsc::unbounded_channel();
        let clock = Clock::fixed("2026-11-02T09:00:00.5Z".parse().unwrap());
        let executor =
            Executor::open(None, clock, Arc::new(Tokens(sender)), Options::default()).unwrap();
        executor.define(ARN, DEFINITION).unwrap();
        Rig { executor, tokens }
    }

    async fn call(&self, operation: &str, input: Value) -> (u16, Value) {
        let request = Request::post("/")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(Body::from(input.to_string()))
            .unwrap();
        let response = router(Arc::clone(&self.executor))
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        assert_eq!(parts.headers["content-type"], "application/x-amz-json-1.0");
        (
            parts.status.as_u16(),
            serde_json::from_slice(&body).unwrap(),
        )
    }

    async fn start(&self, name: &str, input: &str) -> (u16, Value) {
        let input = json!({ "stateMachineArn": ARN, "name": name, "input": input });
        self.call("StartExecution", input).await
    }
}

fn refused(answer: &(u16, Value)) -> &str {
    assert_eq!(answer.0, 400, "{}", answer.1);
    answer.1["__type"].as_str().unwrap()
}

#[tokio::test]
async fn an_execution_from_start_to_end() {
    let mut rig = Rig::new();
    let (status, started) = rig.start("one", r#"{"requestId":"one"}"#).await;
    assert_eq!(status, 200);
    assert_eq!(started["startDate"], json!(1_793_610_000.5));
    let arn = started["executionArn"].clone();
    assert_eq!(
        arn,
        "arn:aws:states:us-east-1:000000000000:execution:demo:one"
    );
    let token = tokio::time::timeout(Duration::from_secs(5), rig.tokens.recv())
        .await
        .unwrap()
        .unwrap();

    let success = json!({ "taskToken": token, "output": "{\"outcome\":\"approve\"}" });
    assert_eq!(
        rig.call("SendTaskSuccess", success.clone()).await,
        (200, json!({}))
    );
    rig.executor.idle().await;
    let done = rig.executor.execution("one").unwrap();
    assert_eq!(done.output, Some(json!({"outcome": "approve"})));
    assert_eq!(
        refused(&rig.call("SendTaskSuccess", success).await),
        "TaskTimedOut"
    );
}

#[tokio::test]
async fn a_failed_task_fails_its_execution() {
    let mut rig = Rig::new();
    rig.start("one", "{}").await;
    let token = rig.tokens.recv().await.unwrap();
    let failure = json!({ "taskToken": token, "error": "No", "cause": "because" });
    assert_eq!(rig.call("SendTaskFailure", failure).await, (200, json!({})));
    rig.executor.idle().await;
    let done = rig.executor.execution("one").unwrap();
    assert_eq!(
        (done.error.as_deref(), done.cause.as_deref()),
        (Some("No"), Some("because"))
    );
}

#[tokio::test]
async fn a_name_is_used_once() {
    let rig = Rig::new();
    let first = rig.start("one", "{}").await;
    assert_eq!(
        rig.start("one", "{}").await,
        first,
        "the same start again is the same execution"
    );
    assert_eq!(
        refused(&rig.start("one", "{\"a\":1}").await),
        "ExecutionAlreadyExists"
    );
    assert_eq!(refused(&rig.start("no good/", "{}").await), "InvalidName");
    assert_eq!(
        refused(&rig.start("two", "{").await),
        "InvalidExecutionInput"
    );
}

#[tokio::test]
async fn what_is_not_there_is_refused_by_name() {
    let rig = Rig::new();
    let nothing = "arn:aws:states:us-east-1:000000000000:stateMachine:nothing";
    for (operation, input, expected) in [
        (
            "StartExecution",
            json!({ "stateMachineArn": nothing, "name": "one", "input": "{}" }),
            "StateMachineDoesNotExist",
        ),
        (
            "DescribeStateMachine",
            json!({ "stateMachineArn": nothing }),
            "StateMachineDoesNotExist",
        ),
        (
            "SendTaskSuccess",
            json!({ "taskToken": "x", "output": "{}" }),
            "InvalidToken",
        ),
        (
            "SendTaskSuccess",
            json!({ "taskToken": "x", "output": "{" }),
            "InvalidOutput",
        ),
        ("SendTaskSuccess", json!({}), "ValidationException"),
        ("StopExecution", json!({}), "UnknownOperationException"),
    ] {
        assert_eq!(
            refused(&rig.call(operation, input).await),
            expected,
            "{operation}"
        );
    }
    let (status, machine) = rig
        .call("DescribeStateMachine", json!({ "stateMachineArn": ARN }))
        .await;
    assert_eq!(status, 200);
    assert_eq!(machine["definition"], DEFINITION);
}
