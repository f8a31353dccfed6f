//! Several requests of one charge, and what others make of it at Stripe.

use domain::charge_ledger::ChargeLedger;
use domain::request::Status;
use domain::stripe::{Credit, CreditTarget, Refund};
use domain::table::load;

use super::*;

/// A charge of $45.00, and requests of that many dollars for it. The second spells it as its payment intent.
struct Charge {
    case: Case,
    requests: Vec<RequestId>,
}

impl Charge {
    async fn new<const N: usize>(dollars: [&str; N]) -> Self {
        let case = Case::new([]).await;
        case.function.stripe.set_captured(4500);
        let mut requests = Vec::new();
        for (number, dollars) in dollars.into_iter().enumerate() {
            let (mut request, record) = fixtures::request::request();
            let charge = if number == 1 { "pi_1" } else { "ch_1" };
            for answer in &mut request.answers {
                match answer.name.as_str() {
                    "refundAmount" => answer.value = Some(Value::Cents(dollars.parse().unwrap())),
                    "chargeIdToRefund" => answer.value = Some(Value::Text(charge.to_owned())),
                    _ => {}
                }
            }
            let store = &case.function.store;
            store.create(&request, &record, Vec::new()).await.unwrap();
            requests.push(request.request_id);
        }
        Self { case, requests }
    }

    async fn run(&mut self, number: usize, action: &str) -> Result<String, &'static str> {
        self.case.id = self.requests[number];
        let outcome = self.case.run(action, "2026-01-01T00:00:00Z").await;
        outcome
            .map(|it| it.outcome)
            .map_err(|failure| failure.name())
    }

    async fn why(&mut self, number: usize) -> String {
        self.case.id = self.requests[number];
        self.case.stripe_error().await
    }

    fn given(&self) -> u64 {
        let stripe = &self.case.function.stripe;
        let live = stripe.paid().into_iter().filter(Refund::is_live);
        let refunded: u64 = live.map(|refund| refund.amount).sum();
        refunded
            + stripe
                .credited()
                .iter()
                .map(Credit::given_cents)
                .sum::<u64>()
    }

    async fn left(&self) -> ChargeLedger {
        let table = self.case.function.store.table();
        let key = domain::table::Entity::key(&ChargeLedger::new("ch_1"));
        load(table, &key).await.unwrap().unwrap().value
    }
}

const REFUND: &str = "createRefund";
const CREDIT: &str = "createCredit";

#[tokio::test]
async fn requests_of_a_charge_give_it_back_once_whatever_the_means_and_the_spelling() {
    for (first, second) in [
        (REFUND, REFUND),
        (REFUND, CREDIT),
        (CREDIT, REFUND),
        (CREDIT, CREDIT),
    ] {
        let mut charge = Charge::new(["45.00", "45.00"]).await;
        assert_eq!(charge.run(0, first).await, Ok("done".to_owned()));
        assert_eq!(charge.run(1, second).await, Ok("exhausted".to_owned()));
        assert_eq!(charge.given(), 4500, "{first} {second}");
        let denied = charge.run(1, REFUND).await;
        assert_eq!(denied, Ok("exhausted".to_owned()), "nor by other means");
    }
}

#[tokio::test]
async fn what_is_left_can_be_given_and_not_a_cent_more() {
    let mut charge = Charge::new(["30.00", "15.01", "15.00"]).await;
    assert_eq!(charge.run(0, CREDIT).await, Ok("done".to_owned()));
    assert_eq!(charge.run(1, REFUND).await, Ok("exhausted".to_owned()));
    assert_eq!(
        charge.why(1).await,
        "The amount ($15.01) is greater than what is left of charge pi_1 ($15.00): of $45.00, $0.00 were refunded, \
         $30.00 were credited."
    );
    assert_eq!(charge.run(2, REFUND).await, Ok("done".to_owned()));
    assert_eq!(charge.given(), 4500);
}

