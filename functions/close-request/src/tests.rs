//! Closing once, stopping, and going on after a redrive.

use domain::id::RequestId;
use domain::request::{Request, Status};
use domain::task::{EndStatus, Task};
use jiff::Timestamp;
use testing::MemoryTable;
use testing::fixtures;

use super::*;

struct Stage {
    store: RequestStore<MemoryTable>,
    id: RequestId,
}

async fn stage() -> Stage {
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let id = request.request_id;
    Stage { store, id }
}

impl Stage {
    async fn run(
        &self,
        state: &str,
        second: i64,
        config: CloseConfig,
        redrives: u32,
    ) -> Result<String, Failure> {
        let task = Task {
            request_id: self.id,
            entered_at: Timestamp::from_second(second).unwrap(),
            version: "v1".to_owned(),
            phase: "Needs Attention".parse().unwrap(),
            state: state.to_owned(),
            config,
        };
        let answer = close(&self.store, ClosingTask { task, redrives }).await;
        answer.map(|outcome| outcome.outcome)
    }

    async fn stop(&self, second: i64, redrives: u32) -> Result<String, Failure> {
        let stop = CloseConfig::Stop(stop());
        self.run("Needs Attention", second, stop, redrives).await
    }

    async fn hold(&self, second: i64, redrives: u32) -> Result<String, Failure> {
        self.run("Stopped", second, CloseConfig::Hold(stop()), redrives)
            .await
    }

    async fn request(&self) -> Request {
        self.store.request(self.id).await.unwrap().unwrap().value
    }

    /// What happened after the submission, with the details.
    fn audit_log(&self) -> Vec<String> {
        let items = self.store.table().items();
        let records = items.iter().filter(|item| item.kind == "audit").skip(1);
        let text = |item: &domain::table::Item| {
            let detail = item.body["detail"].as_str().unwrap_or_default();
            format!("{} {detail}", item.body["action"].as_str().unwrap())
        };
        records.map(|item| text(item).trim().to_owned()).collect()
    }
}

fn stop() -> Stop {
    Stop {
        error: "Stripe.Misconfigured".to_owned(),
    }
}

#[tokio::test]
async fn an_end_is_recorded_once() {
    let stage = stage().await;
    for _ in 0..2 {
        let end = CloseConfig::End(EndStatus::Denied);
        assert_eq!(stage.run("Denied", 0, end, 0).await.as_deref(), Ok("done"));
    }
    assert_eq!(stage.request().await.status, Status::Denied);
    assert_eq!(stage.audit_log(), ["closed"]);
}

#[tokio::test]
async fn what_ended_is_found_by_its_first_end_and_what_stopped_has_not() {
    let stage = stage().await;
    stage.stop(0, 0).await.unwrap();
    let all = Timestamp::from_second(1_000).unwrap();
    assert_eq!(stage.store.ended_until(all, 9).await.unwrap(), []);
    // A redrive can enter the last state again.
    for second in [10, 20] {
        let end = CloseConfig::End(EndStatus::Denied);
        stage.run("Denied", second, end, 0).await.unwrap();
    }
    let ended = stage.store.ended_until(all, 9).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(
        (ended[0].request_id, ended[0].ended_at.as_second()),
        (stage.id, 10)
    );
}

#[tokio::test]
async fn a_stop_is_recorded_once_and_fails_until_it_is_redriven() {
    let stage = stage().await;
    for _ in 0..2 {
        assert_eq!(stage.stop(0, 0).await.as_deref(), Ok("done"));
        assert_eq!(stage.hold(1, 0).await, Err(Failure::NeedsAttention));
    }
    assert_eq!(stage.request().await.status, Status::NeedsAttention);
    assert_eq!(stage.audit_log(), ["stopped Stripe.Misconfigured"]);

    for _ in 0..2 {
        assert_eq!(stage.hold(1, 1).await, Ok("resume".to_owned()));
        // An attempt that was given up before and comes late.
        assert_eq!(stage.stop(0, 0).await.as_deref(), Ok("done"));
    }
    assert_eq!(stage.request().await.status, Status::InReview);
    assert_eq!(
        stage.audit_log(),
        ["stopped Stripe.Misconfigured", "resumed"]
    );
}

#[tokio::test]
async fn a_redrive_counts_for_one_stop() {
    let stage = stage().await;
    stage.stop(0, 0).await.unwrap();
    stage.hold(1, 3).await.unwrap();
    stage.stop(2, 3).await.unwrap();
    assert_eq!(stage.hold(3, 3).await, Err(Failure::NeedsAttention));
    let request = stage.request().await;
    assert_eq!((request.redrives, request.audit_count), (3, 4));
}

