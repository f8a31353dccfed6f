//! Every state type: what it outputs, assigns and leads to.

use serde_json::{Value, json};

use super::*;
use crate::states::ExecutionStatus;

async fn succeed(states: Value, input: Value) -> Value {
    let view = quiet(&machine(&states)).run(input).await;
    output(&view).clone()
}

async fn fail(states: Value, input: Value) -> (String, String) {
    let view = quiet(&machine(&states)).run(input).await;
    assert_eq!(view.status, ExecutionStatus::Failed);
    (
        view.error.unwrap_or_default(),
        view.cause.unwrap_or_default(),
    )
}

#[tokio::test]
async fn pass_gives_on_its_input_or_its_output() {
    let input = json!({"n": 1});
    let plain = json!({"A": {"Type": "Pass", "End": true}});
    assert_eq!(succeed(plain, input.clone()).await, input);
    let null = json!({"A": {"Type": "Pass", "Output": null, "End": true}});
    assert_eq!(succeed(null, input.clone()).await, Value::Null);
    let mixed = json!({"A": {"Type": "Pass", "End": true, "Output":
        {"sum": "{% $states.input.n + 1 %}", "plain": "a {% b %}", "deep": [{"n": "{%$states.input.n%}"}]}}});
    assert_eq!(
        succeed(mixed, input).await,
        json!({"sum": 2, "plain": "a {% b %}", "deep": [{"n": 1}]})
    );
}

#[tokio::test]
async fn variables_live_on_and_are_assigned_all_at_once() {
    let states = json!({
        "A": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"x": "{% $y %}", "y": "{% $x %}"},
            "Output": "{% $x %}", "Next": "C"},
        "C": {"Type": "Pass", "Output": "{% [$states.input, $x, $y] %}", "End": true}
    });
    assert_eq!(succeed(states, json!({})).await, json!([1, 2, 1]));
}

#[tokio::test]
async fn choice_takes_the_first_true_rule_or_the_default_and_its_variables() {
    let states = json!({
        "Which": {"Type": "Choice", "Default": "Other", "Assign": {"by": "default"}, "Choices": [
            {"Condition": "{% $states.input.n >= 500 %}", "Next": "Big"},
            {"Condition": "{% $states.input.n >= 50 %}", "Next": "Middle"}
        ]},
        "Big": {"Type": "Pass", "Output": "{% ['big', $exists($by)] %}", "Next": "End"},
        "Middle": {"Type": "Pass", "Output": "{% ['middle', $exists($by)] %}", "Next": "End"},
        "Other": {"Type": "Pass", "Output": "{% ['other', $exists($by)] %}", "Next": "End"},
        "End": {"Type": "Pass", "End": true}
    });
    for (n, expected) in [
        (500, json!(["big", false])),
        (499, json!(["middle", false])),
        (49, json!(["other", true])),
    ] {
        assert_eq!(
            succeed(states.clone(), json!({"n": n})).await,
            expected,
            "{n}"
        );
    }
}

#[tokio::test]
async fn a_condition_that_is_no_boolean_fails_the_execution() {
    let states = json!({
        "Which": {"Type": "Choice", "Default": "End",
            "Choices": [{"Condition": "{% $states.input.n %}", "Next": "End"}]},
        "End": {"Type": "Pass", "End": true}
    });
    let (error, cause) = fail(states.clone(), json!({"n": 1})).await;
    assert_eq!(error, "States.QueryEvaluationError");
    assert!(
        cause.ends_with("Choices/0/Condition must be a boolean, and came to 1"),
        "{cause}"
    );
    let (_, cause) = fail(states, json!({})).await;
    assert!(cause.ends_with("returned nothing (undefined)."), "{cause}");
}

#[tokio::test]
async fn wait_hands_on_its_input_after_its_seconds() {
    let definition = machine(&json!({"W": {"Type": "Wait", "Seconds": 60, "End": true}}));
    let stage = quiet(&definition);
    stage.start(json!("in"));
    stage.advance(59).await;
    assert_eq!(stage.view().current_state.as_deref(), Some("W"));
    stage.advance(1).await;
    assert_eq!(output(&stage.view()), "in");
}

#[tokio::test]
async fn no_seconds_are_no_wait() {
    let states = json!({"W": {"Type": "Wait", "Seconds": 0, "End": true}});
    assert_eq!(succeed(states, json!(1)).await, 1);
}

#[tokio::test]
async fn the_context_object_tells_about_execution_and_state() {
    let states = json!({
        "W": {"Type": "Wait", "Seconds": 90, "Next": "P"},
        "P": {"Type": "Pass", "Output": "{% $states.context %}", "End": true}
    });
    let stage = quiet(&machine(&states));
    stage.start(json!({"requestId": "x"}));
    stage.advance(90).await;
    assert_eq!(
        *output(&stage.view()),
        json!({
            "Execution": {
                "Input": {"requestId": "x"},
                "Name": "r1",
                "RedriveCount": 0
            },
            "State": {"EnteredTime": "2026-11-02T09:01:30.000Z", "Name": "P"}
        })
    );
}

#[tokio::test]
async fn the_whole_execution_can_time_out() {
    let mut definition = machine(&json!({"W": {"Type": "Wait", "Seconds": 100, "End": true}}));
    definition["TimeoutSeconds"] = json!(99);
    let stage = quiet(&definition);
    stage.start(json!({}));
    stage.advance(98).await;
    assert_eq!(stage.view().status, ExecutionStatus::Running);
    stage.advance(1).await;
    let view = stage.view();
    assert_eq!(view.status, ExecutionStatus::TimedOut);
    assert_eq!(stage.executor.next_timer(), None);
}

#[tokio::test]
async fn more_data_than_allowed_ends_the_execution() {
    let states = json!({"P": {"Type": "Pass", "Output": "{% $pad('', $states.input.bytes - 2, 'x') %}", "End": true}});
    let fits = succeed(states.clone(), json!({"bytes": 262_144})).await;
    assert_eq!(fits.to_string().len(), 262_144);
    let (error, cause) = fail(states, json!({"bytes": 262_145})).await;
    assert_eq!(error, "States.DataLimitExceeded");
    assert!(cause.contains("'P'"), "{cause}");
}

#[tokio::test]
async fn an_endless_loop_ends_with_event_25000() {
    let states = json!({
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "A"}
    });
    let view = quiet(&machine(&states)).run(json!({})).await;
    assert_eq!(view.error.as_deref(), Some("States.Runtime"));
    assert!(view.cause.unwrap().contains("25000"));
    assert_eq!(view.history.len(), 25_000);
}
