//! Virtual time: timers in their order, none lost, and what idle means.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::states::ExecutionStatus;

fn two_waits() -> Value {
    machine(&json!({
        "Week": {"Type": "Wait", "Seconds": 604_800, "Next": "Day"},
        "Day": {"Type": "Wait", "Seconds": 86_400, "Next": "Now"},
        "Now": {"Type": "Pass", "Output": "{% $states.context.State.EnteredTime %}", "End": true}
    }))
}

#[tokio::test]
async fn waits_that_follow_each_other_add_up() {
    let stage = quiet(&two_waits());
    stage.start(json!({}));
    stage.advance(30 * 86_400).await;
    assert_eq!(*output(&stage.view()), "2026-11-10T09:00:00.000Z");
    assert_eq!(stage.clock.now().to_string(), "2026-12-02T09:00:00Z");
}

#[tokio::test]
async fn a_jump_past_several_timers_fires_them_late_but_all_the_same() {
    let stage = quiet(&two_waits());
    stage.run(json!({})).await;
    stage.clock.jump(Duration::from_hours(30 * 24)).unwrap();
    stage.executor.idle().await;
    assert_eq!(stage.view().current_state.as_deref(), Some("Day"));
    assert_eq!(
        stage.executor.next_timer().unwrap().to_string(),
        "2026-12-03T09:00:00Z"
    );
}

#[tokio::test]
async fn the_next_timer_is_the_earliest_of_all() {
    let stage = quiet(&tour());
    assert_eq!(stage.executor.next_timer(), None);
    for seconds in [300, 100, 200] {
        let waits = machine(&json!({"W": {"Type": "Wait", "Seconds": seconds, "End": true}}));
        stage.executor.define(MACHINE, &waits.to_string()).unwrap();
        stage
            .executor
            .start(MACHINE, &format!("r{seconds}"), json!(seconds))
            .unwrap();
    }
    stage.executor.idle().await;
    for seconds in [100, 200, 300] {
        let due = stage.executor.next_timer().unwrap();
        assert_eq!(start_of_test().duration_until(due).as_secs(), seconds);
        stage.clock.jump_to(due).unwrap();
        stage.executor.idle().await;
        let done = stage.executor.execution(&format!("r{seconds}")).unwrap();
        assert_eq!(done.status, ExecutionStatus::Succeeded);
    }
    assert_eq!(stage.executor.next_timer(), None);
}

#[tokio::test]
async fn idle_waits_for_functions_under_way() {
    let at = "2026-11-02T09:00:30Z".parse().unwrap();
    let definition =
        machine(&json!({"T": task("slow", "S", &json!({})), "S": {"Type": "Pass", "End": true}}));
    let stage = stage(&definition, move |_| Reply::AnswerAt(at, json!({})));
    stage.start(json!({}));
    let idle = tokio::spawn({
        let executor = Arc::clone(&stage.executor);
        async move { executor.idle().await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!idle.is_finished());
    stage.clock.jump_to(at).unwrap();
    idle.await.unwrap();
    assert_eq!(stage.view().status, ExecutionStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wakeup_is_lost_in_many_small_steps() {
    let definition = machine(&json!({
        "Begin": {"Type": "Pass", "Assign": {"n": 1}, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 7, "Next": "T"},
        "T": task("tick", "More?", &json!({})),
        "More?": {"Type": "Choice", "Default": "S", "Choices": [
            {"Condition": "{% $n < 20 %}", "Next": "Count"}]},
        "Count": {"Type": "Pass", "Assign": {"n": "{% $n + 1 %}"}, "Next": "W"},
        "S": {"Type": "Pass", "End": true, "Output": "{% $n %}"}
    }));
    let stage = quiet(&definition);
    for number in 0..10 {
        stage
            .executor
            .start(MACHINE, &format!("r{number}"), json!({}))
            .unwrap();
    }
    for step in 1..=140_u64 {
        stage.advance(1).await;
        let ticks = usize::try_from(step / 7).unwrap() * 10;
        assert_eq!(stage.calls().len(), ticks, "after {step} seconds");
    }
    for number in 0..10 {
        let view = stage.executor.execution(&format!("r{number}")).unwrap();
        assert_eq!(*output(&view), 20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_time_fires_timers_without_any_help() {
    let definition = machine(&json!({
        "W": {"Type": "Wait", "Seconds": 1, "End": true}}));
    let stage = open(None, Clock::system(), &definition, |_| Reply::Hang);
    stage.start(json!({}));
    for _ in 0..500 {
        if stage.view().status == ExecutionStatus::Succeeded {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the timer did not fire");
}

#[tokio::test]
async fn a_seed_repeats_a_whole_execution() {
    let run = async || {
        let stage = stage(&tour(), |call| match (call.function.as_str(), call.index) {
            ("decide", 0..2) => Reply::Fail("Store.Unavailable"),
            ("decide", _) => Reply::Answer(json!({"outcome": "big"})),
            _ => Reply::Answer(json!({})),
        });
        stage.start(json!({"requestId": "x", "amount": 500}));
        stage.advance(2 * 86_400).await;
        stage.view()
    };
    let (first, second) = (run().await, run().await);
    assert!(first.cause.as_ref().unwrap().contains("refused: 500"));
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_dropped_executor_stops_its_timers() {
    let stage = quiet(&two_waits());
    stage.run(json!({})).await;
    let executor = Arc::downgrade(&stage.executor);
    drop(stage);
    tokio::task::yield_now().await;
    assert!(executor.upgrade().is_none());
}
