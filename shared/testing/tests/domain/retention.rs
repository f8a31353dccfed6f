//! What is left of a request whose personal data was removed: what money needs, and the audit log.

use domain::approval::{Approval, Verdict};
use domain::audit::AuditRecord;
use domain::charge_lookup::{ChargeLookup, ChargeUse};
use domain::form::Answer;
use domain::id::RequestId;
use domain::money::Usd;
use domain::request::{Event, ForgetReason, Movement, Request, Submission, UnclearCharge};
use domain::request_store::RequestStore;
use domain::table::{Item, Table, Write};
use domain::task::{EndStatus, StateEntry};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;
use testing::MemoryTable;
use testing::fixtures;
use testing::fixtures::approval::{decide, link_keys, offer, waiting};

const CSM: &str = "csm-1@example.com";
/// Stands in whatever a customer sends or somebody writes about it.
const CANARY: &str = "canary";

fn at(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
}

/// A request in which those texts stand wherever a text can, and that was refunded.
fn written_all_over(id: RequestId, text: &str) -> (Request, AuditRecord) {
    let offering = fixtures::request::offering();
    let email = format!("{CANARY}@example.com");
    let customer = format!("cus_{CANARY}");
    let answers = [
        ("customerEmail", email.as_str()),
        ("stripeCustomerId", &customer),
        ("chargeIdToRefund", "ch_1"),
        ("refundAmount", "50"),
        ("reason", "Other"),
        ("notes", text),
    ];
    let answers = answers.map(|(name, text)| (name.to_owned(), Answer::Text(text.to_owned())));
    let (mut request, record) = Request::submit(Submission {
        request_id: id,
        offering: &offering,
        values: &offering.form.check(&answers).unwrap(),
        origin: "https://refunds.example.com".to_owned(),
        about: None,
        at: at(0),
    });
    let phase = request.phase.clone();
    let charge = UnclearCharge {
        charge: "ch_1".to_owned(),
        customer: Some(customer.clone()),
    };
    let (output, key_id) = ("stripeRefundResult".parse().unwrap(), "");
    let (status, amount) = ("succeeded", Usd::from_cents(4000).unwrap());
    let movement = Movement {
        amount,
        ..fixtures::refund::movement()
    };
    request.approved_amount = Some(amount);
    for event in [
        Event::Questioned {
            by: CSM,
            text,
            key_id,
        },
        Event::Replied { number: 1, text },
        Event::OwnershipConfirmed {
            by: CSM,
            of: &charge,
        },
        Event::Expired(text),
        Event::RefundSucceeded {
            movement,
            status,
            output: &output,
        },
    ] {
        request.apply(&event, StateEntry::during(&phase, at(0)));
    }
    (request, record)
}

proptest! {
    #[test]
    fn no_text_is_left_of_any_request_and_the_money_is_what_it_was(more in "[^\\p{C}]{0,40}") {
        let text = format!("{CANARY}{more}");
        let (mut request, _) = written_all_over(RequestId::random(), &text);
        let before = request.clone();
        let phase = request.phase.clone();
        let forgotten = Event::Forgotten(ForgetReason::Age(180));
        let record = request.apply(&forgotten, StateEntry::during(&phase, at(200)));
        let stored = json!([request, record]).to_string();
        prop_assert!(!stored.contains(CANARY), "{stored}");
        prop_assert_eq!(request.amount(), before.amount());
        prop_assert_eq!(request.requested_amount(), before.requested_amount());
        prop_assert_eq!(request.charge(), Some("ch_1"));
        prop_assert_eq!(request.outputs.len(), 1);
        prop_assert_eq!((request.status, request.refund), (before.status, before.refund));
        prop_assert_eq!(&request.phase, &before.phase);
        prop_assert_eq!(request.customer_email(), None);
    }
}

/// Stores such a request that was closed, with all that is stored beside one.
async fn store(closed_at: Timestamp) -> (RequestStore<MemoryTable>, RequestId) {
    let store = RequestStore::new(MemoryTable::default());
    let id = RequestId::random();
    let written = written_all_over(id, CANARY);
    let request = written.0.clone();
    let review = waiting(id, 0, "token");
    let mut review = Approval::ask(&review, 1, &[CSM.to_owned()], &link_keys());
    decide(&mut review, &request, CSM, Verdict::Reject, CANARY);
    let choice = offer(&request);
    let links = [&review, &choice].map(|approval| approval.links(&link_keys()).remove(0));
    let lookup: ChargeLookup = serde_json::from_value(json!({
        "requestId": id, "lookedUpAt": at(0), "charges": ["ch_1"], "customers": [format!("cus_{CANARY}")],
    }))
    .unwrap();
    let mut refund = fixtures::refund::entry(id);
    let customer = format!("cus_{CANARY}");
    let reservation = json!({"offering": request.offering, "customer": customer, "day": "1970-01-01", "amount": 5000});
    refund.reservation = serde_json::from_value(reservation).unwrap();
    let used = ChargeUse {
        charge: "ch_1".to_owned(),
        request_id: id,
    };
    let mut writes = vec![
        Write::create(&review),
        Write::create(&choice),
        Write::create(&lookup),
    ];
    writes.extend([Write::create(&refund), Write::create(&used)]);
    writes.extend(links.iter().map(Write::create));
    store.table().commit(writes).await.unwrap();
    fixtures::request::store_closed(&store, written, EndStatus::Refunded, closed_at).await;
    (store, id)
}

