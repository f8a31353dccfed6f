use std::time::Duration;

use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::{
    clock::Clock,
    states::{Answer as TaskAnswer, TaskRunner},
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
        let executor = Executor::open(None, clock, Arc::new(Tokens(sender))).unwrap();
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

    let describe = json!({ "executionArn": arn });
    let (_, running) = rig.call("DescribeExecution", describe.clone()).await;
    assert_eq!(running["status"], "RUNNING");
    assert_eq!(running["input"], r#"{"requestId":"one"}"#);
    assert!(running.get("stopDate").is_none());

    let success = json!({ "taskToken": token, "output": "{\"outcome\":\"approve\"}" });
    assert_eq!(
        rig.call("SendTaskSuccess", success.clone()).await,
        (200, json!({}))
    );
    rig.executor.idle().await;
    let (_, done) = rig.call("DescribeExecution", describe.clone()).await;
    assert_eq!(done["status"], "SUCCEEDED");
    assert_eq!(done["output"], r#"{"outcome":"approve"}"#);
    assert_eq!(
        refused(&rig.call("SendTaskSuccess", success).await),
        "TaskTimedOut"
    );

    let (_, history) = rig.call("GetExecutionHistory", describe).await;
    let types: Vec<_> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["type"])
        .collect();
    assert_eq!(types.first().unwrap().as_str(), Some("ExecutionStarted"));
    assert_eq!(types.last().unwrap().as_str(), Some("ExecutionSucceeded"));
    assert_eq!(
        history["events"][0]["executionStartedEventDetails"]["input"],
        r#"{"requestId":"one"}"#
    );
    let page = json!({ "executionArn": arn, "maxResults": 2, "reverseOrder": true });
    let (_, page) = rig.call("GetExecutionHistory", page).await;
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    assert_eq!(page["events"][0]["type"], "ExecutionSucceeded");
    assert_eq!(page["nextToken"], "2");
}

#[tokio::test]
async fn a_failed_task_fails_its_execution() {
    let mut rig = Rig::new();
    let (_, started) = rig.start("one", "{}").await;
    let token = rig.tokens.recv().await.unwrap();
    let failure = json!({ "taskToken": token, "error": "No", "cause": "because" });
    assert_eq!(rig.call("SendTaskFailure", failure).await, (200, json!({})));
    rig.executor.idle().await;
    let describe = json!({ "executionArn": started["executionArn"] });
    let (_, done) = rig.call("DescribeExecution", describe).await;
    assert_eq!(done["redriveStatus"], "REDRIVABLE");
    assert_eq!(
        (&done["status"], &done["error"], &done["cause"]),
        (&json!("FAILED"), &json!("No"), &json!("because"))
    );
}

#[tokio::test]
async fn what_failed_is_redriven_and_waits_with_a_new_token() {
    let mut rig = Rig::new();
    let (_, started) = rig.start("one", "{}").await;
    let describe = json!({ "executionArn": started["executionArn"] });
    let first = rig.tokens.recv().await.unwrap();
    let running = rig.call("RedriveExecution", describe.clone()).await;
    assert_eq!(refused(&running), "ExecutionNotRedrivable");
    let failure = json!({ "taskToken": first, "error": "No" });
    rig.call("SendTaskFailure", failure).await;
    rig.executor.idle().await;
    let (_, failed) = rig.call("DescribeExecution", describe.clone()).await;
    assert_eq!(
        (&failed["redriveStatus"], &failed["redriveCount"]),
        (&json!("REDRIVABLE"), &json!(0))
    );

    let (status, redriven) = rig.call("RedriveExecution", describe.clone()).await;
    assert_eq!(
        (status, &redriven["redriveDate"]),
        (200, &json!(1_793_610_000.5))
    );
    let second = rig.tokens.recv().await.unwrap();
    assert_ne!(first, second);
    let success = json!({ "taskToken": second, "output": "{}" });
    assert_eq!(rig.call("SendTaskSuccess", success).await.0, 200);
    rig.executor.idle().await;
    let (_, done) = rig.call("DescribeExecution", describe.clone()).await;
    assert_eq!(
        (
            &done["status"],
            &done["redriveCount"],
            &done["redriveStatus"]
        ),
        (&json!("SUCCEEDED"), &json!(1), &json!("NOT_REDRIVABLE"))
    );
    let (_, history) = rig.call("GetExecutionHistory", describe).await;
    let events = history["events"].as_array().unwrap();
    let redriven = events.iter().find(|e| e["type"] == "ExecutionRedriven");
    assert_eq!(
        redriven.unwrap()["executionRedrivenEventDetails"],
        json!({ "redriveCount": 1 })
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
            json!({ "stateMachineArn": nothing }),
            "StateMachineDoesNotExist",
        ),
        (
            "DescribeStateMachine",
            json!({ "stateMachineArn": nothing }),
            "StateMachineDoesNotExist",
        ),
        (
            "DescribeExecution",
            json!({ "executionArn": "arn:x" }),
            "ExecutionDoesNotExist",
        ),
        (
            "RedriveExecution",
            json!({ "executionArn": "arn:x" }),
            "ExecutionDoesNotExist",
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
        ("ListStateMachines", json!({}), "UnknownOperationException"),
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
    assert_eq!(
        (&machine["definition"], &machine["name"]),
        (&json!(DEFINITION), &json!("demo"))
    );
}
