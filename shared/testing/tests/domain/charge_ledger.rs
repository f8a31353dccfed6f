//! What may be given back of a charge, as its ledger and Stripe's statement of it say together.

use domain::charge_ledger::ChargeLedger;
use domain::charge_statement::{ChargeStatement, StatementEntry};
use domain::id::RequestId;
use domain::money::Usd;
use domain::refund::{RefundEntry, Settlement};
use domain::stripe::{Credit, CreditTarget, Payer, Payment, Payments, Refund, StripeError};
use proptest::prelude::*;
use serde_json::json;
use testing::{MemoryStripe, fixtures};

/// What was paid, in cents.
const CAPTURED: u64 = 10_000;

fn payment(refunded: u64) -> Payment {
    let charge = json!({
        "id": "ch_1", "amount": 12_000, "amount_captured": CAPTURED, "amount_refunded": refunded, "captured": true,
        "created": 1_767_225_600, "currency": "usd",
    });
    Payment {
        id: "pi_1".to_owned(),
        currency: "usd".to_owned(),
        intent: Some("pi_1".to_owned()),
        charge: Some(serde_json::from_value(charge).unwrap()),
        payer: Payer::Guest(None),
    }
}

fn statement(refunds: Vec<Refund>, credits: Vec<Credit>) -> ChargeStatement {
    ChargeStatement {
        payment: payment(0),
        refunds,
        credits,
        credit_target: None,
    }
}

fn usd(cents: u64) -> Usd {
    Usd::from_cents(cents).unwrap()
}

fn entry(request: RequestId, cents: u64) -> RefundEntry {
    RefundEntry {
        amount: usd(cents),
        ..fixtures::refund::entry(request)
    }
}

fn named(request: Option<RequestId>) -> std::collections::BTreeMap<String, String> {
    let id = request.map(|id| ("request_id".to_owned(), id.to_string()));
    id.into_iter().collect()
}

fn refund(id: &str, request: Option<RequestId>, cents: u64, status: &str) -> Refund {
    Refund {
        id: id.to_owned(),
        amount: cents,
        currency: "usd".to_owned(),
        charge: Some("ch_1".to_owned()),
        status: Some(status.to_owned()),
        metadata: named(request),
        ..Refund::default()
    }
}

fn credit(id: &str, request: Option<RequestId>, amount: i64, status: &str) -> Credit {
    Credit {
        id: id.to_owned(),
        amount,
        status: Some(status.to_owned()),
        metadata: named(request),
        ..Credit::default()
    }
}

#[test]
fn others_leave_what_they_have_not_reserved() {
    let (own, other) = (RequestId::random(), RequestId::random());
    let empty = statement(Vec::new(), Vec::new());
    let mut ledger = ChargeLedger::new("ch_1");
    assert_eq!(ledger.left_for(own, &empty), CAPTURED);
    ledger.follow(&entry(other, 3_000));
    assert_eq!(ledger.left_for(own, &empty), 7_000);
    // What is its own does not stand in its way.
    ledger.follow(&entry(own, 9_000));
    assert_eq!(ledger.left_for(own, &empty), 7_000);
    assert_eq!(ledger.left_for(other, &empty), 1_000);
    // More than there is leaves nothing, and not less than nothing.
    ledger.follow(&entry(own, 12_000));
    assert_eq!(ledger.left_for(other, &empty), 0);
}

#[test]
fn what_was_refused_or_came_back_is_released_and_what_was_paid_is_not() {
    let (own, other) = (RequestId::random(), RequestId::random());
    let empty = statement(Vec::new(), Vec::new());
    for (settlement, left) in [
        (None, 7_000),
        (Some(Settlement::Paid), 7_000),
        (Some(Settlement::Refused), CAPTURED),
        (Some(Settlement::Reversed), CAPTURED),
    ] {
        let mut ledger = ChargeLedger::new("ch_1");
        ledger.follow(&entry(other, 3_000));
        ledger.follow(&RefundEntry {
            settlement,
            ..entry(other, 3_000)
        });
        assert_eq!(ledger.left_for(own, &empty), left, "{settlement:?}");
    }
}

