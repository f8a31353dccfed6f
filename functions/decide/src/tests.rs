use std::sync::Mutex;

use domain::charge_lookup::{ChargeLookup, ChargeUse, FoundPayment};
use domain::id::RequestId;
use domain::rule::{Comparison, Rule};
use domain::stripe::Ownership;
use domain::table::{Key, Write};
use domain::task::Branch;
use jiff::Timestamp;
use testing::{Hook, HookedTable, fixtures};

use super::*;

/// Remembers what is read.
#[derive(Debug, Default)]
struct Watched(Mutex<Vec<Key>>);

impl Hook for Watched {
    async fn before_get(&self, key: &Key) {
        self.0.lock().unwrap().push(key.clone());
    }
}

/// A condition with these branches.
fn condition(request_id: RequestId, branches: Vec<Rule>) -> Task<ConditionConfig> {
    let branch = |(index, when): (usize, Rule)| Branch {
        outcome: format!("branch-{}", index + 1),
        text: format!("condition {}", index + 1),
        when,
    };
    Task {
        request_id,
        entered_at: Timestamp::UNIX_EPOCH,
        version: "v1".to_owned(),
        phase: "Threshold Check".parse().unwrap(),
        state: "Threshold Check".to_owned(),
        config: ConditionConfig {
            branches: branches.into_iter().enumerate().map(branch).collect(),
        },
    }
}

fn at_least(cents: u64) -> Rule {
    Rule::Amount {
        field: "refundAmount".parse().unwrap(),
        is: Comparison::AtLeast,
        cents,
    }
}

async fn store() -> (RequestStore<HookedTable<Watched>>, RequestId) {
    let store = RequestStore::new(HookedTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    (store, request.request_id)
}

/// What a lookup finds of a payment of this customer, or of a guest.
fn found(request_id: RequestId, customer: Option<&str>) -> ChargeLookup {
    ChargeLookup {
        request_id,
        looked_up_at: Timestamp::UNIX_EPOCH,
        charges: vec!["ch_1".to_owned()],
        payments: vec![FoundPayment {
            currency: "usd".to_owned(),
            ownership: Ownership::Theirs,
            customer: customer.map(ToOwned::to_owned),
            charge: None,
        }],
        customers: Vec::new(),
    }
}

#[tokio::test]
async fn takes_the_first_branch_that_holds() {
    for (cents, outcome) in [
        (vec![5000], "branch-1"),
        (vec![5001], "otherwise"),
        (vec![5001, 5000, 1], "branch-2"),
    ] {
        let (store, id) = store().await;
        let task = condition(id, cents.into_iter().map(at_least).collect());
        assert_eq!(decide(&store, task).await.unwrap().outcome, outcome);
    }
}

#[tokio::test]
async fn a_customer_is_known_when_the_lookup_found_one() {
    let nobody = |id| ChargeLookup {
        payments: Vec::new(),
        ..found(id, None)
    };
    let (store, id) = store().await;
    for (findings, outcome) in [
        // The lookup failed, and left nothing.
        (None, "branch-2"),
        (Some(nobody(id)), "branch-2"),
        (Some(found(id, None)), "branch-2"),
        (Some(found(id, Some("cus_1"))), "branch-1"),
    ] {
        if let Some(findings) = findings.clone() {
            store.save_charge_lookup(findings).await.unwrap();
        }
        let known = Rule::All(vec![at_least(1), Rule::StripeCustomerKnown]);
        let unknown = Rule::Not(Box::new(Rule::StripeCustomerKnown));
        let mut task = condition(id, vec![known, unknown]);
        // Another state entry each time: the same one would be answered as before.
        task.state = format!("{findings:?}");
        let answer = decide(&store, task).await.unwrap();
        assert_eq!(answer.outcome, outcome, "{findings:?}");
    }
}

fn total_at_least(cents: u64) -> Rule {
    let is = Comparison::AtLeast;
    Rule::ChargeTotal { is, cents }
}

#[tokio::test]
async fn other_requests_for_the_charge_count_for_the_sum() {
    let (store, id) = store().await;
    let branches = || {
        vec![
            total_at_least(10_001),
            total_at_least(10_000),
            total_at_least(1),
        ]
    };
    for (found_at, outcome) in [(None, "branch-1"), (Some(id), "branch-3")] {
        if let Some(id) = found_at {
            store.save_charge_lookup(found(id, None)).await.unwrap();
        }
        let mut task = condition(id, branches());
        task.state = format!("{found_at:?}");
        assert_eq!(decide(&store, task).await.unwrap().outcome, outcome);
    }
    // Another of 50 USD.
    let (other, record) = fixtures::request::request();
    let used = ChargeUse {
        charge: "ch_1".to_owned(),
        request_id: other.request_id,
    };
    let more = vec![Write::create(&used)];
    store.create(&other, &record, more).await.unwrap();
    let decided = decide(&store, condition(id, branches())).await;
    assert_eq!(decided.unwrap().outcome, "branch-2");
}

#[tokio::test]
async fn findings_are_read_only_when_a_condition_asks_for_them() {
    let total = Rule::Not(Box::new(total_at_least(1)));
    for (branches, reads) in [
        (vec![at_least(1)], 0),
        (vec![at_least(1), Rule::StripeCustomerKnown], 1),
        (vec![at_least(1), Rule::All(vec![at_least(1), total])], 1),
    ] {
        let (store, id) = store().await;
        decide(&store, condition(id, branches)).await.unwrap();
        let key = ChargeLookup::key_of(id);
        let read = store.table().hook.0.lock().unwrap();
        assert_eq!(read.iter().filter(|k| **k == key).count(), reads);
    }
}

#[tokio::test]
async fn a_repeated_invocation_answers_the_same_and_leaves_one_record() {
    let (store, id) = store().await;
    for _ in 0..2 {
        let task = condition(id, vec![at_least(1)]);
        assert_eq!(decide(&store, task).await.unwrap().outcome, "branch-1");
    }
    let items = store.table().table.items();
    let records = items.iter().filter(|item| item.kind == "audit").count();
    assert_eq!(records, 2, "submitted and evaluated");
}

#[tokio::test]
async fn an_unknown_request_is_an_error() {
    let (store, _) = store().await;
    let task = condition(RequestId::random(), vec![at_least(1)]);
    assert_eq!(decide(&store, task).await, Err(Failure::RequestNotFound));
}
