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
async fn choice_takes_the_first_true_rule_or_the_default() {
    let states = json!({
        "Which": {"Type": "Choice", "Default": "Other", "Assign": {"by": "default"}, "Choices": [
            {"Condition": "{% $states.input.n >= 500 %}", "Next": "End", "Output": "big", "Assign": {"by": "first"}},
            {"Condition": "{% $states.input.n >= 50 %}", "Next": "End", "Output": "{% 'mid' %}"}
        ]},
        "Other": {"Type": "Pass", "Output": "{% $by %}", "Next": "End"},
        "End": {"Type": "Succeed"}
    });
    for (n, expected) in [(500, "big"), (499, "mid"), (49, "default")] {
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
        "End": {"Type": "Succeed"}
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
async fn wait_takes_seconds_as_a_number_or_an_expression() {
    let waits = [
        (json!({"Seconds": 60}), 60),
        (
            json!({"Seconds": "{% $states.input.days * 86400 %}"}),
            172_800,
        ),
    ];
    for (fields, seconds) in waits {
        let mut wait = json!({"Type": "Wait", "Output": "over", "Next": "End"});
        wait.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let stage = quiet(&machine(&json!({"W": wait, "End": {"Type": "Succeed"}})));
        stage.start(json!({"days": 2}));
        stage.advance(seconds - 1).await;
        assert_eq!(stage.view().current_state.as_deref(), Some("W"), "{fields}");
        stage.advance(1).await;
        assert_eq!(output(&stage.view()), "over", "{fields}");
    }
}

#[tokio::test]
async fn no_seconds_are_no_wait() {
    let states = json!({"W": {"Type": "Wait", "Seconds": 0, "End": true}});
    assert_eq!(succeed(states, json!(1)).await, 1);
}

#[tokio::test]
async fn wait_refuses_what_is_no_time() {
    for came_to in [json!(-1), json!(1.5), json!("soon")] {
        let states = json!({"W": {"Type": "Wait", "Seconds": "{% $states.input %}", "End": true}});
        let (error, cause) = fail(states, came_to.clone()).await;
        assert_eq!(error, "States.QueryEvaluationError");
        assert!(cause.ends_with(&format!("came to {came_to}")), "{cause}");
    }
}

#[tokio::test]
async fn succeed_ends_with_its_output() {
    let states = json!({"S": {"Type": "Succeed", "Output": {"was": "{% $states.input %}"}}});
    assert_eq!(succeed(states, json!(7)).await, json!({"was": 7}));
}

#[tokio::test]
async fn fail_says_why_in_plain_text_or_by_expression() {
    let states =
        json!({"F": {"Type": "Fail", "Error": "{% $states.input.e %}", "Cause": "so it is"}});
    let (error, cause) = fail(states, json!({"e": "Denied"})).await;
    assert_eq!((error.as_str(), cause.as_str()), ("Denied", "so it is"));
    let bare = quiet(&machine(&json!({"F": {"Type": "Fail"}})))
        .run(json!({}))
        .await;
    assert_eq!(
        (bare.status, bare.error, bare.cause),
        (ExecutionStatus::Failed, None, None)
    );
}

#[tokio::test]
async fn the_context_object_tells_about_execution_state_and_machine() {
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
                "Id": "arn:aws:states:us-east-1:000000000000:execution:refund-request:r1",
                "Input": {"requestId": "x"},
                "Name": "r1",
                "RoleArn": "arn:aws:iam::000000000000:role/refund-request",
                "StartTime": "2026-11-02T09:00:00.000Z",
                "RedriveCount": 0
            },
            "State": {"EnteredTime": "2026-11-02T09:01:30.000Z", "Name": "P"},
            "StateMachine": {"Id": MACHINE, "Name": "refund-request"}
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
    assert_eq!(view.stopped_at, Some(stage.clock.now()));
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
    assert_eq!(view.history.last().unwrap().id, 25_000);
}
