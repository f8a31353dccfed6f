//! What an approver is shown and warned of about a charge, and whose it is.

use domain::charge_lookup::{ChargeLookup, ChargeReport, FoundPayment, OtherRequest};
use domain::charge_statement::ChargeStatement;
use domain::dates::Zone;
use domain::form::Value;
use domain::id::RequestId;
use domain::request::{
    OwnershipConfirmation, RefundProgress, Request, Status, Stopped, UnclearCharge,
};
use domain::stripe::{Charge, Customer, Ownership, Payer, Payment};
use jiff::Timestamp;
use testing::fixtures;

const CSM: &str = "csm-1@example.com";

pub(crate) fn charge(change: impl FnOnce(&mut serde_json::Value)) -> Charge {
    let mut written = serde_json::json!({
        "id": "ch_1", "amount": 200_000, "amount_captured": 200_000, "amount_refunded": 0,
        "captured": true, "created": 1_767_225_600, "currency": "usd", "disputed": false,
        "payment_method_details": {"card": {"last4": "4242"}},
    });
    change(&mut written);
    serde_json::from_value(written).unwrap()
}

/// Somebody whose charge Stripe says it is.
pub(crate) fn payer(ownership: Ownership) -> Payer {
    let customer = |email: Option<&str>| Customer {
        id: "cus_1".to_owned(),
        email: email.map(ToOwned::to_owned),
    };
    match ownership {
        Ownership::Theirs => Payer::Customer(customer(Some("ada@example.com")), None),
        Ownership::Another => Payer::Customer(customer(Some("bob@example.com")), None),
        Ownership::Unclear => Payer::Customer(customer(None), Some("bob@example.com".to_owned())),
    }
}

fn payment(charge: Option<Charge>, payer: Payer) -> Payment {
    let currency = charge.as_ref().map(|c| c.currency.clone());
    Payment {
        id: "ch_1".to_owned(),
        currency: currency.unwrap_or("usd".to_owned()),
        intent: None,
        charge,
        payer,
    }
}

pub(crate) fn lookup(request: &Request, charge: Option<Charge>, payer: Payer) -> ChargeLookup {
    let statement = ChargeStatement {
        payment: payment(charge, payer),
        refunds: Vec::new(),
        credits: Vec::new(),
        credit_target: None,
    };
    ChargeLookup {
        request_id: request.request_id,
        looked_up_at: Timestamp::UNIX_EPOCH,
        charges: vec!["ch_1".to_owned()],
        payments: vec![FoundPayment::new(&statement, "ada@example.com")],
        customers: vec!["cus_2".to_owned()],
    }
}

fn report(request: &Request, charge: Option<Charge>, ownership: Ownership) -> ChargeReport {
    let found = lookup(request, charge, payer(ownership));
    ChargeReport::new(request, Some(found), Vec::new())
}

fn findings(charge: Option<Charge>, ownership: Ownership) -> ChargeReport {
    report(&fixtures::request::request().0, charge, ownership)
}

fn identify(request: &mut Request, customer: &str) {
    let field = request.designated.customer_field.clone();
    let mut answers = request.answers.iter_mut();
    let answer = answers.find(|answer| Some(&answer.name) == field.as_ref());
    let answer = answer.unwrap();
    answer.value = Some(Value::Text(customer.to_owned()));
    answer.given_by = Some(CSM.to_owned());
}

fn confirm(request: &mut Request, charge: &str, customer: Option<&str>) {
    let of = UnclearCharge {
        charge: charge.to_owned(),
        customer: customer.map(ToOwned::to_owned),
    };
    let by = CSM.to_owned();
    request.ownership_confirmation = Some(OwnershipConfirmation { of, by });
}

fn value(report: &ChargeReport, label: &str) -> Option<String> {
    let lines = report.charges(&Zone::UTC).concat();
    let found = lines.into_iter().find(|(name, _)| *name == label);
    found.map(|(_, value)| value)
}