#[tokio::test]
async fn a_stop_that_was_not_recorded_is_recorded_before_it_fails() {
    let stage = stage().await;
    for _ in 0..2 {
        assert_eq!(stage.hold(1, 0).await, Err(Failure::NeedsAttention));
    }
    assert_eq!(stage.audit_log(), ["stopped Stripe.Misconfigured"]);
    assert_eq!(stage.hold(1, 1).await, Ok("resume".to_owned()));
}

#[tokio::test]
async fn one_redrive_is_enough_where_the_stop_could_not_be_recorded() {
    let stage = stage().await;
    // Neither state could write for as long as the state machine tried, and a person has let the execution go on.
    assert_eq!(stage.hold(1, 1).await, Ok("resume".to_owned()));
    assert_eq!(stage.request().await.status, Status::InReview);
    // What breaks after that waits for a person again.
    stage.stop(2, 1).await.unwrap();
    assert_eq!(stage.hold(3, 1).await, Err(Failure::NeedsAttention));
    assert_eq!(stage.hold(4, 2).await, Ok("resume".to_owned()));
}

/// The task that the template's rule makes of what `EventBridge` says of an execution: the request's id is its name.
fn ended_task(request: RequestId, status: &str, time: &str) -> ClosingTask {
    let template = include_str!("../../../infra/template.yaml");
    let rule = template.split_once("\n  StoppedExecution:\n").unwrap().1;
    let text = rule.split_once("InputTemplate: >-\n").unwrap().1;
    let text = text.split_once("RetryPolicy").unwrap().0;
    let text = text.replace("<request>", &request.to_string());
    let text = text.replace("<status>", status).replace("<at>", time);
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn an_execution_that_is_aborted_stops_its_request_until_it_enters_a_state_again() {
    let stage = stage().await;
    let aborted = || {
        let task = ended_task(stage.id, "ABORTED", "1970-01-01T00:01:40Z");
        close(&stage.store, task)
    };
    for _ in 0..2 {
        aborted().await.unwrap();
        let request = stage.request().await;
        assert_eq!(request.status, Status::NeedsAttention);
        let cause = request.stop_cause().unwrap();
        assert!(
            cause.starts_with("Somebody stopped its execution"),
            "{cause}"
        );
    }
    // It ends 14 days later for whoever removes personal data.
    let two_weeks = Timestamp::from_second(100 + 14 * 86_400).unwrap();
    let over = stage.store.ended_until(two_weeks, 9).await.unwrap();
    assert_eq!(over.len(), 1);

    // It is redriven, and enters its next state, where it breaks for another reason and goes on again.
    stage.stop(101, 1).await.unwrap();
    stage.hold(102, 2).await.unwrap();
    // EventBridge delivers more than once, and late: it is known that this is over.
    aborted().await.unwrap();
    assert_eq!(stage.request().await.status, Status::InReview);
    let end = || stage.run("Denied", 103, CloseConfig::End(EndStatus::Denied), 2);
    end().await.unwrap();
    let went_on = [
        "stopped Execution.ABORTED",
        "resumed",
        "stopped Stripe.Misconfigured",
        "resumed",
        "closed",
    ];
    assert_eq!(stage.audit_log(), went_on);
    aborted().await.unwrap();
    end().await.unwrap();
    assert_eq!(stage.audit_log(), went_on);
    assert_eq!(stage.request().await.status, Status::Denied);
}

#[tokio::test]
async fn an_execution_that_failed_has_said_why_itself() {
    let stage = stage().await;
    let failed = ended_task(stage.id, "FAILED", "1970-01-01T00:01:40Z");
    close(&stage.store, failed).await.unwrap();
    assert!(stage.audit_log().is_empty());
}

#[tokio::test]
async fn a_state_that_was_entered_before_does_not_say_that_an_aborted_execution_goes_on() {
    let stage = stage().await;
    let aborted = ended_task(stage.id, "ABORTED", "1970-01-01T00:01:40Z");
    close(&stage.store, aborted).await.unwrap();
    let stored = stage.store.request(stage.id).await.unwrap().unwrap();
    let mut request = stored.value;
    let second = |second| Timestamp::from_second(second).unwrap();
    assert_eq!(request.resume_at(second(100)), None);
    assert_eq!(request.status, Status::NeedsAttention);
    assert!(request.resume_at(second(101)).is_some());
    assert_eq!(request.status, Status::InReview);
    assert_eq!(request.phase.as_str(), "CSM Review");
}
