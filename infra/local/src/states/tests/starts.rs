//! Starting executions: names, inputs, repeats.

use serde_json::{Value, json};

use super::*;
use crate::states::{ExecutionStatus, StatesError};

fn waiting() -> Value {
    machine(&json!({"W": {"Type": "Wait", "Seconds": 60, "End": true}}))
}

#[tokio::test]
async fn the_same_start_while_it_runs_is_the_same_execution() {
    let stage = quiet(&waiting());
    let first = stage
        .executor
        .start(MACHINE, "r1", json!({"a": 1, "b": 2}))
        .unwrap();
    stage.advance(10).await;
    let again = stage
        .executor
        .start(MACHINE, "r1", json!({"b": 2, "a": 1}))
        .unwrap();
    assert_eq!(first, again);
    assert_eq!(
        first.execution_arn,
        "arn:aws:states:us-east-1:000000000000:execution:refund-request:r1"
    );
    assert_eq!(stage.executor.names().len(), 1);
}

#[tokio::test]
async fn another_input_or_a_closed_execution_is_refused() {
    let stage = quiet(&waiting());
    stage
        .executor
        .start(MACHINE, "r1", json!({"a": 1}))
        .unwrap();
    let other_input = stage
        .executor
        .start(MACHINE, "r1", json!({"a": 2}))
        .unwrap_err();
    assert!(
        matches!(other_input, StatesError::ExecutionAlreadyExists(_)),
        "{other_input}"
    );
    stage.advance(60).await;
    assert_eq!(stage.view().status, ExecutionStatus::Succeeded);
    let closed = stage
        .executor
        .start(MACHINE, "r1", json!({"a": 1}))
        .unwrap_err();
    assert!(
        matches!(closed, StatesError::ExecutionAlreadyExists(_)),
        "{closed}"
    );
}

#[tokio::test]
async fn a_name_is_used_by_one_state_machine() {
    let stage = quiet(&waiting());
    let survey = MACHINE.replace("refund-request", "csat-survey");
    stage
        .executor
        .define(&survey, &waiting().to_string())
        .unwrap();
    stage.executor.start(MACHINE, "r1", json!(1)).unwrap();
    let other = stage.executor.start(&survey, "r1", json!(1)).unwrap_err();
    assert!(
        matches!(other, StatesError::ExecutionAlreadyExists(_)),
        "{other}"
    );
    stage.executor.start(&survey, "r2", json!(1)).unwrap();
}

#[tokio::test]
async fn a_name_is_one_of_step_functions_and_of_a_file() {
    let stage = quiet(&waiting());
    let longest = "x".repeat(80);
    for good in [
        "a",
        "0198c2d4-7f5c-7aaa-8bbb-1234567890ab",
        "a-b_C",
        longest.as_str(),
    ] {
        stage.executor.start(MACHINE, good, json!({})).unwrap();
    }
    let too_long = "x".repeat(81);
    for bad in [
        "",
        "a b",
        "a/b",
        "../a",
        "a:b",
        "a*",
        "a.b",
        "a\u{7}",
        "a{b}",
        "a,b",
        too_long.as_str(),
    ] {
        let refusal = stage.executor.start(MACHINE, bad, json!({})).unwrap_err();
        assert!(
            matches!(refusal, StatesError::InvalidName(_)),
            "{bad:?}: {refusal}"
        );
    }
}