#[tokio::test]
async fn an_answer_that_is_not_known_keeps_its_cents() {
    let mut charge = Charge::new(["45.00", "45.00"]).await;
    charge.case.function.stripe.script([unknown()]);
    assert_eq!(charge.run(0, REFUND).await, Err("Stripe.Unavailable"));
    for means in [REFUND, CREDIT] {
        assert_eq!(charge.run(1, means).await, Ok("exhausted".to_owned()));
    }
    assert!(
        charge
            .why(1)
            .await
            .contains("other requests are being paid $45.00")
    );
    assert_eq!(charge.run(0, REFUND).await, Ok("done".to_owned()));
}

#[tokio::test]
async fn what_was_refused_or_came_back_leaves_its_cents_to_others() {
    let mut charge = Charge::new(["45.00", "45.00"]).await;
    charge.case.function.stripe.script([refused("No.")]);
    assert_eq!(charge.run(0, REFUND).await, Ok("error".to_owned()));
    assert_eq!(charge.left().await, ChargeLedger::new("ch_1"));
    assert_eq!(charge.run(1, CREDIT).await, Ok("done".to_owned()));

    let mut charge = Charge::new(["45.00", "45.00"]).await;
    charge.case.function.stripe.script([Script::Pay("pending")]);
    assert_eq!(charge.run(0, REFUND).await, Ok("pending".to_owned()));
    assert_eq!(charge.run(1, CREDIT).await, Ok("exhausted".to_owned()));
    charge.case.function.stripe.set_status("re_1", "canceled");
    charge.case.id = charge.requests[0];
    charge.case.wait("2026-01-01T06:00:00Z").await.unwrap();
    assert_eq!(charge.left().await, ChargeLedger::new("ch_1"));
    let mut third = Charge {
        requests: vec![charge.requests[1]],
        case: charge.case,
    };
    // The state was handled: it is another entry into it.
    third.case.id = third.requests[0];
    let later = third.case.run(CREDIT, "2026-01-02T00:00:00Z").await;
    assert_eq!(later.unwrap().outcome, "done");
    assert_eq!(third.given(), 4500);
}

fn by_hand(request: Option<RequestId>, cents: u64, charge: &str, status: &str) -> Refund {
    let id = request.map(|id| ("request_id".to_owned(), id.to_string()));
    Refund {
        id: "re_by_hand".to_owned(),
        amount: cents,
        currency: "usd".to_owned(),
        charge: Some(charge.to_owned()),
        status: Some(status.to_owned()),
        metadata: id.into_iter().collect(),
        ..Refund::default()
    }
}

#[tokio::test]
async fn a_refund_made_by_hand_for_the_request_is_adopted_once() {
    for status in ["succeeded", "pending"] {
        let mut charge = Charge::new(["45.00"]).await;
        let refund = by_hand(Some(charge.requests[0]), 4500, "ch_1", status);
        charge.case.function.stripe.pay_by_hand(refund);
        let wanted = if status == "pending" {
            "pending"
        } else {
            "done"
        };
        for _ in 0..2 {
            assert_eq!(charge.run(0, REFUND).await, Ok(wanted.to_owned()));
        }
        assert_eq!(charge.case.function.stripe.orders(), []);
    }
    // Where a credit was chosen, it is not given on top.
    let mut charge = Charge::new(["20.00"]).await;
    let refund = by_hand(Some(charge.requests[0]), 2000, "ch_1", "succeeded");
    charge.case.function.stripe.pay_by_hand(refund);
    assert_eq!(charge.run(0, CREDIT).await, Ok("error".to_owned()));
    assert_eq!(charge.run(0, REFUND).await, Ok("done".to_owned()));
    assert_eq!(charge.given(), 2000);
    // One that failed was none.
    let mut charge = Charge::new(["45.00"]).await;
    let refund = by_hand(Some(charge.requests[0]), 4500, "ch_1", "failed");
    charge.case.function.stripe.pay_by_hand(refund);
    assert_eq!(charge.run(0, REFUND).await, Ok("done".to_owned()));
    assert_eq!(charge.given(), 4500);
}

