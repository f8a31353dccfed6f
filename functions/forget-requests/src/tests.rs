use adapters::RetentionDays;
use domain::id::RequestId;
use domain::request::Event;
use domain::table::{Stored, Write};
use domain::task::{EndStatus, StateEntry};
use jiff::SignedDuration;
use testing::{MemoryTable, fixtures};

use super::*;

fn function(keep_answers_days: u16) -> ForgetRequests<MemoryTable> {
    let keep_answers_days = RetentionDays::try_from(keep_answers_days).unwrap();
    let settings = Settings {
        keep_answers_days,
        ..Settings::default()
    };
    ForgetRequests {
        store: RequestStore::new(MemoryTable::default()),
        settings: settings.into(),
    }
}

fn at(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
}

impl ForgetRequests<MemoryTable> {
    async fn closed(&self, day: i64) -> RequestId {
        let request = fixtures::request::request();
        fixtures::request::store_closed(&self.store, request, EndStatus::Denied, at(day)).await
    }

    async fn run(&self, day: i64) -> Result<Outcome, Failure> {
        self.handle(ScheduledEvent { time: at(day) }).await
    }

    async fn is_forgotten(&self, id: RequestId) -> bool {
        let request = self.store.request(id).await.unwrap().unwrap().value;
        request.forgotten_at.is_some()
    }
}

#[tokio::test]
async fn each_request_is_forgotten_once_when_it_is_due() {
    let function = function(30);
    let (first, second) = (function.closed(0).await, function.closed(1).await);
    function.run(29).await.unwrap();
    assert!(!function.is_forgotten(first).await);
    function.run(30).await.unwrap();
    assert!(function.is_forgotten(first).await && !function.is_forgotten(second).await);
    let before = function.store.table().items().len();
    function.run(30).await.unwrap();
    assert_eq!(function.store.table().items().len(), before);
    // Also where nothing has run for a year.
    function.run(400).await.unwrap();
    assert!(function.is_forgotten(second).await);
    assert_eq!(function.store.ended_until(at(400), 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_changed_setting_holds_for_what_has_ended_before() {
    let mut function = function(180);
    let id = function.closed(0).await;
    function.run(100).await.unwrap();
    assert!(!function.is_forgotten(id).await);
    function.settings = Settings {
        keep_answers_days: RetentionDays::try_from(99).unwrap(),
        ..Settings::default()
    }
    .into();
    function.run(100).await.unwrap();
    assert!(function.is_forgotten(id).await);
}

#[tokio::test]
async fn what_cannot_be_forgotten_stays_due_and_does_not_stop_the_others() {
    let function = function(30);
    let lost = EndedRequest {
        request_id: RequestId::random(),
        ended_at: at(0),
    };
    let table = function.store.table();
    table.commit(vec![Write::create(&lost)]).await.unwrap();
    let id = function.closed(1).await;
    assert_eq!(function.run(31).await, Err(Failure::RequestNotFound));
    assert!(function.is_forgotten(id).await);
    assert_eq!(function.store.ended_until(at(31), 9).await.unwrap(), [lost]);
}

#[tokio::test]
async fn what_was_forgotten_on_request_is_not_forgotten_again() {
    let function = function(30);
    let id = function.closed(0).await;
    let erased = function.store.forget(id, ForgetReason::Erasure, at(1));
    erased.await.unwrap();
    let before = function.store.request(id).await.unwrap();
    function.run(30).await.unwrap();
    assert_eq!(function.store.request(id).await.unwrap(), before);
    assert_eq!(function.store.ended_until(at(30), 9).await.unwrap(), []);
}

#[tokio::test]
async fn what_stopped_is_forgotten_once_it_can_no_longer_go_on_and_then_kept_for_so_long() {
    let function = function(30);
    let (mut request, record) = fixtures::request::request();
    function
        .store
        .create(&request, &record, Vec::new())
        .await
        .unwrap();
    let id = request.request_id;
    let phase = request.phase.clone();
    let mut stop = |day| {
        let stopped = Event::Stopped {
            error: "Stripe.Refused",
            redrives: 0,
        };
        let record = request.apply(&stopped, StateEntry::during(&phase, at(day)));
        (EndedRequest::of(&request).unwrap(), request.clone(), record)
    };
    let (over, value, record) = stop(0);
    let mut stored = Stored { value, version: 1 };
    let over = vec![Write::create(&over)];
    function
        .store
        .save(&mut stored, &record, over)
        .await
        .unwrap();
    function.run(43).await.unwrap();
    assert!(!function.is_forgotten(id).await);
    function.run(44).await.unwrap();
    assert!(function.is_forgotten(id).await);
}

#[tokio::test]
async fn more_than_are_read_at_a_time_are_forgotten_in_one_run() {
    let function = function(30);
    for _ in 0..=AT_A_TIME {
        function.closed(0).await;
    }
    function.run(30).await.unwrap();
    assert_eq!(function.store.ended_until(at(30), 9).await.unwrap(), []);
}