#[test]
fn what_stripe_lists_of_a_reservation_counts_once() {
    let (own, other) = (RequestId::random(), RequestId::random());
    let with_id = |id: &str| RefundEntry {
        stripe_id: Some(id.to_owned()),
        ..entry(other, 3_000)
    };
    let listed = |refunds| statement(refunds, Vec::new());
    let paid = |id: &str, request, cents| refund(id, request, cents, "succeeded");
    for (reserved, statement, left) in [
        (
            entry(other, 3_000),
            listed(vec![paid("re_1", Some(other), 3_000)]),
            7_000,
        ),
        (
            with_id("re_1"),
            listed(vec![paid("re_1", Some(other), 3_000)]),
            7_000,
        ),
        // By its id whatever Stripe says of it, so that what failed there is not counted here either.
        (
            with_id("re_1"),
            listed(vec![refund("re_1", None, 3_000, "failed")]),
            CAPTURED,
        ),
        // Another one of the same request, of another amount, or of another request is not it.
        (
            with_id("re_1"),
            listed(vec![paid("re_2", Some(other), 3_000)]),
            4_000,
        ),
        (
            entry(other, 3_000),
            listed(vec![paid("re_1", Some(other), 2_999)]),
            4_001,
        ),
        (
            entry(other, 3_000),
            listed(vec![paid("re_1", Some(own), 3_000)]),
            4_000,
        ),
        (
            entry(other, 3_000),
            listed(vec![paid("re_1", None, 3_000)]),
            4_000,
        ),
        (
            entry(other, 3_000),
            statement(
                Vec::new(),
                vec![credit("cn_1", Some(other), 3_000, "issued")],
            ),
            7_000,
        ),
    ] {
        let mut ledger = ChargeLedger::new("ch_1");
        ledger.follow(&reserved);
        assert_eq!(ledger.left_for(own, &statement), left, "{statement:?}");
    }
}

#[test]
fn a_statement_adds_up_what_anybody_gave() {
    let request = RequestId::random();
    let statement = statement(
        vec![
            refund("re_1", Some(request), 1_000, "succeeded"),
            refund("re_2", None, 500, "pending"),
            refund("re_3", None, 700, "failed"),
        ],
        vec![
            credit("cn_1", None, 300, "issued"),
            credit("cn_2", None, 9_000, "void"),
            credit("cbtxn_1", Some(request), -200, "issued"),
        ],
    );
    assert_eq!(statement.charge(), Some("ch_1"));
    assert_eq!(statement.captured(), CAPTURED);
    assert_eq!(statement.refunded(), 1_500);
    assert_eq!(statement.pending(), 500);
    assert_eq!(statement.credited(), 500);
    let entry = |stripe_id, request, cents| StatementEntry {
        stripe_id,
        request,
        cents,
    };
    let expected = [
        entry("re_1", Some(request), 1_000),
        entry("re_2", None, 500),
        entry("re_3", None, 0),
        entry("cn_1", None, 300),
        entry("cn_2", None, 0),
        entry("cbtxn_1", Some(request), 200),
    ];
    assert_eq!(statement.entries().collect::<Vec<_>>(), expected);
    // Stripe's own sum counts where its list is behind.
    let behind = ChargeStatement {
        payment: payment(4_000),
        ..statement
    };
    assert_eq!(behind.refunded(), 4_000);
    let none = ChargeStatement {
        payment: Payment {
            charge: None,
            ..payment(0)
        },
        ..behind
    };
    assert_eq!(
        (none.charge(), none.captured(), none.refunded()),
        (None, 0, 1_500)
    );
}

#[test]
fn a_refund_is_a_requests_own_where_it_fits() {
    let request = RequestId::random();
    let of = |id: &str, cents, status: &str| refund(id, Some(request), cents, status);
    let other_charge = Refund {
        charge: Some("ch_2".to_owned()),
        ..of("re_9", 3_000, "succeeded")
    };
    for (refunds, has_asked, found) in [
        (vec![], true, Ok(None)),
        (
            vec![of("re_1", 3_000, "succeeded")],
            false,
            Ok(Some("re_1")),
        ),
        (vec![of("re_1", 3_000, "pending")], true, Ok(Some("re_1"))),
        (
            vec![refund("re_1", None, 3_000, "succeeded")],
            true,
            Ok(None),
        ),
        (
            vec![refund(
                "re_1",
                Some(RequestId::random()),
                3_000,
                "succeeded",
            )],
            true,
            Ok(None),
        ),
        (vec![of("re_1", 2_999, "succeeded")], true, Err("re_1")),
        (vec![other_charge.clone()], true, Err("re_9")),
        (
            vec![other_charge, of("re_1", 3_000, "succeeded")],
            true,
            Ok(Some("re_1")),
        ),
        // One that failed is the answer to what was asked, and else somebody else's attempt.
        (vec![of("re_1", 3_000, "failed")], true, Ok(Some("re_1"))),
        (vec![of("re_1", 3_000, "failed")], false, Ok(None)),
        (vec![of("re_1", 2_999, "failed")], true, Ok(None)),
        (
            vec![of("re_1", 3_000, "failed"), of("re_2", 3_000, "succeeded")],
            true,
            Ok(Some("re_2")),
        ),
    ] {
        let statement = statement(refunds, Vec::new());
        let answer = statement.refund_of(request, usd(3_000), has_asked);
        let answer = answer.map(|found| found.map(|it| it.id.as_str()));
        assert_eq!(
            answer.map_err(|it| it.stripe_id),
            found.map_err(str::to_owned),
            "{statement:?}"
        );
    }
}