#[tokio::test]
async fn a_refund_that_carries_the_requests_id_and_does_not_fit_is_for_a_person() {
    let mut charge = Charge::new(["20.00"]).await;
    let refund = by_hand(Some(charge.requests[0]), 100, "ch_1", "succeeded");
    charge.case.function.stripe.pay_by_hand(refund);
    for means in [REFUND, CREDIT] {
        assert_eq!(charge.run(0, means).await, Err("Stripe.Undecided"));
    }
    assert_eq!(charge.given(), 100);
}

#[tokio::test]
async fn what_others_made_of_the_charge_counts() {
    let mut charge = Charge::new(["45.00", "25.00", "24.99"]).await;
    let stripe = &charge.case.function.stripe;
    stripe.pay_by_hand(by_hand(None, 2001, "ch_1", "pending"));
    assert_eq!(charge.run(0, CREDIT).await, Ok("exhausted".to_owned()));
    assert_eq!(charge.run(1, REFUND).await, Ok("exhausted".to_owned()));
    assert_eq!(charge.run(2, CREDIT).await, Ok("done".to_owned()));
    assert_eq!(charge.given(), 4500);

    let mut charge = Charge::new(["45.00"]).await;
    let stripe = &charge.case.function.stripe;
    let credit = Credit {
        id: "cbtxn_by_hand".to_owned(),
        amount: -1,
        metadata: [("charge".to_owned(), "ch_1".to_owned())].into(),
        ..Credit::default()
    };
    stripe.give(CreditTarget::Customer("cus_ada".to_owned()), credit);
    assert_eq!(charge.run(0, REFUND).await, Ok("exhausted".to_owned()));
}

#[tokio::test]
async fn a_balance_that_is_too_low_stops_and_a_redrive_pays_once() {
    let empty =
        || StripeError::InsufficientFunds("Insufficient funds in your Stripe balance.".into());
    for means in [REFUND, CREDIT] {
        let mut charge = Charge::new(["45.00", "45.00"]).await;
        let stripe = &charge.case.function.stripe;
        stripe.script([Script::Fail(empty()), Script::Fail(empty())]);
        for _ in 0..2 {
            assert_eq!(charge.run(0, means).await, Err("Stripe.InsufficientFunds"));
        }
        assert_eq!(
            charge.run(1, means).await,
            Ok("exhausted".to_owned()),
            "reserved meanwhile"
        );
        assert_eq!(charge.run(0, means).await, Ok("done".to_owned()));
        assert_eq!(charge.given(), 4500);
        let stripe = &charge.case.function.stripe;
        let refunds = stripe.orders().into_iter().map(|it| it.idempotency_key);
        let credits = stripe
            .credit_orders()
            .into_iter()
            .map(|it| it.idempotency_key);
        let mut keys: Vec<_> = refunds.chain(credits).collect();
        keys.dedup();
        assert_eq!(
            keys.len(),
            3,
            "a refused call's answer is kept under its key"
        );
        charge.case.id = charge.requests[0];
        if means == REFUND {
            assert_eq!(charge.case.request().await.status, Status::Refunded);
        }
    }
}

#[tokio::test]
async fn an_answer_about_another_amount_is_for_a_person() {
    // Somebody else's refund of the charge comes back in place of ours.
    let mut charge = Charge::new(["20.00"]).await;
    charge
        .case
        .function
        .stripe
        .script([Script::PayAnother(1999)]);
    assert_eq!(charge.run(0, REFUND).await, Err("Stripe.Undecided"));
    assert_eq!(charge.run(0, REFUND).await, Err("Stripe.Undecided"));
    assert_eq!(charge.given(), 1999);
}
