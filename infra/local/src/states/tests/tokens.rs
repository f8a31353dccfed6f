//! Tasks that wait for a token: who may answer, when, and how often.

use serde_json::{Value, json};

use super::*;
use crate::states::{ExecutionStatus, StatesError};

fn one_question() -> Value {
    machine(&json!({
        "Ask": asking("ask", "Done", &json!({
            "TimeoutSeconds": 600,
            "Retry": [{"ErrorEquals": ["Mail.Unavailable"], "IntervalSeconds": 5,
                "MaxAttempts": 3, "BackoffRate": 2.0}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]})),
        "Done": {"Type": "Pass", "End": true},
        "Caught": {"Type": "Pass", "Output": {"caught": "{% $states.input %}"}, "End": true}
    }))
}

#[tokio::test]
async fn the_answer_to_the_token_is_the_result_and_the_functions_answer_is_not() {
    let stage = stage(&one_question(), |_| {
        Reply::Answer(json!({"outcome": "asked"}))
    });
    let view = stage.run(json!({})).await;
    assert_eq!(view.status, ExecutionStatus::Running);
    assert_eq!(view.current_state.as_deref(), Some("Ask"));
    let token = stage.token();
    assert!(token.len() >= 32, "{token}");
    stage
        .executor
        .send_task_success(&token, json!({"decision": "approve"}))
        .unwrap();
    stage.executor.idle().await;
    assert_eq!(*output(&stage.view()), json!({"decision": "approve"}));
}

#[tokio::test]
async fn a_failure_goes_through_the_catch() {
    let stage = quiet(&one_question());
    stage.run(json!({})).await;
    stage
        .executor
        .send_task_failure(&stage.token(), "Rejected", "no budget")
        .unwrap();
    stage.executor.idle().await;
    assert_eq!(
        *output(&stage.view()),
        json!({"caught": {"Error": "Rejected", "Cause": "no budget"}})
    );
}

#[tokio::test]
async fn a_token_counts_once_and_only_if_it_was_given_out() {
    let stage = quiet(&one_question());
    stage.run(json!({})).await;
    let token = stage.token();
    for nonsense in ["nonsense", "r1", "r2.secret"] {
        let unknown = stage
            .executor
            .send_task_success(nonsense, json!(1))
            .unwrap_err();
        assert!(matches!(unknown, StatesError::InvalidToken), "{unknown}");
    }
    let guessed = stage
        .executor
        .send_task_success("r1.secret", json!(1))
        .unwrap_err();
    assert!(matches!(guessed, StatesError::TaskTimedOut), "{guessed}");
    stage
        .executor
        .send_task_success(&token, json!("first"))
        .unwrap();
    // Before and after the execution went on.
    let second = stage
        .executor
        .send_task_failure(&token, "E", "c")
        .unwrap_err();
    assert!(matches!(second, StatesError::TaskTimedOut), "{second}");
    stage.executor.idle().await;
    let third = stage
        .executor
        .send_task_success(&token, json!("third"))
        .unwrap_err();
    assert_eq!(
        third.to_string(),
        "Task Timed Out: 'Provided task does not exist anymore'"
    );
    assert_eq!(*output(&stage.view()), "first");
}

#[tokio::test]
async fn an_answer_before_the_function_returned_counts() {
    let late = "2026-11-02T09:00:05Z".parse().unwrap();
    let stage = stage(&one_question(), move |_| Reply::AnswerAt(late, json!({})));
    stage.start(json!({}));
    while stage.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    stage
        .executor
        .send_task_success(&stage.token(), json!("early"))
        .unwrap();
    stage.clock.jump_to(late).unwrap();
    stage.executor.idle().await;
    assert_eq!(*output(&stage.view()), "early");
    assert!(!lines(&stage.view().history).contains("TaskSubmitted"));
}

#[tokio::test]
async fn a_function_that_fails_is_retried_with_a_new_token() {
    let stage = stage(&one_question(), |call| match call.index {
        0 => Reply::Fail("Mail.Unavailable"),
        _ => Reply::Answer(json!({})),
    });
    stage.run(json!({})).await;
    let first = stage.token();
    let error = stage
        .executor
        .send_task_success(&first, json!(1))
        .unwrap_err();
    assert!(matches!(error, StatesError::TaskTimedOut), "{error}");
    stage.advance(5).await;
    let second = stage.token();
    assert_ne!(first, second);
    stage.executor.send_task_success(&second, json!(2)).unwrap();
    stage.executor.idle().await;
    assert_eq!(*output(&stage.view()), 2);
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let stage = quiet(&one_question());
    stage.start(json!({}));
    stage.advance(599).await;
    assert_eq!(stage.view().status, ExecutionStatus::Running);
    stage.advance(1).await;
    assert_eq!(
        *output(&stage.view()),
        json!({"caught": {"Error": "States.Timeout", "Cause": ""}})
    );
    let late = stage
        .executor
        .send_task_success(&stage.token(), json!(1))
        .unwrap_err();
    assert!(matches!(late, StatesError::TaskTimedOut), "{late}");
}

#[tokio::test]
async fn an_answer_at_the_deadline_is_late_even_before_the_timer_fired() {
    let stage = quiet(&one_question());
    stage.run(json!({})).await;
    stage
        .clock
        .jump(std::time::Duration::from_mins(10))
        .unwrap();
    // Nothing awaited since, so the timer had no chance to run.
    let late = stage
        .executor
        .send_task_success(&stage.token(), json!(1))
        .unwrap_err();
    assert!(matches!(late, StatesError::TaskTimedOut), "{late}");
    stage.executor.idle().await;
    assert_eq!(output(&stage.view())["caught"]["Error"], "States.Timeout");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_answers_at_once_exactly_one_counts_and_it_is_the_result() {
    for _ in 0..50 {
        let stage = quiet(&one_question());
        stage.run(json!({})).await;
        let token = stage.token();
        let answers: Vec<_> = (0..8)
            .map(|number| {
                let (executor, token) = (Arc::clone(&stage.executor), token.clone());
                tokio::spawn(async move {
                    executor
                        .send_task_success(&token, json!(number))
                        .is_ok()
                        .then_some(number)
                })
            })
            .collect();
        let mut winners = Vec::new();
        for answer in answers {
            winners.extend(answer.await.unwrap());
        }
        stage.executor.idle().await;
        assert_eq!(winners.len(), 1);
        assert_eq!(*output(&stage.view()), winners[0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_racing_the_timeout_wins_or_loses_but_never_both() {
    for _ in 0..50 {
        let stage = quiet(&one_question());
        stage.run(json!({})).await;
        let token = stage.token();
        let executor = Arc::clone(&stage.executor);
        let answer = tokio::spawn(async move { executor.send_task_success(&token, json!("yes")) });
        stage
            .clock
            .jump(std::time::Duration::from_mins(10))
            .unwrap();
        let accepted = answer.await.unwrap().is_ok();
        stage.executor.idle().await;
        let view = stage.view();
        let succeeded = output(&view) == "yes";
        assert_eq!(accepted, succeeded, "{}", lines(&view.history));
    }
}
