//! Tasks that invoke a function: results, retries, catches and timeouts.

use serde_json::{Value, json};

use super::*;
use crate::states::{EventType, ExecutionStatus};

/// A task with more fields, and states for it to lead to.
fn one_task(more: &Value) -> Value {
    machine(&json!({
        "T": task("work", "Done", more),
        "Done": {"Type": "Pass", "End": true},
        "Caught": {"Type": "Pass", "Output": {"caught": "{% $states.input %}"}, "End": true}
    }))
}

#[tokio::test]
async fn the_function_gets_the_payload_and_its_answer_is_in_the_result() {
    let definition = machine(&json!({"T": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "decide", "Payload": {
            "requestId": "{% $states.context.Execution.Input.requestId %}",
            "enteredAt": "{% $states.context.State.EnteredTime %}",
            "config": {"cents": 9_007_199_254_740_993_u64}
        }},
        "End": true
    }}));
    let stage = stage(&definition, |_| Reply::Answer(json!({"outcome": "yes"})));
    let view = stage.run(json!({"requestId": "r"})).await;
    assert_eq!(
        *output(&view),
        json!({"ExecutedVersion": "$LATEST", "Payload": {"outcome": "yes"}, "StatusCode": 200})
    );
    let calls = stage.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].function, "decide");
    assert_eq!(
        calls[0].payload,
        json!({"requestId": "r", "enteredAt": "2026-11-02T09:00:00.000Z",
            "config": {"cents": 9_007_199_254_740_993_u64}}),
        "what is no expression reaches the function digit for digit"
    );
}

#[tokio::test]
async fn output_and_assign_see_the_result() {
    let definition = machine(&json!({
        "T": task("work", "P", &json!({
            "Output": "{% $states.result.Payload.outcome %}",
            "Assign": {"status": "{% $states.result.StatusCode %}"}})),
        "P": {"Type": "Pass", "Output": "{% [$states.input, $status] %}", "End": true}
    }));
    let stage = stage(&definition, |_| Reply::Answer(json!({"outcome": "ok"})));
    assert_eq!(*output(&stage.run(json!({})).await), json!(["ok", 200]));
}