/// The items in which the canary stands.
fn canaries(store: &RequestStore<MemoryTable>) -> Vec<Item> {
    let mut items = store.table().items();
    items.retain(|item| format!("{item:?}").contains(CANARY));
    items
}

async fn audit_log(store: &RequestStore<MemoryTable>, id: RequestId) -> Vec<AuditRecord> {
    AuditRecord::load_all(store.table(), id).await.unwrap()
}

#[tokio::test]
async fn one_transaction_leaves_the_audit_log_and_the_money_and_nothing_else() {
    let (store, id) = store(at(0)).await;
    let kinds: Vec<_> = canaries(&store).iter().map(|item| item.kind).collect();
    // One approval has the reason, the other the address.
    let expected = [
        "personRequest",
        "approval",
        "approval",
        "findings",
        "refund",
        "request",
    ];
    assert_eq!(kinds, expected);
    let before = (
        audit_log(&store, id).await,
        store.refund(id).await.unwrap().unwrap(),
    );

    for _ in 0..2 {
        store
            .forget(id, ForgetReason::Erasure, at(1))
            .await
            .unwrap();
    }
    assert_eq!(canaries(&store), []);
    let mut records = audit_log(&store, id).await;
    let last = records.pop().unwrap();
    assert_eq!(records, before.0);
    assert_eq!(
        (last.action.to_string(), last.detail.as_deref()),
        ("forgotten".to_owned(), Some("on request"))
    );
    let refund = store.refund(id).await.unwrap().unwrap().value;
    let mut expected = before.1.value;
    expected.reservation = None;
    assert_eq!(refund, expected);
    let request = store.request(id).await.unwrap().unwrap().value;
    let times = (request.updated_at, request.forgotten_at);
    let nothing_new = "nothing has changed for the customer";
    assert_eq!(times, (at(0), Some(at(1))), "{nothing_new}");
    assert_eq!(store.all_approvals(id).await.unwrap(), []);
    assert_eq!(
        store
            .requests_of_person("canary@example.com")
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn an_open_request_is_not_forgotten() {
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let before = store.table().items();
    store
        .forget(request.request_id, ForgetReason::Age(30), at(400))
        .await
        .unwrap();
    assert_eq!(store.table().items(), before);
    assert_eq!(store.ended_until(at(400), 9).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_charge_gives_in_all_is_what_it_was() {
    let (store, id) = store(at(0)).await;
    let (other, record) = fixtures::request::request();
    let lookup: ChargeLookup = serde_json::from_value(json!({
        "requestId": other.request_id, "lookedUpAt": at(0), "charges": ["ch_1"],
    }))
    .unwrap();
    let more = vec![Write::create(&lookup)];
    store.create(&other, &record, more).await.unwrap();
    let total = store.charge_total(&other).await.unwrap();
    assert_eq!(total, 4000 + 5000);
    let report = store.charge_report(&other).await.unwrap();
    store
        .forget(id, ForgetReason::Age(30), at(31))
        .await
        .unwrap();
    assert_eq!(store.charge_total(&other).await.unwrap(), total);
    assert_eq!(store.charge_report(&other).await.unwrap(), report);
}

#[tokio::test]
async fn what_ended_is_found_by_when_it_did() {
    let store = RequestStore::new(MemoryTable::default());
    let mut ids = Vec::new();
    for day in [2, 0, 1] {
        let request = fixtures::request::request();
        ids.push(
            fixtures::request::store_closed(&store, request, EndStatus::Denied, at(day)).await,
        );
    }
    let second = SignedDuration::from_secs(1);
    for (until, expected) in [
        (at(0) - second, vec![]),
        (at(0), vec![ids[1]]),
        (at(2) - second, vec![ids[1], ids[2]]),
        (at(2), vec![ids[1], ids[2], ids[0]]),
    ] {
        let found = store.ended_until(until, 999).await.unwrap();
        let found: Vec<_> = found.iter().map(|ended| ended.request_id).collect();
        assert_eq!(found, expected, "{until}");
    }
}
