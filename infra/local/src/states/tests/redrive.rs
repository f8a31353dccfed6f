//! Redriving: what failed runs on from where it ended.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::states::{EventType, ExecutionStatus, StatesError};

const DAY: u64 = 86_400;

/// A step that works, and one that fails unless the third call of a function is one of its own.
fn breaking() -> Value {
    machine(&json!({
        "Prepare": task("prepare", "Pay", &json!({"Assign": {"amount": 50}})),
        "Pay": task("pay", "Done", &json!({
            "Arguments": {"FunctionName": "pay", "Payload": {
                "amount": "{% $amount %}",
                "redrives": "{% $states.context.Execution.RedriveCount %}",
                "entered": "{% $states.context.State.EnteredTime %}"}},
            "Retry": [{"ErrorEquals": ["Down"],
                "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 2.0}]})),
        "Done": {"Type": "Pass", "End": true, "Output": "paid"}
    }))
}

/// Pays once it has been redriven so often.
fn pays_after(redrives: u64) -> impl Fn(&Call) -> Reply + Send + Sync + 'static {
    move |call| match call.payload["redrives"].as_u64() {
        Some(count) if count < redrives => Reply::Fail("Down"),
        _ => Reply::Answer(json!({})),
    }
}

#[tokio::test]
async fn the_failed_state_runs_again_with_all_its_retries() {
    let stage = stage(&breaking(), pays_after(2));
    stage.start(json!({}));
    stage.advance(10).await;
    let failed = stage.view();
    assert_eq!(failed.status, ExecutionStatus::Failed);
    assert_eq!(failed.not_redrivable, None);
    assert_eq!(stage.calls().len(), 1 + 3);

    stage.executor.redrive("r1").unwrap();
    stage.advance(10).await;
    assert_eq!(stage.calls().len(), 1 + 3 + 3);
    let again = stage.calls()[4].payload.clone();
    assert_eq!(
        again,
        json!({"amount": 50, "redrives": 1, "entered": stage.calls()[1].payload["entered"]})
    );

    stage.executor.redrive("r1").unwrap();
    stage.executor.idle().await;
    let view = stage.view();
    assert_eq!(*output(&view), json!("paid"));
    assert_eq!((view.redrives, stage.calls().len()), (2, 8));
    let ends = view.history.iter().map(|event| event.event_type);
    let ends: Vec<_> = ends
        .filter(|event| format!("{event}").starts_with("Execution"))
        .collect();
    assert_eq!(
        ends,
        [
            EventType::ExecutionStarted,
            EventType::ExecutionFailed,
            EventType::ExecutionRedriven,
            EventType::ExecutionFailed,
            EventType::ExecutionRedriven,
            EventType::ExecutionSucceeded,
        ]
    );
    let redriven = view.history.iter().rev();
    let mut redriven = redriven.filter(|e| e.event_type == EventType::ExecutionRedriven);
    assert_eq!(redriven.next().unwrap().details, json!({"redriveCount": 2}));
}

fn refusal(stage: &Stage) -> String {
    let error = stage.executor.redrive("r1").unwrap_err();
    let StatesError::ExecutionNotRedrivable(reason) = error else {
        panic!("{error}");
    };
    reason.to_string()
}

#[tokio::test]
async fn only_what_failed_within_fourteen_days_can_be_redriven() {
    let stage = stage(&breaking(), pays_after(1));
    assert!(matches!(
        stage.executor.redrive("r1"),
        Err(StatesError::ExecutionDoesNotExist(_))
    ));
    stage.start(json!({}));
    stage.executor.idle().await;
    assert_eq!(
        refusal(&stage),
        "Execution is RUNNING and cannot be redriven"
    );
    stage.advance(10).await;
    assert_eq!(stage.view().not_redrivable, None);
    stage.clock.jump(Duration::from_secs(14 * DAY)).unwrap();
    assert_eq!(refusal(&stage), "Execution redrivable period exceeded");
    assert_eq!(
        stage.view().not_redrivable,
        Some("Execution redrivable period exceeded")
    );
}

#[tokio::test]
async fn what_succeeded_cannot_be_redriven() {
    let stage = stage(&breaking(), pays_after(0));
    stage.run(json!({})).await;
    assert_eq!(
        refusal(&stage),
        "Execution is SUCCEEDED and cannot be redriven"
    );
}

#[tokio::test]
async fn a_redrive_begins_the_time_limit_anew_and_a_year_is_the_end() {
    let mut slow = machine(
        &json!({"Ask": asking("ask", "Done", &json!({})), "Done": {"Type": "Pass", "End": true}}),
    );
    slow["TimeoutSeconds"] = json!(13 * DAY);
    let stage = quiet(&slow);
    stage.start(json!({}));
    for round in 0..28 {
        stage.advance(13 * DAY).await;
        assert_eq!(stage.view().status, ExecutionStatus::TimedOut, "{round}");
        stage.executor.redrive("r1").unwrap();
    }
    stage.advance(13 * DAY).await;
    assert_eq!(
        refusal(&stage),
        "Execution has exceeded the max execution time"
    );
}

#[tokio::test]
async fn what_still_cannot_be_evaluated_fails_again() {
    let stage = quiet(&machine(
        &json!({"No": {"Type": "Pass", "Output": "{% $absent %}", "End": true}}),
    ));
    stage.run(json!({})).await;
    stage.executor.redrive("r1").unwrap();
    stage.executor.idle().await;
    let error = stage.view().error;
    assert_eq!(error.as_deref(), Some("States.QueryEvaluationError"));
    assert_eq!(stage.view().redrives, 1);
}

#[tokio::test]
async fn a_redrive_survives_a_restart() {
    let data = folder();
    let clock = Clock::fixed(start_of_test());
    let before = open(Some(data.path()), clock.clone(), &breaking(), pays_after(1));
    before.start(json!({}));
    before.advance(10).await;
    before.executor.redrive("r1").unwrap();
    // The redrive is recorded and nothing else: the functions have had no chance to run.
    before.executor.stop();
    assert_eq!(
        before.executor.redrive("r1").unwrap_err().to_string(),
        "the executor was stopped"
    );
    let after = open(Some(data.path()), clock, &breaking(), pays_after(1));
    after.executor.idle().await;
    let view = after.view();
    assert_eq!(*output(&view), json!("paid"));
    assert_eq!(view.redrives, 1);
}