#[tokio::test]
async fn retries_come_after_growing_delays_and_then_the_catch() {
    let definition = one_task(&json!({
        "Retry": [{"ErrorEquals": ["Mail.Unavailable"], "IntervalSeconds": 10, "MaxAttempts": 3, "BackoffRate": 2.0}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}));
    let stage = stage(&definition, |_| Reply::Fail("Mail.Unavailable"));
    stage.start(json!({}));
    stage.advance(3_600).await;
    assert_eq!(stage.seconds_of_calls(), [0, 10, 30, 70]);
    assert_eq!(
        *output(&stage.view()),
        json!({"caught": {"Error": "Mail.Unavailable", "Cause": "Mail.Unavailable happened"}})
    );
}

#[tokio::test]
async fn a_retry_that_succeeds_goes_on_and_keeps_the_entry_time() {
    let mut definition = one_task(&json!({
        "Retry": [{"ErrorEquals": ["States.TaskFailed"],
            "IntervalSeconds": 9, "MaxAttempts": 3, "BackoffRate": 2.0, "MaxDelaySeconds": 5}]}));
    definition["States"]["T"]["Arguments"]["Payload"] =
        json!({"entered": "{% $states.context.State.EnteredTime %}"});
    let stage = stage(&definition, |call| match call.index {
        0 | 1 => Reply::Fail("Stripe.Unavailable"),
        _ => Reply::Answer(json!(null)),
    });
    stage.start(json!({}));
    stage.advance(60).await;
    assert_eq!(stage.view().status, ExecutionStatus::Succeeded);
    assert_eq!(stage.seconds_of_calls(), [0, 5, 10]);
    assert!(
        stage
            .calls()
            .iter()
            .all(|call| call.payload["entered"] == "2026-11-02T09:00:00.000Z")
    );
}

#[tokio::test]
async fn jitter_is_repeated_by_a_seed_and_stays_within_the_delay() {
    let definition = one_task(&json!({"Retry": [{"ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 100, "MaxAttempts": 4, "BackoffRate": 1.0, "JitterStrategy": "FULL"}]}));
    let run = async || {
        let stage = stage(&definition, |_| Reply::Fail("Stripe.Unavailable"));
        stage.start(json!({}));
        stage.advance(1_000).await;
        stage.calls().iter().map(|call| call.at).collect::<Vec<_>>()
    };
    let (first, second) = (run().await, run().await);
    assert_eq!(first.len(), 5);
    assert_eq!(first, second);
    let delays: Vec<f64> = first
        .windows(2)
        .map(|pair| pair[0].duration_until(pair[1]).as_secs_f64())
        .collect();
    assert!(
        delays.iter().all(|delay| (0.0..100.0).contains(delay)),
        "{delays:?}"
    );
    assert!(
        delays
            .windows(2)
            .any(|pair| (pair[0] - pair[1]).abs() > 1.0),
        "{delays:?}"
    );
}

#[tokio::test]
async fn the_first_catcher_that_matches_shapes_output_and_variables() {
    let definition = machine(&json!({
        "T": task("work", "Caught", &json!({"Catch": [
            {"ErrorEquals": ["Request.NotFound"], "Next": "Caught"},
            {"ErrorEquals": ["Payload.Invalid"], "Next": "Caught",
                "Output": {"why": "{% $states.errorOutput.Error %}", "input": "{% $states.input.n %}"},
                "Assign": {"cause": "{% $states.errorOutput.Cause %}"}},
            {"ErrorEquals": ["States.ALL"], "Next": "Caught"}]})),
        "Caught": {"Type": "Pass", "Output": "{% $merge([$states.input, {'cause': $cause}]) %}", "End": true}
    }));
    let stage = stage(&definition, |_| Reply::Fail("Payload.Invalid"));
    assert_eq!(
        *output(&stage.run(json!({"n": 5})).await),
        json!({"why": "Payload.Invalid", "input": 5, "cause": "Payload.Invalid happened"})
    );
}

#[tokio::test]
async fn an_error_that_nothing_matches_fails_the_execution() {
    let definition = one_task(&json!({"Catch": [{"ErrorEquals": ["Other"], "Next": "Caught"}]}));
    let view = stage(&definition, |_| Reply::Fail("Payload.Invalid"))
        .run(json!({}))
        .await;
    assert_eq!(view.status, ExecutionStatus::Failed);
    assert_eq!(view.error.as_deref(), Some("Payload.Invalid"));
    assert_eq!(view.cause.as_deref(), Some("Payload.Invalid happened"));
}

#[tokio::test]
async fn a_task_that_takes_too_long_times_out_and_its_late_answer_is_dropped() {
    let late = "2026-11-02T09:00:40Z".parse().unwrap();
    let definition = one_task(&json!({"TimeoutSeconds": 30,
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Done"},
                  {"ErrorEquals": ["States.Timeout"], "Next": "Caught"}]}));
    let stage = stage(&definition, move |_| Reply::AnswerAt(late, json!("late")));
    stage.start(json!({}));
    // Not `advance`, which waits for functions under way: this one waits for the clock.
    settle().await;
    stage
        .clock
        .jump(std::time::Duration::from_secs(30))
        .unwrap();
    settle().await;
    let caught = json!({"caught": {"Error": "States.Timeout", "Cause": ""}});
    assert_eq!(*output(&stage.view()), caught);
    let events = stage.view().history.len();
    stage
        .clock
        .jump(std::time::Duration::from_secs(30))
        .unwrap();
    stage.executor.idle().await;
    assert_eq!(stage.view().history.len(), events);
    assert!(
        stage
            .view()
            .history
            .iter()
            .any(|event| event.event_type == EventType::TaskTimedOut)
    );
}

/// Lets everything run that can run without time passing.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_function_that_crashes_the_runner_is_an_unknown_error_of_lambda() {
    let definition =
        one_task(&json!({"Catch": [{"ErrorEquals": ["Lambda.Unknown"], "Next": "Caught"}]}));
    let view = stage(&definition, |_| Reply::Panic).run(json!({})).await;
    assert_eq!(output(&view)["caught"]["Error"], "Lambda.Unknown");
}

#[tokio::test]
async fn an_expression_that_cannot_be_evaluated_can_be_caught() {
    let catch = json!([{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught"}]);
    let mut in_arguments = one_task(&json!({"Catch": catch}));
    in_arguments["States"]["T"]["Arguments"]["Payload"] =
        json!({"x": "{% $states.input.absent %}"});
    let before = quiet(&in_arguments);
    let view = before.run(json!({})).await;
    assert_eq!(
        output(&view)["caught"]["Cause"],
        "The JSONata \
         expression '$states.input.absent' specified for the field 'Arguments/Payload/x' returned \
         nothing (undefined)."
    );
    assert!(before.calls().is_empty());

    let in_output =
        one_task(&json!({"Catch": catch, "Output": "{% $states.result.Payload.n + 1 %}"}));
    let after = stage(&in_output, |_| Reply::Answer(json!({"n": "one"})));
    let view = after.run(json!({})).await;
    assert_eq!(
        output(&view)["caught"]["Error"],
        "States.QueryEvaluationError"
    );
}

#[tokio::test]
async fn a_catcher_that_cannot_be_evaluated_fails_the_execution() {
    let definition = one_task(
        &json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught",
        "Output": "{% $states.result %}"}]}),
    );
    let view = stage(&definition, |_| Reply::Fail("E"))
        .run(json!({}))
        .await;
    assert_eq!(view.status, ExecutionStatus::Failed);
    assert_eq!(view.error.as_deref(), Some("States.QueryEvaluationError"));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_caught_by_states_all() {
    let definition =
        one_task(&json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}));
    let stage = stage(&definition, |_| Reply::Answer(json!("x".repeat(262_143))));
    let view = stage.run(json!({})).await;
    assert_eq!(view.error.as_deref(), Some("States.DataLimitExceeded"));
}