#[test]
fn an_entry_against_stripes_word_is_shown_as_such_and_makes_nothing_theirs() {
    let belongs = "Belongs to the customer who asks";
    let (mut request, _) = fixtures::request::request();
    identify(&mut request, "cus_1");
    let shown = report(&request, Some(charge(|_| {})), Ownership::Another);
    assert_eq!(
        value(&shown, belongs).as_deref(),
        Some("no, by Stripe's word")
    );
    let entry = format!("cus_1, entered by {CSM}, not confirmed by Stripe");
    assert_eq!(value(&shown, "Customer entered"), Some(entry));
    assert_eq!(value(&shown, "Confirmed to be theirs"), None);
    assert!(shown.warnings()[0].contains("belongs to another customer"));
    assert!(!shown.suggests_approval());

    // With the confirmation it is paid, and still shown as it is.
    confirm(&mut request, "ch_1", Some("cus_1"));
    let shown = report(&request, Some(charge(|_| {})), Ownership::Another);
    let by = format!("by {CSM}");
    assert_eq!(
        value(&shown, belongs).as_deref(),
        Some("no, by Stripe's word")
    );
    assert_eq!(value(&shown, "Confirmed to be theirs"), Some(by));
    assert!(shown.obstacles().is_empty() && shown.warnings().len() == 1);
    assert!(!shown.suggests_approval());

    // Where Stripe says the same there is nothing to doubt.
    let shown = report(&request, Some(charge(|_| {})), Ownership::Theirs);
    let entry = format!("cus_1, entered by {CSM}");
    assert_eq!(value(&shown, "Customer entered"), Some(entry));
    assert_eq!(
        (shown.warnings(), shown.suggests_approval()),
        (vec![], true)
    );
}

/// Who paid, which customer was entered, what was confirmed, and whose it is then.
#[test]
fn what_is_paid_and_what_is_shown_follow_one_rule() {
    use Ownership::{Another, Theirs, Unclear};
    let (entered, wrong) = (Some("cus_1"), Some("cus_9"));
    let (this, other) = (Some(("ch_1", entered)), Some(("ch_2", entered)));
    for (found, entry, confirmation, wanted) in [
        (Theirs, None, None, Theirs),
        (Theirs, wrong, None, Theirs),
        (Another, None, None, Another),
        (Another, wrong, None, Another),
        (Another, None, this, Another),
        (Another, wrong, this, Another),
        (Another, entered, None, Unclear),
        (Another, entered, other, Unclear),
        (Another, entered, Some(("ch_1", None)), Unclear),
        (Another, entered, Some(("ch_1", wrong)), Unclear),
        (Another, entered, this, Theirs),
        (Unclear, None, None, Unclear),
        (Unclear, entered, None, Unclear),
        (Unclear, None, other, Unclear),
        (Unclear, None, Some(("ch_1", None)), Unclear),
        (Unclear, None, this, Theirs),
    ] {
        let (mut request, _) = fixtures::request::request();
        if let Some(customer) = entry {
            identify(&mut request, customer);
        }
        if let Some((charge, customer)) = confirmation {
            confirm(&mut request, charge, customer);
        }
        let case = format!("{found:?} {entry:?} {confirmation:?}");
        let paid = payment(Some(charge(|_| {})), payer(found));
        assert_eq!(request.owns(&paid), wanted, "{case}");
        let looked_up = lookup(&request, paid.charge, payer(found));
        let unclear = looked_up.unclear_charges(&request);
        assert_eq!(unclear.len() == 1, wanted == Unclear, "{case}");
        let report = ChargeReport::new(&request, Some(looked_up), Vec::new());
        assert_eq!(report.obstacles().is_empty(), wanted != Another, "{case}");
        let by = value(&report, "Confirmed to be theirs");
        assert_eq!(by.is_some(), wanted == Theirs && found != Theirs, "{case}");
    }
}

#[test]
fn a_guests_charge_is_confirmed_as_a_guests() {
    let guest = || Payer::Guest(Some("bob@example.com".to_owned()));
    let (mut request, _) = fixtures::request::request();
    let unclear = lookup(&request, Some(charge(|_| {})), guest()).unclear_charges(&request);
    let (id, customer) = ("ch_1".to_owned(), None);
    assert_eq!(
        unclear,
        [UnclearCharge {
            charge: id,
            customer
        }]
    );
    let nothing = lookup(&request, None, guest()).unclear_charges(&request);
    assert_eq!(nothing, [], "nothing was paid");
    confirm(&mut request, "ch_1", None);
    let paid = payment(Some(charge(|_| {})), guest());
    assert_eq!(request.owns(&paid), Ownership::Theirs);
}