#[tokio::test]
async fn an_unknown_machine_is_refused() {
    let stage = quiet(&waiting());
    let unknown =
        stage
            .executor
            .start("arn:aws:states:us-east-1:0:stateMachine:x", "r1", json!({}));
    assert!(matches!(
        unknown.unwrap_err(),
        StatesError::StateMachineDoesNotExist(_)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_starts_at_once_one_begins() {
    let data = folder();
    let stage = open(
        Some(data.path()),
        Clock::fixed(start_of_test()),
        &waiting(),
        |_| Reply::Hang,
    );
    let starts: Vec<_> = (0..16)
        .map(|_| {
            let executor = Arc::clone(&stage.executor);
            tokio::spawn(async move { executor.start(MACHINE, "r1", json!({})).unwrap() })
        })
        .collect();
    for start in starts {
        start.await.unwrap();
    }
    stage.executor.idle().await;
    assert_eq!(
        lines(&stage.view().history),
        "ExecutionStarted\nWaitStateEntered W"
    );
}

#[tokio::test]
async fn a_running_execution_keeps_the_definition_it_started_with() {
    let stage = quiet(&waiting());
    stage.run(json!("old")).await;
    let new = machine(&json!({"S": {"Type": "Pass", "End": true, "Output": "new"}}));
    stage.executor.define(MACHINE, &new.to_string()).unwrap();
    assert_eq!(stage.executor.definition(MACHINE).unwrap(), new.to_string());
    stage.executor.start(MACHINE, "r2", json!({})).unwrap();
    stage.advance(60).await;
    assert_eq!(*output(&stage.view()), "old");
    assert_eq!(*output(&stage.executor.execution("r2").unwrap()), "new");
}

#[tokio::test]
async fn a_version_is_started_by_its_arn_whatever_is_published_since_and_an_alias_leads_to_the_newest()
 {
    let stage = quiet(&machine(
        &json!({"S": {"Type": "Pass", "End": true, "Output": "old"}}),
    ));
    let live = format!("{MACHINE}:live");
    let old = stage.executor.version(&live).unwrap();
    let new = machine(&json!({"S": {"Type": "Pass", "End": true, "Output": "new"}}));
    stage.executor.define(MACHINE, &new.to_string()).unwrap();
    for (arn, name, says) in [
        (old.as_str(), "r1", "old"),
        (&live, "r2", "new"),
        (MACHINE, "r3", "new"),
    ] {
        stage.executor.start(arn, name, json!({})).unwrap();
        stage.advance(1).await;
        assert_eq!(*output(&stage.executor.execution(name).unwrap()), says);
    }
    // A name is used once, by whatever version.
    let again = stage.executor.start(&live, "r1", json!({})).unwrap_err();
    assert!(
        matches!(again, StatesError::ExecutionAlreadyExists(_)),
        "{again}"
    );
    let unknown = format!("{MACHINE}:{}", "0".repeat(64));
    let refusal = stage.executor.start(&unknown, "r4", json!({})).unwrap_err();
    assert!(
        matches!(refusal, StatesError::StateMachineDoesNotExist(_)),
        "{refusal}"
    );
    assert_eq!(stage.executor.definition(&unknown), None);
}

#[tokio::test]
async fn a_stopped_executor_starts_nothing() {
    let stage = quiet(&waiting());
    stage.executor.stop();
    let refusal = stage.executor.start(MACHINE, "r1", json!({})).unwrap_err();
    assert!(matches!(refusal, StatesError::Stopped), "{refusal}");
    stage.executor.idle().await;
}

#[test]
fn opening_outside_of_a_runtime_is_an_error_and_no_panic() {
    let clock = Clock::fixed(start_of_test());
    let runner = Arc::new(Functions {
        script: Box::new(|_| Reply::Hang),
        calls: Mutex::default(),
        clock: clock.clone(),
    });
    let error = Executor::open(None, clock, runner, Options::default())
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "the executor must be opened inside a tokio runtime"
    );
}

#[tokio::test]
async fn names_come_newest_first_and_whatever_is_recorded_is_a_change() {
    let stage = quiet(&waiting());
    let nothing = stage.executor.changes();
    for name in ["r1", "r2"] {
        stage.executor.start(MACHINE, name, json!({})).unwrap();
        stage.advance(10).await;
    }
    let waits = stage.executor.changes();
    assert!(waits > nothing);
    assert_eq!(stage.executor.changes(), waits, "asking is no change");
    stage.advance(40).await;
    assert!(stage.executor.changes() > waits);
    let names = stage.executor.names();
    assert_eq!(
        names.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["r2", "r1"]
    );
    assert_eq!(
        stage.executor.status("r1"),
        Some(ExecutionStatus::Succeeded)
    );
    assert_eq!(stage.executor.status("r2"), Some(ExecutionStatus::Running));
}
