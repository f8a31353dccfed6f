//! The fake of Lambda with a real function process.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use local::lambda::FunctionError;
use serde_json::{Value, json};

use crate::support::Lambda;

/// Invokes the function with JSON.
struct Rig(Lambda);

impl Rig {
    fn new(timeout: Duration, at_start: &str) -> Rig {
        Rig(Lambda::start(timeout, at_start))
    }

    async fn invoke(&self, payload: Value) -> Result<Value, FunctionError> {
        let answer = self
            .0
            .functions
            .invoke("Test", payload.to_string().into())
            .await?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    /// The error type and the message of a function that fails.
    async fn failure(&self, payload: Value) -> (String, String) {
        let error = self.invoke(payload).await.unwrap_err();
        (error.error_type.clone(), error.message().to_owned())
    }
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_process_is_used_again_and_has_a_clean_environment() {
    let rig = Rig::new(LONG, "");
    let first = rig.invoke(json!({ "a": "ä" })).await.unwrap();
    let second = rig.invoke(json!({})).await.unwrap();
    assert_eq!(first["echo"], json!({ "a": "ä" }));
    assert_eq!(first["process"], second["process"]);
    assert_ne!(first["request"], second["request"]);
    let environment = first["environment"].as_object().unwrap();
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "Test");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    assert_eq!(environment["AWS_REGION"], "us-east-1");
    for inherited in ["HOME", "CARGO_MANIFEST_DIR", "USER"] {
        assert!(!environment.contains_key(inherited), "{inherited}");
    }
}

#[tokio::test]
async fn concurrent_invocations_have_processes_of_their_own_up_to_a_bound() {
    let rig = Rig::new(LONG, "");
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let functions = rig.0.functions.clone();
        calls.spawn(async move {
            let payload = json!({ "do": "sleep", "ms": 30 }).to_string();
            functions.invoke("Test", payload.into()).await.unwrap()
        });
    }
    assert_eq!(calls.join_all().await.len(), 20);
    let mut processes = Vec::new();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let functions = rig.0.functions.clone();
        calls.spawn(async move { functions.invoke("Test", "{}".into()).await.unwrap() });
    }
    while let Some(answer) = calls.join_next().await {
        let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
        processes.push(answer["process"].as_u64().unwrap());
    }
    processes.sort_unstable();
    processes.dedup();
    assert!(
        (2..=8).contains(&processes.len()),
        "{} processes",
        processes.len()
    );
}

#[tokio::test]
async fn errors_of_the_function_are_passed_on_and_its_process_goes_on() {
    let rig = Rig::new(LONG, "");
    let before = rig.invoke(json!({})).await.unwrap();
    assert_eq!(
        rig.failure(json!({ "do": "fail" })).await,
        ("Test.Failed".to_owned(), "as told".to_owned())
    );
    let after = rig.invoke(json!({})).await.unwrap();
    assert_eq!(before["process"], after["process"]);
}

#[tokio::test]
async fn a_process_that_exits_fails_its_invocation_and_is_replaced() {
    let rig = Rig::new(LONG, "");
    let before = rig.invoke(json!({})).await.unwrap();
    let (error, message) = rig.failure(json!({ "do": "exit" })).await;
    assert_eq!(error, "Runtime.ExitError");
    assert!(
        message.ends_with("Error: Runtime exited with error: exit status: 3"),
        "{message}"
    );
    let after = rig.invoke(json!({})).await.unwrap();
    assert_ne!(before["process"], after["process"]);
}

#[tokio::test]
async fn a_process_that_exits_before_it_is_ready_fails_at_once() {
    let rig = Rig::new(LONG, "exit");
    let started = Instant::now();
    let (error, message) = rig.failure(json!({})).await;
    assert_eq!(error, "Runtime.ExitError");
    assert!(message.contains("exit status: 7"), "{message}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_function_that_overruns_its_time_is_killed() {
    let rig = Rig::new(Duration::from_millis(1500), "");
    let before = rig.invoke(json!({})).await.unwrap();
    let (error, message) = rig.failure(json!({ "do": "sleep" })).await;
    assert_eq!(error, "Sandbox.Timedout");
    assert!(
        message.ends_with("Task timed out after 1.50 seconds"),
        "{message}"
    );
    let after = rig.invoke(json!({})).await.unwrap();
    assert_ne!(before["process"], after["process"]);
    assert!(gone(before["process"].as_u64().unwrap()).await);
}

#[tokio::test]
async fn processes_end_with_the_stack_and_when_it_is_killed() {
    let rig = Rig::new(LONG, "");
    let stopped = rig.invoke(json!({})).await.unwrap()["process"]
        .as_u64()
        .unwrap();
    rig.0.functions.stop();
    assert!(gone(stopped).await, "stopped");
    let (error, message) = rig.failure(json!({})).await;
    assert_eq!(error, "Lambda.SdkClientException");
    assert_eq!(message, "the stack is stopping");

    let rig = Rig::new(LONG, "");
    let orphan = rig.invoke(json!({})).await.unwrap()["process"]
        .as_u64()
        .unwrap();
    // As when the stack is killed: its connections end and nobody ends its processes.
    // A while after the answer, as it then waits for the next invocation.
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(rig.0.server);
    std::mem::forget(rig.0.functions);
    assert!(gone(orphan).await, "orphaned");
}

#[tokio::test]
async fn an_unknown_function_is_said_so() {
    let rig = Rig::new(LONG, "");
    let arn = "arn:aws:lambda:us-east-1:000000000000:function";
    let invoke = |name: &str| {
        let function = format!("{arn}:{name}");
        let functions = &rig.0.functions;
        async move { functions.invoke(&function, "{}".into()).await }
    };
    let error = invoke("Nothing").await.unwrap_err();
    assert_eq!(error.error_type, "Lambda.ResourceNotFoundException");
    assert_eq!(error.message(), "there is no function `Nothing`");
    assert!(invoke("Test").await.is_ok(), "known by its ARN");
}

/// Whether a process ends within a few seconds.
async fn gone(process: u64) -> bool {
    let status = PathBuf::from(format!("/proc/{process}/stat"));
    for _ in 0..100 {
        match std::fs::read_to_string(&status) {
            // A zombie has ended; it only waits to be noticed.
            Ok(stat) if !stat.contains(") Z ") => {}
            _ => return true,
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}