#[test]
fn a_request_that_stopped_over_a_guests_charge_is_told_from_others() {
    let (mut request, _) = fixtures::request::request();
    assert!(!request.stopped_over_a_guests_charge());
    for (error, expected) in [("Stripe.GuestCharge", true), ("Stripe.Pending", false)] {
        request.stopped = Some(Stopped {
            error: error.to_owned(),
            status: request.status,
            phase: request.phase.clone(),
            since: request.updated_at,
        });
        assert_eq!(request.stopped_over_a_guests_charge(), expected, "{error}");
    }
}

#[test]
fn a_good_charge_is_described_without_a_warning() {
    let shown = findings(Some(charge(|_| {})), Ownership::Theirs);
    assert_eq!(shown.warnings(), Vec::<String>::new());
    let lines: Vec<String> = shown
        .charges(&Zone::UTC)
        .concat()
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
        (with("amount_refunded", 200_000.into()), "refunded in full"),
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
        // What is unclear a person can tell; the rest would be refused.
        let is_unclear = warning == "unclear";
        assert_eq!(shown.obstacles().is_empty(), is_unclear, "{warning}");
        assert_eq!(shown.suggests_approval(), is_unclear, "{warning}");
    }
}

#[test]
fn what_is_left_is_compared_with_what_is_to_be_paid() {
    let (mut request, _) = fixtures::request::request();
    let left = |cents: u64| Some(charge(|c| c["amount_refunded"] = (200_000 - cents).into()));
    let fits = |request: &Request, cents| report(request, left(cents), Ownership::Theirs);
    assert!(fits(&request, 5_000).suggests_approval());
    assert!(!fits(&request, 4_999).suggests_approval());
    request.approved_amount = "30".parse().ok();
    assert!(fits(&request, 3_000).suggests_approval());
    assert!(!fits(&request, 2_999).suggests_approval());
}

#[test]
fn what_was_not_found_is_said() {
    let (request, _) = fixtures::request::request();
    let mut found = lookup(&request, None, payer(Ownership::Theirs));
    found.payments.clear();
    let shown = ChargeReport::new(&request, Some(found), Vec::new());
    assert!(shown.warnings()[0].contains("no such charge") && !shown.suggests_approval());
    let shown = ChargeReport::new(&request, None, Vec::new());
    assert!(
        shown.warnings()[0].contains("could not be asked") && shown.charges(&Zone::UTC).is_empty()
    );
    assert!(shown.suggests_approval(), "that is no reason to refuse it");
}

#[test]
fn other_requests_are_summed_up_and_listed_with_the_paid_ones_first() {
    let other = |second: i64, amount: &str, status, refund| {
        let (mut request, _) = fixtures::request::request();
        request.request_id = RequestId::random();
        request.submitted_at = Timestamp::from_second(second * 24 * 3600).unwrap();
        request.approved_amount = amount.parse().ok();
        (request.status, request.refund) = (status, refund);
        OtherRequest::of(&request)
    };
    let paid = Some(RefundProgress::Paid);
    let reversed = Some(RefundProgress::Reversed);
    let others = vec![
        other(1, "20", Status::InReview, None),
        other(2, "40", Status::Refunded, paid),
        other(3, "7", Status::Denied, None),
        // A credit.
        other(4, "20", Status::Refunded, None),
        other(5, "1", Status::NeedsAttention, reversed),
        other(6, "3", Status::Processing, Some(RefundProgress::Pending)),
    ];
    let (request, _) = fixtures::request::request();
    let report = ChargeReport::new(&request, None, others);
    let summary = "6 other requests, $60.00 paid, $24.00 open";
    assert_eq!(report.others_summary().as_deref(), Some(summary));
    let amounts: Vec<_> = report.others(&Zone::UTC).collect();
    let amounts: Vec<_> = amounts
        .iter()
        .filter_map(|it| it.split(',').next())
        .collect();
    assert_eq!(
        amounts,
        ["$20.00", "$40.00", "$3.00", "$1.00", "$7.00", "$20.00"]
    );
    let first = report.others(&Zone::UTC).next().unwrap();
    assert!(
        first.starts_with("$20.00, refunded, sent on 5 January 1970 ("),
        "{first}"
    );
    let none = ChargeReport::new(&request, None, Vec::new());
    assert_eq!(none.others_summary(), None);
}
