//! Histories: their events and what these tell.

use serde_json::{Value, json};

use super::*;
use crate::states::EventType;

fn details(view: &ExecutionView, event_type: EventType) -> Value {
    let event = view
        .history
        .iter()
        .find(|event| event.event_type == event_type);
    event
        .unwrap_or_else(|| panic!("no {event_type}"))
        .details
        .clone()
}

#[tokio::test]
async fn a_tour_leaves_the_events_of_step_functions() {
    let stage = stage(&tour(), |call| match (call.function.as_str(), call.index) {
        ("decide", 0) => Reply::Fail("Store.Unavailable"),
        ("decide", _) => Reply::Answer(json!({"outcome": "big"})),
        _ => Reply::Answer(json!({})),
    });
    stage.start(json!({"requestId": "x", "amount": 500}));
    stage.advance(10).await;
    stage
        .executor
        .send_task_success(&stage.token(), json!({"decision": "approve"}))
        .unwrap();
    stage.advance(8 * 86_400).await;
    let view = stage.view();
    insta::assert_snapshot!(lines(&view.history), @"
    ExecutionStarted
    PassStateEntered Prepare
    PassStateExited Prepare
    TaskStateEntered Decide
    TaskScheduled Decide
    TaskStarted Decide
    TaskFailed Decide
    TaskScheduled Decide
    TaskStarted Decide
    TaskSucceeded Decide
    TaskStateExited Decide
    ChoiceStateEntered Big?
    ChoiceStateExited Big?
    TaskStateEntered Ask
    TaskScheduled Ask
    TaskStarted Ask
    TaskSubmitted Ask
    TaskSucceeded Ask
    TaskStateExited Ask
    TaskStateEntered Pay
    TaskScheduled Pay
    TaskStarted Pay
    TaskSucceeded Pay
    TaskStateExited Pay
    WaitStateEntered Week
    WaitStateExited Week
    WaitStateEntered Day
    WaitStateExited Day
    PassStateEntered Done
    PassStateExited Done
    ExecutionSucceeded
    ");
    assert!(view.history.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[tokio::test]
async fn details_tell_values_as_text() {
    let definition = machine(&json!({
        "P": {"Type": "Pass", "Assign": {"n": 1}, "Next": "T"},
        "T": asking("ask", "F", &json!({"TimeoutSeconds": 60})),
        "F": task("refuse", "P", &json!({}))
    }));
    let stage = stage(&definition, |call| match call.function.as_str() {
        "ask" => Reply::Answer(json!("sent")),
        _ => Reply::Fail("E"),
    });
    stage.run(json!({"a": 1})).await;
    let token = stage.token();
    stage
        .executor
        .send_task_success(&token, json!([2]))
        .unwrap();
    stage.executor.idle().await;
    let view = stage.view();
    let details_of = |event_type| details(&view, event_type);
    assert_eq!(
        details_of(EventType::ExecutionStarted),
        json!({"input": "{\"a\":1}"})
    );
    assert_eq!(
        details_of(EventType::PassStateExited),
        json!({"output": "{\"a\":1}", "assignedVariables": {"n": "1"}})
    );
    assert_eq!(
        details_of(EventType::TaskScheduled),
        json!({"parameters": format!("{{\"FunctionName\":\"ask\",\"Payload\":{{\"taskToken\":\"{token}\"}}}}")})
    );
    assert_eq!(
        details_of(EventType::TaskSubmitted)["output"],
        "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":\"sent\",\"StatusCode\":200}"
    );
    assert_eq!(
        details_of(EventType::TaskSucceeded),
        json!({"output": "[2]"})
    );
    assert_eq!(
        details_of(EventType::ExecutionFailed),
        json!({"error": "E", "cause": "E happened"})
    );
}

#[tokio::test]
async fn errors_show_where_they_happened() {
    let definition = machine(&json!({
        "T": task("work", "P", &json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "P"}]})),
        "P": {"Type": "Pass", "Output": "{% $absent %}", "End": true}
    }));
    let stage = stage(&definition, |_| Reply::Fail("Mail.Unavailable"));
    let view = stage.run(json!({})).await;
    assert_eq!(
        details(&view, EventType::TaskFailed),
        json!({"error": "Mail.Unavailable",
            "cause": "Mail.Unavailable happened"})
    );
    let failed = details(&view, EventType::EvaluationFailed);
    assert_eq!(
        (&failed["error"], &failed["location"]),
        (&json!("States.QueryEvaluationError"), &json!("Output"))
    );
    insta::assert_snapshot!(lines(&view.history), @"
    ExecutionStarted
    TaskStateEntered T
    TaskScheduled T
    TaskStarted T
    TaskFailed T
    TaskStateExited T
    PassStateEntered P
    EvaluationFailed P
    ExecutionFailed
    ");
}
