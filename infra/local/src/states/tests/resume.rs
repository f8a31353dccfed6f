//! Restarts: an executor opened again goes on as if nothing had happened.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};

use super::*;
use crate::states::{ExecutionStatus, StatesError};

const DAYS: u64 = 86_400;

fn file_in(data: &Path) -> PathBuf {
    data.join("executions/r1.jsonl")
}

/// Copies the definitions that executions in one data folder run by to another.
fn keep_definition(from: &Path, to: &Path) {
    let (from, to) = (from.join("definitions"), to.join("definitions"));
    fs::create_dir_all(&to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// The functions of the tour: the first decision fails, and paying is declined where asked for.
fn functions(declined: bool) -> impl Fn(&Call) -> Reply + Send + Sync + 'static {
    move |call| match (call.function.as_str(), call.index) {
        ("decide", 0) => Reply::Fail("Store.Unavailable"),
        ("decide", _) => Reply::Answer(json!({"outcome": "big"})),
        ("pay", _) if declined => Reply::Fail("Card.Declined"),
        _ => Reply::Answer(json!({})),
    }
}

/// What the world does about a stage until its execution ends: answers tokens, lets time pass.
async fn play(stage: &Stage, decision: &Result<Value, &str>) -> ExecutionView {
    for _ in 0..100 {
        stage.executor.idle().await;
        let view = stage.view();
        if view.status != ExecutionStatus::Running {
            return view;
        }
        // The token is in the history, as on AWS, so it is known after a restart too.
        let asked = view.history.iter().rev().find_map(|event| {
            let parameters: Value =
                serde_json::from_str(event.details["parameters"].as_str()?).ok()?;
            Some(parameters["Payload"]["taskToken"].as_str()?.to_string())
        });
        if view.current_state.as_deref() == Some("Ask")
            && let Some(token) = asked
        {
            let answered = match decision {
                Ok(output) => stage.executor.send_task_success(&token, output.clone()),
                Err(error) => stage.executor.send_task_failure(&token, *error, ""),
            };
            if answered.is_ok() {
                continue;
            }
        }
        let due = stage.executor.next_timer().expect("it waits for nothing");
        stage.clock.jump_to(due).unwrap();
    }
    panic!("no end: {}", lines(&stage.view().history));
}

/// Runs the tour whole, then again from every prefix of its records; all must end the same way.
async fn every_prefix_ends_alike(declined: bool, decision: Result<Value, &str>) -> ExecutionView {
    let whole_data = folder();
    let clock = Clock::fixed(start_of_test());
    let whole = open(Some(whole_data.path()), clock, &tour(), functions(declined));
    whole.start(json!({"requestId": "x", "amount": 500}));
    let expected = play(&whole, &decision).await;
    let text = fs::read_to_string(file_in(whole_data.path())).unwrap();
    let records: Vec<&str> = text.split_inclusive('\n').collect();
    assert!(records.len() > 12, "{}", records.len());

    for kept in 1..=records.len() {
        let data = folder();
        let file = file_in(data.path());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        keep_definition(whole_data.path(), data.path());
        // The next record is torn: the process was killed while it was written.
        let torn = records.get(kept).map_or("", |next| &next[..next.len() / 2]);
        fs::write(&file, records[..kept].concat() + torn).unwrap();
        let last: Value = serde_json::from_str(records[kept - 1]).unwrap();
        let clock = Clock::fixed(last["at"].as_str().unwrap().parse().unwrap());
        let resumed = open(Some(data.path()), clock, &tour(), functions(declined));
        let ended = play(&resumed, &decision).await;
        let outcome = |view: &ExecutionView| {
            (
                view.status,
                view.output.clone(),
                view.error.clone(),
                view.cause.clone(),
            )
        };
        assert_eq!(outcome(&ended), outcome(&expected), "after {kept} records");
        resumed.executor.stop();
        // And what was recorded then tells the same story once more.
        let again = open(Some(data.path()), resumed.clock.clone(), &tour(), |_| {
            Reply::Hang
        });
        assert_eq!(again.view(), ended, "after {kept} records");
    }
    expected
}

#[tokio::test]
async fn an_approved_tour_resumes_after_any_record() {
    let view = every_prefix_ends_alike(false, Ok(json!({"decision": "approve"}))).await;
    assert_eq!(
        *output(&view),
        json!({"amount": 500, "decision": "approve"})
    );
}

#[tokio::test]
async fn a_declined_tour_resumes_after_any_record() {
    let view = every_prefix_ends_alike(true, Ok(json!({"decision": "approve"}))).await;
    assert!(!lines(&view.history).contains("Week"));
}

#[tokio::test]
async fn a_refused_tour_resumes_after_any_record() {
    let view = every_prefix_ends_alike(false, Err("Rejected")).await;
    let cause = view.cause.unwrap();
    assert!(cause.contains("refused: 500"), "{cause}");
}

#[tokio::test]
async fn a_token_is_still_good_after_a_restart_and_time_went_on() {
    let data = folder();
    let clock = Clock::fixed(start_of_test());
    let before = open(Some(data.path()), clock.clone(), &tour(), functions(false));
    before.start(json!({"requestId": "x", "amount": 500}));
    before.advance(10).await;
    let token = before.token();
    before.executor.stop();
    let stopped = before
        .executor
        .send_task_success(&token, json!({}))
        .unwrap_err();
    assert!(matches!(stopped, StatesError::Stopped), "{stopped}");

    clock.jump(Duration::from_secs(DAYS / 2)).unwrap();
    let after = open(Some(data.path()), clock, &tour(), functions(false));
    after.executor.idle().await;
    assert!(
        after.calls().is_empty(),
        "the function had returned and is not invoked again"
    );
    let due = after.executor.next_timer().unwrap();
    assert!(start_of_test().duration_until(due).as_secs() < i64::try_from(DAYS).unwrap() + 10);
    after
        .executor
        .send_task_success(&token, json!({"decision": "approve"}))
        .unwrap();
    after.advance(9 * DAYS).await;
    assert_eq!(output(&after.view())["decision"], "approve");
}

#[tokio::test]
async fn what_became_due_while_the_stack_was_down_fires_at_once() {
    let data = folder();
    let clock = Clock::fixed(start_of_test());
    let before = open(Some(data.path()), clock.clone(), &tour(), functions(false));
    before.start(json!({"requestId": "x", "amount": 500}));
    before.advance(10).await;
    before.executor.stop();
    clock.jump(Duration::from_secs(2 * DAYS)).unwrap();
    let after = open(Some(data.path()), clock, &tour(), functions(false));
    after.executor.idle().await;
    let cause = after.view().cause.unwrap();
    assert!(cause.contains("refused: 500"), "{cause}");
    assert!(lines(&after.view().history).contains("TaskTimedOut Ask"));
}

#[tokio::test]
async fn a_function_under_way_counts_as_a_lost_connection() {
    let data = folder();
    let clock = Clock::fixed(start_of_test());
    let definition = machine(&json!({
        "T": task("work", "S", &json!({"Catch": [{"ErrorEquals": ["Lambda.SdkClientException"], "Next": "S"}]})),
        "S": {"Type": "Pass", "End": true}
    }));
    let before = open(Some(data.path()), clock.clone(), &definition, |_| {
        Reply::Hang
    });
    before.start(json!({}));
    while before.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    before.executor.stop();
    let after = open(Some(data.path()), clock, &definition, |_| Reply::Hang);
    after.executor.idle().await;
    assert_eq!(
        *output(&after.view()),
        json!({"Error": "Lambda.SdkClientException", "Cause": "The connection was lost when the stack stopped."})
    );
}

#[tokio::test]
async fn everything_is_in_the_journal_before_it_is_acted_on() {
    let data = folder();
    let file = file_in(data.path());
    let last_record = move || {
        let text = fs::read_to_string(&file).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        last["fact"].clone()
    };
    let at_invocation = last_record.clone();
    let definition = machine(
        &json!({"Ask": asking("ask", "S", &json!({})), "S": {"Type": "Pass", "End": true}}),
    );
    let clock = Clock::fixed(start_of_test());
    let stage = open(Some(data.path()), clock, &definition, move |call| {
        let recorded = at_invocation();
        assert_eq!(recorded["type"], "taskScheduled");
        assert_eq!(recorded["token"], call.payload["taskToken"]);
        Reply::Answer(json!({}))
    });
    stage.start(json!({}));
    assert_eq!(last_record()["type"], "executionStarted");
    stage.executor.idle().await;
    assert_eq!(last_record()["type"], "taskSubmitted");
    stage
        .executor
        .send_task_success(&stage.token(), json!("yes"))
        .unwrap();
    assert_eq!(
        last_record(),
        json!({"type": "taskSucceeded", "output": "yes"})
    );
}

#[tokio::test]
async fn names_stay_taken_and_definitions_stay_old_after_a_restart() {
    let data = folder();
    let clock = Clock::fixed(start_of_test());
    let old = machine(&json!({"W": {"Type": "Wait", "Seconds": 9, "Next": "S"},
        "S": {"Type": "Pass", "End": true, "Output": "old"}}));
    let before = open(Some(data.path()), clock.clone(), &old, |_| Reply::Hang);
    before.run(json!({})).await;
    before.executor.stop();
    let new = machine(&json!({"S": {"Type": "Pass", "End": true, "Output": "new"}}));
    let after = open(Some(data.path()), clock, &new, |_| Reply::Hang);
    after.executor.start(MACHINE, "r1", json!({})).unwrap();
    after.advance(9).await;
    assert_eq!(*output(&after.view()), "old");
    after.executor.start(MACHINE, "r1", json!({})).unwrap_err();
}

#[tokio::test]
async fn executions_of_a_version_share_one_definition_on_disk_and_no_file_stays_open() {
    let data = folder();
    let clock = Clock::fixed(start_of_test());
    let stage = open(Some(data.path()), clock, &tour(), functions(false));
    for number in 0..20 {
        let input = json!({"requestId": number, "amount": 5});
        let name = format!("r{number}");
        stage.executor.start(MACHINE, &name, input).unwrap();
    }
    stage.advance(10).await;
    let definitions = fs::read_dir(data.path().join("definitions")).unwrap();
    let definitions: Vec<_> = definitions.map(|it| it.unwrap().path()).collect();
    let [definition] = &definitions[..] else {
        panic!("one version, one file");
    };
    assert_eq!(fs::read_to_string(definition).unwrap(), tour().to_string());
    let journal = fs::read_to_string(file_in(data.path())).unwrap();
    assert!(!journal.contains("QueryLanguage"));
    let ours = |file: &fs::DirEntry| {
        let target = fs::read_link(file.path()).unwrap_or_default();
        target.starts_with(data.path())
    };
    let open_files = fs::read_dir("/proc/self/fd").unwrap();
    assert_eq!(
        open_files
            .filter(|file| ours(file.as_ref().unwrap()))
            .count(),
        0
    );
}

#[tokio::test]
async fn a_start_that_was_not_recorded_whole_can_be_made_again() {
    let data = folder();
    let file = file_in(data.path());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "{\"at\":\"2026-11-02T09:").unwrap();
    let stage = open(
        Some(data.path()),
        Clock::fixed(start_of_test()),
        &tour(),
        functions(false),
    );
    assert_eq!(stage.executor.names().len(), 0);
    stage.start(json!({"requestId": "x", "amount": 5}));
}

#[tokio::test]
async fn a_damaged_journal_is_named() {
    let damages = [
        (
            "{\"at\":\"2026-11-02T09:00:00Z\",\"fact\":{\"type\":\"executionSucceeded\"}}\n",
            "the first record is no start",
        ),
        ("nonsense\n", "line 1 is damaged"),
    ];
    for (text, problem) in damages {
        let data = folder();
        let file = file_in(data.path());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let clock = Clock::fixed(start_of_test());
        let runner = Arc::new(Functions {
            script: Box::new(|_| Reply::Hang),
            calls: Mutex::default(),
            clock: clock.clone(),
        });
        let error = Executor::open(Some(data.path()), clock, runner, Options::default())
            .err()
            .unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        let said = error.to_string();
        assert!(
            said.contains("r1.jsonl") && said.contains(problem),
            "{said}"
        );
    }
}
