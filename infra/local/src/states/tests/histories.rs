//! Histories as `GetExecutionHistory` shows them.

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
    SucceedStateEntered Done
    SucceedStateExited Done
    ExecutionSucceeded
    ");
    let ids: Vec<u64> = view.history.iter().map(|event| event.id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    let previous: Vec<u64> = view
        .history
        .iter()
        .map(|event| event.previous_event_id)
        .collect();
    assert_eq!(previous[..4], [0, 0, 2, 3]);
    assert!(view.history.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[tokio::test]
async fn details_are_those_of_the_api() {
    let definition = machine(&json!({
        "P": {"Type": "Pass", "Assign": {"n": 1}, "Next": "T"},
        "T": asking("ask", "F", &json!({"TimeoutSeconds": 60})),
        "F": {"Type": "Fail", "Error": "E", "Cause": "c"}
    }));
    let stage = stage(&definition, |_| Reply::Answer(json!("sent")));
    stage.run(json!({"a": 1})).await;
    let token = stage.token();
    stage
        .executor
        .send_task_success(&token, json!([2]))
        .unwrap();
    stage.executor.idle().await;
    let view = stage.view();
    let text_fields = |event_type| details(&view, event_type);
    assert_eq!(
        text_fields(EventType::ExecutionStarted),
        json!({"input": "{\"a\":1}", "inputDetails": {"truncated": false},
            "roleArn": "arn:aws:iam::000000000000:role/refund-request"})
    );
    assert_eq!(
        text_fields(EventType::PassStateExited),
        json!({"name": "P", "output": "{\"a\":1}", "outputDetails": {"truncated": false},
            "assignedVariables": {"n": "1"}, "assignedVariablesDetails": {"truncated": false}})
    );
    let action = "invoke.waitForTaskToken";
    assert_eq!(
        text_fields(EventType::TaskScheduled),
        json!({"resourceType": "lambda", "resource": action, "region": "us-east-1",
            "parameters": format!("{{\"FunctionName\":\"ask\",\"Payload\":{{\"taskToken\":\"{token}\"}}}}"),
            "timeoutInSeconds": 60})
    );
    assert_eq!(
        text_fields(EventType::TaskStarted),
        json!({"resourceType": "lambda", "resource": action})
    );
    assert_eq!(
        text_fields(EventType::TaskSubmitted)["output"],
        "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":\"sent\",\"StatusCode\":200}"
    );
    assert_eq!(
        text_fields(EventType::TaskSucceeded),
        json!({"resourceType": "lambda", "resource": action, "output": "[2]", "outputDetails": {"truncated": false}})
    );
    assert_eq!(text_fields(EventType::FailStateEntered)["input"], "[2]");
    assert_eq!(
        text_fields(EventType::ExecutionFailed),
        json!({"error": "E", "cause": "c"})
    );
    assert_eq!(
        EventType::FailStateEntered.details_field(),
        "stateEnteredEventDetails"
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
        json!({"resourceType": "lambda", "resource": "invoke", "error": "Mail.Unavailable",
            "cause": "Mail.Unavailable happened"})
    );
    let failed = details(&view, EventType::EvaluationFailed);
    assert_eq!(
        (&failed["error"], &failed["state"], &failed["location"]),
        (
            &json!("States.QueryEvaluationError"),
            &json!("P"),
            &json!("Output")
        )
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

#[tokio::test]
async fn an_event_reads_well_as_json() {
    let view = quiet(&machine(&json!({"S": {"Type": "Succeed"}})))
        .run(json!(1))
        .await;
    let text = serde_json::to_string(&view.history[1]).unwrap();
    insta::assert_snapshot!(text, @r#"{"id":2,"previousEventId":0,"at":"2026-11-02T09:00:00Z","type":"SucceedStateEntered","state":"S","details":{"name":"S","input":"1","inputDetails":{"truncated":false}}}"#);
    assert!(
        serde_json::to_string(&view)
            .unwrap()
            .contains("\"status\":\"SUCCEEDED\"")
    );
}