#[test]
fn a_credit_is_a_requests_own_where_it_fits() {
    let request = RequestId::random();
    let of = |id: &str, amount, status: &str| credit(id, Some(request), amount, status);
    for (credits, found) in [
        (vec![], Ok(None)),
        (vec![of("cn_1", 3_000, "issued")], Ok(Some("cn_1"))),
        (vec![of("cbtxn_1", -3_000, "issued")], Ok(Some("cbtxn_1"))),
        (vec![credit("cn_1", None, 3_000, "issued")], Ok(None)),
        (vec![of("cn_1", 3_000, "void")], Ok(None)),
        (vec![of("cn_1", 2_000, "issued")], Err("cn_1")),
        (
            vec![of("cn_1", 2_000, "issued"), of("cn_2", 3_000, "issued")],
            Ok(Some("cn_2")),
        ),
    ] {
        let statement = statement(Vec::new(), credits);
        let answer = statement.credit_of(request, usd(3_000));
        let answer = answer.map(|found| found.map(|it| it.id.as_str()));
        assert_eq!(
            answer.map_err(|it| it.stripe_id),
            found.map_err(str::to_owned),
            "{statement:?}"
        );
    }
}

proptest! {
    /// Each takes what is left for it, whether Stripe lists what others were given or not yet.
    #[test]
    fn no_order_of_requests_reserves_more_than_the_charge(
        asked in prop::collection::vec((1..6_000_u64, any::<bool>()), 1..8),
    ) {
        let mut ledger = ChargeLedger::new("ch_1");
        let mut refunds = Vec::new();
        let mut given = 0;
        for (cents, is_listed) in asked {
            let request = RequestId::random();
            let statement = statement(refunds.clone(), Vec::new());
            if ledger.left_for(request, &statement) < cents {
                continue;
            }
            ledger.follow(&entry(request, cents));
            given += cents;
            if is_listed {
                refunds.push(refund(&format!("re_{}", refunds.len()), Some(request), cents, "pending"));
            }
        }
        prop_assert!(given <= CAPTURED);
    }
}

/// What Stripe answers of a payment's credits, whichever way they were given.
#[tokio::test]
async fn a_statement_has_the_credits_of_the_invoice_and_those_on_the_balance_that_name_the_charge()
{
    let stripe = MemoryStripe::default();
    let balance = CreditTarget::Customer("cus_ada".to_owned());
    let of_charge = |id: &str, charge: &str| Credit {
        metadata: [("charge".to_owned(), charge.to_owned())].into(),
        ..credit(id, None, -100, "issued")
    };
    stripe.give(balance.clone(), of_charge("cbtxn_1", "pi_1"));
    stripe.give(balance.clone(), of_charge("cbtxn_2", "ch_1"));
    stripe.give(balance.clone(), of_charge("cbtxn_3", "ch_2"));
    stripe.give(balance.clone(), credit("cbtxn_4", None, -100, "issued"));
    let read = async |charge| {
        let payment = stripe.payment(charge).await.unwrap();
        let statement = ChargeStatement::read(&stripe, payment).await.unwrap();
        let ids = statement.credits.iter().map(|it| it.id.clone());
        (ids.collect::<Vec<_>>(), statement.credit_target)
    };
    let expected = ["cbtxn_1", "cbtxn_2"].map(str::to_owned).to_vec();
    assert_eq!(read("pi_1").await, (expected, Some(balance)));

    let invoice = CreditTarget::Invoice("in_1".to_owned());
    stripe.set_invoice("in_1");
    stripe.give(invoice.clone(), credit("cn_1", None, 100, "issued"));
    let expected = ["cn_1", "cbtxn_1", "cbtxn_2"].map(str::to_owned).to_vec();
    assert_eq!(read("pi_1").await, (expected, Some(invoice)));
}

#[tokio::test]
async fn a_guest_has_no_balance_and_a_refused_list_is_none_only_where_the_charge_is_missing() {
    let stripe = MemoryStripe::default();
    stripe.set_payer(Payer::Guest(None));
    let read = async || {
        let payment = stripe.payment("ch_1").await.unwrap();
        ChargeStatement::read(&stripe, payment).await
    };
    let statement = read().await.unwrap();
    assert_eq!(
        (statement.credits, statement.credit_target),
        (Vec::new(), None)
    );
    let refused = |code: &str| StripeError::Refused {
        message: "No.".to_owned(),
        code: Some(code.to_owned()),
    };
    stripe.fail_listing(refused("resource_missing"));
    assert_eq!(read().await.unwrap().refunds, Vec::new());
    stripe.fail_listing(refused("charge_disputed"));
    assert!(read().await.is_err());
}
