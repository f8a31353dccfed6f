//! What a charge gives back in all: each request once, by its own word or Stripe's, and what others gave beside them.

use domain::charge_lookup::{ChargeLookup, ChargeUse};
use domain::id::RequestId;
use domain::request::{Event, Output, RefundProgress, Request, Status};
use domain::request_store::RequestStore;
use domain::table::Write;
use domain::task::StateEntry;
use jiff::Timestamp;
use serde_json::{Value, json};
use testing::MemoryTable;
use testing::fixtures;

/// Requests of 50 USD each for one charge, of which the first is the one that asks for the sum.
struct Charge {
    store: RequestStore<MemoryTable>,
    requests: Vec<Request>,
}

impl Charge {
    /// The charge with so many other requests, all in review.
    async fn with_others(others: usize) -> Self {
        let store = RequestStore::new(MemoryTable::default());
        let mut charge = Self {
            store,
            requests: Vec::new(),
        };
        for index in 0..=others {
            charge.add(["ch_1", "pi_1"][index % 2], |_| {}).await;
        }
        charge
    }

    /// One more request, which calls the charge that and was changed so.
    async fn add(&mut self, name: &str, change: impl FnOnce(&mut Request)) -> RequestId {
        let (mut request, record) = fixtures::request::request();
        change(&mut request);
        let used = ChargeUse {
            charge: name.to_owned(),
            request_id: request.request_id,
        };
        let more = vec![Write::create(&used)];
        self.store.create(&request, &record, more).await.unwrap();
        let id = request.request_id;
        self.requests.push(request);
        id
    }

    /// Stores what Stripe says when the first request is looked up.
    async fn looked_up(&self, charge: Value) {
        let lookup: ChargeLookup = serde_json::from_value(json!({
            "requestId": self.requests[0].request_id, "lookedUpAt": Timestamp::UNIX_EPOCH, "charges": ["ch_1", "pi_1"],
            "payments": [{"currency": "usd", "ownership": "theirs", "charge": charge}],
        }))
        .unwrap();
        self.store.save_charge_lookup(lookup).await.unwrap();
    }

    async fn total(&self) -> u64 {
        self.store.charge_total(&self.requests[0]).await.unwrap()
    }
}

/// A charge of which so much was refunded and credited, and what of it by which requests.
fn given(refunded: u64, credited: u64, by_request: &[(RequestId, u64)]) -> Value {
    let by_request = by_request.iter();
    let by_request = by_request.map(|(id, cents)| (id.to_string(), json!(cents)));
    json!({
        "id": "ch_1", "amount": 200_000, "captured": 200_000, "refunded": refunded, "pending": 0, "credited": credited,
        "byRequest": by_request.collect::<serde_json::Map<_, _>>(), "paidAt": Timestamp::UNIX_EPOCH, "disputed": false,
    })
}

fn paid(request: &mut Request) {
    request.status = Status::Refunded;
    request.refund = Some(RefundProgress::Paid);
    let refund = Output::Refund {
        id: "re_1".to_owned(),
        amount: request.amount().unwrap(),
        status: "succeeded".to_owned(),
    };
    let output = "stripeRefundResult".parse().unwrap();
    request.outputs.insert(output, refund);
}

#[tokio::test]
async fn other_requests_count_under_each_name_of_the_charge_unless_they_were_denied() {
    let mut charge = Charge::with_others(3).await;
    charge.looked_up(given(0, 0, &[])).await;
    assert_eq!(charge.total().await, 4 * 5000);

    charge.add("ch_1", |it| it.status = Status::Denied).await;
    charge.add("ch_1", |it| it.status = Status::Completed).await;
    charge.add("ch_2", |_| {}).await;
    assert_eq!(charge.total().await, 4 * 5000);

    let counted = [Status::Processing, Status::NeedsAttention, Status::Refunded];
    for status in counted {
        charge.add("ch_1", |it| it.status = status).await;
    }
    assert_eq!(charge.total().await, 7 * 5000);
}

#[tokio::test]
async fn what_was_paid_counts_however_the_request_ended_and_what_came_back_does_not() {
    let mut charge = Charge::with_others(0).await;
    charge.looked_up(given(0, 0, &[])).await;
    charge.add("ch_1", paid).await;
    assert_eq!(charge.total().await, 2 * 5000);
    let denied = |request: &mut Request| {
        paid(request);
        request.status = Status::Denied;
    };
    charge.add("ch_1", denied).await;
    assert_eq!(charge.total().await, 3 * 5000);
    let reversed = |request: &mut Request| {
        paid(request);
        let phase = request.phase.clone();
        let now = StateEntry::during(&phase, Timestamp::UNIX_EPOCH);
        let movement = fixtures::refund::movement();
        let message = "closed";
        request.apply(&Event::RefundReversed { movement, message }, now);
    };
    charge.add("ch_1", reversed).await;
    assert_eq!(charge.total().await, 3 * 5000);
}

#[tokio::test]
async fn what_stripe_has_given_counts_once() {
    let mut charge = Charge::with_others(1).await;
    let paid = charge.add("ch_1", paid).await;
    let (own, open) = (charge.requests[0].request_id, charge.requests[1].request_id);
    let elsewhere = RequestId::random();
    for (stripe, total) in [
        (given(0, 0, &[]), 3 * 5000),
        // By hand.
        (given(1200, 300, &[]), 3 * 5000 + 1500),
        // What was paid for a request is what its own amount counts.
        (given(5000, 0, &[(paid, 5000)]), 3 * 5000),
        (given(5000, 5000, &[(paid, 5000), (open, 5000)]), 3 * 5000),
        (given(5700, 0, &[(paid, 5000)]), 3 * 5000 + 700),
        (given(0, 5000, &[(own, 5000)]), 3 * 5000),
        // More was given for it than it asks for, or for a request that is not known here.
        (given(8000, 0, &[(open, 8000)]), 2 * 5000 + 8000),
        (given(0, 4000, &[(elsewhere, 4000)]), 3 * 5000 + 4000),
    ] {
        charge.looked_up(stripe.clone()).await;
        assert_eq!(charge.total().await, total, "{stripe}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_more_than_any_limit() {
    let charge = Charge::with_others(1).await;
    assert_eq!(charge.total().await, u64::MAX, "Stripe did not answer");

    for (others, total) in [(100, 101 * 5000), (101, u64::MAX)] {
        let charge = Charge::with_others(others).await;
        charge.looked_up(given(0, 0, &[])).await;
        assert_eq!(charge.total().await, total, "{others} others");
    }
}

#[tokio::test]
async fn where_stripe_knows_no_such_charge_the_requests_count_alone() {
    let charge = Charge::with_others(1).await;
    charge.looked_up(Value::Null).await;
    assert_eq!(charge.total().await, 2 * 5000);
}
