use adapters::{RetentionDays, RetentionYears};
use domain::audit::AuditRecord;
use domain::audit_digest::{Copies, digest_chains, verify_digests, write_due};
use domain::charge_ledger::ChargeLedger;
use domain::charge_lookup::{ChargeLookup, ChargeUse};
use domain::request::Event;
use domain::table::{Stored, Write};
use domain::task::{EndStatus, StateEntry};
use jiff::SignedDuration;
use serde_json::json;
use testing::{MemoryArchive, MemoryTable, fixtures};

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

#[tokio::test]
async fn the_audit_log_is_there_for_seven_years_and_then_nothing_is_left() {
    let function = function(30);
    let table = function.store.table();
    let id = function.closed(0).await;
    let used = |charge: &str| ChargeUse {
        charge: charge.to_owned(),
        request_id: id,
    };
    let refund = fixtures::refund::entry(id);
    let mut ledger = ChargeLedger::new("ch_1");
    ledger.follow(&refund);
    let lookup: ChargeLookup = serde_json::from_value(json!({
        "requestId": id, "lookedUpAt": at(0), "charges": ["ch_1", "pi_1"],
    }))
    .unwrap();
    let mut writes = vec![Write::create(&refund), Write::create(&ledger)];
    writes.push(Write::create(&lookup));
    writes.extend(["ch_1", "pi_1"].map(|charge| Write::create(&used(charge))));
    table.commit(writes).await.unwrap();

    function.run(30).await.unwrap();
    let forgotten = function.store.request(id).await.unwrap().unwrap().value;
    assert!(forgotten.forgotten_at.is_some());
    // The last is of day 31. The last digest that names it is that of the second day after.
    write_due(table, at(31)).await.unwrap();
    write_due(table, at(34)).await.unwrap();
    // A refund can come back after its request was forgotten.
    let mut stored = function.store.request(id).await.unwrap().unwrap();
    let phase = stored.value.phase.clone();
    let (movement, message) = (fixtures::refund::movement(), "It was closed.");
    let late = Event::RefundReversed { movement, message };
    let record = stored
        .value
        .apply(&late, StateEntry::during(&phase, at(31)));
    function
        .store
        .save(&mut stored, &record, Vec::new())
        .await
        .unwrap();

    // Seven years with two leap days, and the three days that digests look back on.
    let last = 31 + 7 * 365 + 2 + 3;
    for day in [31 + 7 * 365, last - 1] {
        let before = audit_log(&function, id).await;
        assert_eq!(before.len(), 4);
        function.run(day).await.unwrap();
        assert_eq!(audit_log(&function, id).await, before, "day {day}");
        let kept = function.store.refund(id).await.unwrap();
        assert!(kept.is_some(), "day {day}");
    }
    function.run(last).await.unwrap();
    let mut left = table.items();
    left.retain(|item| format!("{item:?}").contains(&id.to_string()));
    assert_eq!(left, []);
    let after = table.items();
    function.run(last + 1).await.unwrap();
    assert_eq!(table.items(), after);
}

async fn audit_log(function: &ForgetRequests<MemoryTable>, id: RequestId) -> Vec<AuditRecord> {
    let records = AuditRecord::load_all(function.store.table(), id).await;
    records.unwrap()
}

#[tokio::test]
async fn digests_are_whole_for_as_long_as_they_are_kept() {
    let mut function = function(30);
    function.settings = Settings {
        keep_audit_years: RetentionYears::try_from(1).unwrap(),
        keep_answers_days: RetentionDays::try_from(30).unwrap(),
        ..Settings::default()
    }
    .into();
    for day in 0..=430 {
        if day % 40 == 0 {
            function.closed(day).await;
        }
        write_due(function.store.table(), at(day)).await.unwrap();
        function.run(day).await.unwrap();
        if day > 0 && day % 10 == 0 {
            let chain = digest_chains(function.store.table())
                .await
                .unwrap()
                .remove(0);
            let none: Option<Copies<'_, MemoryArchive>> = None;
            let whole = verify_digests(&function.store, &chain.value, None, none).await;
            let whole = whole.unwrap();
            // A digest is kept for a year after its day.
            let oldest = utc_date(at((day - 365).max(0)));
            assert_eq!((whole.from, whole.until), (oldest, utc_date(at(day - 1))));
        }
    }
}
