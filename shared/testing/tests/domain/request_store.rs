//! What is decided is what is paid.

use domain::approval::Verdict;
use domain::approval::{Approval, viewed_digest};
use domain::failure::Failure;
use domain::form::Value;
use domain::id::RequestId;
use domain::request::Event;
use domain::request::Request;
use domain::table::{Stored, Table, Write};
use domain::task::StateEntry;
use testing::MemoryTable;
use testing::fixtures;
use testing::fixtures::approval::{choose, decide, link_keys, offer, waiting};

const CSM: &str = "csm-1@example.com";

/// A request that CSM Review approved under the version `v1`.
async fn approved() -> (
    domain::request_store::RequestStore<MemoryTable>,
    Stored<Request>,
) {
    let store = domain::request_store::RequestStore::new(MemoryTable::default());
    let (mut request, record) = fixtures::request::request();
    let waiting = waiting(request.request_id, 0, "token");
    let mut approval = Approval::ask(&waiting, 1, &[CSM.to_owned()], &link_keys());
    let recorded = decide(&mut approval, &request, CSM, Verdict::Approve, "");
    let now = StateEntry::during(&approval.phase, approval.asked_at);
    let decided = request.apply(&Event::Decided(&recorded), now);
    let more = vec![Write::create(&approval), Write::create(&decided)];
    store.create(&request, &record, more).await.unwrap();
    let stored = store.request(request.request_id).await.unwrap().unwrap();
    (store, stored)
}

fn is_changed(result: &Result<(), Failure>) -> bool {
    matches!(result, Err(Failure::RequestChanged(_)))
}

#[tokio::test]
async fn what_was_approved_may_be_paid_whatever_happened_beside_it() {
    let (store, mut request) = approved().await;
    store.check_unchanged(&request.value, "v1").await.unwrap();
    let phase = request.value.phase.clone();
    let now = StateEntry::during(&phase, jiff::Timestamp::MAX);
    request.value.apply(
        &Event::Questioned {
            by: CSM,
            text: "?",
            key_id: "",
        },
        now,
    );
    store.check_unchanged(&request.value, "v1").await.unwrap();
}

#[tokio::test]
async fn another_charge_amount_reason_or_definition_is_not_paid() {
    let (store, request) = approved().await;
    for field in [
        "chargeIdToRefund",
        "refundAmount",
        "reason",
        "customerEmail",
        "notes",
    ] {
        let mut changed = request.value.clone();
        let answer = changed
            .answers
            .iter_mut()
            .find(|a| a.name.as_str() == field);
        answer.unwrap().value = Some(Value::Text("ch_2".to_owned()));
        assert!(
            is_changed(&store.check_unchanged(&changed, "v1").await),
            "{field}"
        );
    }
    assert!(is_changed(
        &store.check_unchanged(&request.value, "v2").await
    ));
}

#[tokio::test]
async fn a_request_that_was_changed_together_with_its_own_note_is_not_paid() {
    let (store, request) = approved().await;
    let mut changed = request.value.clone();
    changed.answers[0].value = Some(Value::Text("eve@example.com".to_owned()));
    let digest = viewed_digest::digest(&changed, "v1");
    changed
        .approved
        .values_mut()
        .for_each(|noted| noted.clone_from(&digest));
    let checked = store.check_unchanged(&changed, "v1").await;
    assert!(
        is_changed(&checked),
        "the decision itself says what was shown"
    );
}

#[tokio::test]
async fn an_approval_that_is_gone_is_no_approval() {
    let (_, request) = approved().await;
    let empty = domain::request_store::RequestStore::new(MemoryTable::default());
    assert!(is_changed(
        &empty.check_unchanged(&request.value, "v1").await
    ));
}

#[tokio::test]
async fn an_approval_is_stored_with_the_request_that_it_is_about() {
    let store = domain::request_store::RequestStore::new(MemoryTable::default());
    let approvals = [RequestId::random(), RequestId::random()]
        .map(|id| Approval::ask(&waiting(id, 0, "token"), 1, &[], &link_keys()));
    let writes = approvals.iter().map(Write::create).collect();
    store.table().commit(writes).await.unwrap();
    for approval in approvals {
        let stored = store.all_approvals(approval.request_id).await;
        assert_eq!(stored, Ok(vec![approval]));
    }
}

#[tokio::test]
async fn what_the_customer_chose_for_is_bound_like_an_approval() {
    let (store, mut request) = approved().await;
    let mut approval = offer(&request.value);
    let recorded = choose(&mut approval, &request.value, "credit");
    let now = StateEntry::during(&approval.phase, approval.asked_at);
    let record = request.value.apply(&Event::Decided(&recorded), now);
    let more = vec![Write::create(&approval)];
    store.save(&mut request, &record, more).await.unwrap();
    store.check_unchanged(&request.value, "v1").await.unwrap();

    // Even if the other phases' decisions were not there.
    request
        .value
        .approved
        .retain(|phase, _| *phase == approval.phase);
    store.check_unchanged(&request.value, "v1").await.unwrap();
    for answer in 0..request.value.answers.len() {
        let mut changed = request.value.clone();
        changed.answers[answer].value = Some(Value::Text("ch_2".to_owned()));
        assert!(is_changed(&store.check_unchanged(&changed, "v1").await));
    }
    assert!(is_changed(
        &store.check_unchanged(&request.value, "v2").await
    ));
}
