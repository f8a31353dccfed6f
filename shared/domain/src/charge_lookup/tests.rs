//! What a reviewer is shown and warned of.

use super::*;
use crate::charge_statement::ChargeStatement;
use crate::stripe::{Customer, Payment};

fn charge(change: impl FnOnce(&mut serde_json::Value)) -> Charge {
    let mut written = serde_json::json!({
        "id": "ch_1", "amount": 200_000, "amount_captured": 200_000, "amount_refunded": 0,
        "captured": true, "created": 1_767_225_600, "currency": "usd", "disputed": false,
        "payment_method_details": {"card": {"last4": "4242"}},
    });
    change(&mut written);
    serde_json::from_value(written).unwrap()
}

fn findings(charge: Option<Charge>, ownership: Ownership) -> ChargeReport {
    let payment = Payment {
        id: "ch_1".to_owned(),
        currency: charge
            .as_ref()
            .map_or("usd".to_owned(), |c| c.currency.clone()),
        intent: None,
        charge,
        payer: Payer::Customer(Customer {
            id: "cus_1".to_owned(),
            email: None,
        }),
    };
    let statement = ChargeStatement {
        payment,
        refunds: Vec::new(),
        credits: Vec::new(),
        credit_target: None,
    };
    ChargeReport {
        found: Some(ChargeLookup {
            request_id: RequestId::random(),
            looked_up_at: Timestamp::UNIX_EPOCH,
            charges: vec!["ch_1".to_owned()],
            payment: Some(FoundPayment::new(&statement, ownership)),
            customers: vec!["cus_2".to_owned()],
        }),
        others: Vec::new(),
        amount: "50".parse().ok(),
        stripe_customer: None,
        confirmation: None,
    }
}

#[test]
fn a_reviewers_word_counts_at_once() {
    let mut shown = findings(Some(charge(|_| {})), Ownership::Another);
    shown.stripe_customer = Some("cus_2".to_owned());
    assert_eq!(shown.warnings().len(), 1);
    shown.stripe_customer = Some("cus_1".to_owned());
    assert_eq!(shown.warnings(), Vec::<String>::new());
}

#[test]
fn a_reviewer_confirms_this_charge_and_never_that_of_another() {
    let word = |charge: &str| {
        Some(OwnershipConfirmation {
            charge: charge.to_owned(),
            by: "csm-1@example.com".to_owned(),
        })
    };
    let mut shown = findings(Some(charge(|_| {})), Ownership::Unclear);
    assert_eq!(shown.charge_to_confirm(), Some("ch_1"));
    shown.confirmation = word("ch_2");
    assert_eq!(
        shown.charge_to_confirm(),
        Some("ch_1"),
        "the word is for another"
    );
    shown.confirmation = word("ch_1");
    assert_eq!(
        (shown.charge_to_confirm(), shown.warnings()),
        (None, Vec::new())
    );
    let by = ("Confirmed by", "csm-1@example.com".to_owned());
    assert!(shown.lines().contains(&by), "{:?}", shown.lines());

    let mut others = findings(Some(charge(|_| {})), Ownership::Another);
    assert_eq!(others.charge_to_confirm(), None);
    others.confirmation = word("ch_1");
    assert!(others.warnings()[0].contains("another customer"));
    let theirs = findings(Some(charge(|_| {})), Ownership::Theirs);
    let unpaid = findings(None, Ownership::Unclear);
    assert_eq!(
        (theirs.charge_to_confirm(), unpaid.charge_to_confirm()),
        (None, None)
    );
}

#[test]
fn a_good_charge_is_described_without_a_warning() {
    let shown = findings(Some(charge(|_| {})), Ownership::Theirs);
    assert_eq!(shown.warnings(), Vec::<String>::new());
    let lines: Vec<String> = shown
        .lines()
        .iter()
        .map(|(l, v)| format!("{l}: {v}"))
        .collect();
    let wanted = [
        "Charge amount: $2,000.00",
        "Already refunded: $0.00",
        "Refundable: $2,000.00",
        "Currency: USD",
        "Paid on: 1 January 2026",
        "Card: ending in 4242",
        "Disputed: no",
        "Stripe customer: cus_1",
        "Belongs to the customer who asks: yes",
    ];
    assert_eq!(lines, wanted);
}

#[test]
fn each_peculiarity_has_its_warning() {
    let with = |name: &'static str, value: serde_json::Value| {
        findings(Some(charge(|c| c[name] = value)), Ownership::Theirs)
    };
    let theirs = Ownership::Theirs;
    for (shown, warning) in [
        (with("disputed", true.into()), "disputes"),
        (
            with("amount_refunded", 200_000.into()),
            "all of it was refunded",
        ),
        (with("amount_refunded", 199_000.into()), "Only $10.00"),
        (with("amount_captured", 0.into()), "not captured"),
        (with("currency", "eur".into()), "paid in EUR"),
        (with("currency", "jpy".into()), "paid in JPY"),
        (findings(None, theirs), "Nothing was paid"),
        (
            findings(Some(charge(|_| {})), Ownership::Another),
            "another customer",
        ),
        (
            findings(Some(charge(|_| {})), Ownership::Another),
            "is cus_2 in Stripe",
        ),
        (
            findings(Some(charge(|_| {})), Ownership::Unclear),
            "unclear",
        ),
    ] {
        let warnings = shown.warnings();
        assert!(
            warnings.len() == 1 && warnings[0].contains(warning),
            "{warning}: {warnings:?}"
        );
    }
}

#[test]
fn what_was_not_found_is_said() {
    let mut shown = findings(None, Ownership::Theirs);
    shown.found.as_mut().unwrap().payment = None;
    assert!(shown.warnings()[0].contains("no such charge"));
    shown.found = None;
    assert!(shown.warnings()[0].contains("could not be asked") && shown.lines().is_empty());
}

#[test]
fn other_requests_are_shown() {
    let mut shown = findings(Some(charge(|_| {})), Ownership::Theirs);
    shown.others.push(OtherRequest {
        request_id: RequestId::random(),
        amount: "12.50".parse().ok(),
        status: Status::InReview,
        submitted_at: Timestamp::UNIX_EPOCH,
    });
    let (label, value) = shown.lines().pop().unwrap();
    assert_eq!(label, "Other request for this charge");
    assert!(
        value.starts_with("$12.50, in review, sent on 1 January 1970"),
        "{value}"
    );
    assert!(shown.warnings()[0].contains("other requests"));
}
