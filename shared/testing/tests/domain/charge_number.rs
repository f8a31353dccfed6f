//! A request that gives the number of a receipt or an invoice in place of a charge's id.

use domain::approval::Refusal;
use domain::charge_lookup::{ChargeLookup, ChargeReport};
use domain::dates::Zone;
use domain::form::Value;
use domain::request::{OwnershipConfirmation, Request, UnclearCharge};
use domain::stripe::Ownership::{Another, Theirs, Unclear};
use testing::fixtures;

use crate::approved_amount::{asked, attempt};
use crate::charge_report::{charge, lookup, payer};

fn request_by_number() -> Request {
    let (mut request, _) = fixtures::request::request();
    give_number(&mut request);
    request
}

pub(crate) fn give_number(request: &mut Request) {
    let mut answers = request.answers.iter_mut();
    let answer = answers.find(|it| it.name.as_str() == "chargeIdToRefund");
    answer.unwrap().value = Some(Value::Text("1234-5678".to_owned()));
}

/// What was found: a charge of each of these.
fn found(request: &Request) -> ChargeLookup {
    let of = |id: &str, ownership| {
        let found = lookup(
            request,
            Some(charge(|it| it["id"] = id.into())),
            payer(ownership),
        );
        found.payments
    };
    let mut all = lookup(request, None, payer(Theirs));
    all.payments = [of("ch_1", Theirs), of("ch_2", Unclear), of("ch_3", Another)].concat();
    all
}

fn confirm(request: &mut Request, charge: &str) {
    request.ownership_confirmation = Some(OwnershipConfirmation {
        of: UnclearCharge {
            charge: charge.to_owned(),
            customer: Some("cus_1".to_owned()),
        },
        by: "csm-1@example.com".to_owned(),
    });
}

#[test]
fn a_number_is_about_no_charge_until_one_is_confirmed() {
    let mut request = request_by_number();
    assert_eq!(
        (request.charge(), request.charge_number()),
        (None, Some("1234-5678"))
    );
    let unclear = found(&request).unclear_charges(&request);
    let ids: Vec<_> = unclear.iter().map(|it| it.charge.as_str()).collect();
    assert_eq!(ids, ["ch_1", "ch_2"], "another's cannot be confirmed");

    confirm(&mut request, "ch_2");
    assert_eq!(request.charge(), Some("ch_2"));
    let found = found(&request);
    assert!(found.unclear_charges(&request).is_empty());
    assert_eq!(found.payments_of(&request).count(), 1);
}

#[test]
fn the_report_shows_each_charge_and_then_the_confirmed_one() {
    let mut request = request_by_number();
    let report = |request: &Request| ChargeReport::new(request, Some(found(request)), Vec::new());
    let shown = |request: &Request| {
        let charges = report(request).charges(&Zone::UTC).into_iter();
        charges.map(|lines| lines[0].1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&request), ["ch_1", "ch_2", "ch_3"]);
    let warnings = report(&request).warnings();
    assert!(warnings[0].contains("Several charges"), "{warnings:?}");
    assert!(
        warnings
            .iter()
            .any(|it| it.starts_with("ch_3: This charge belongs to another"))
    );
    assert!(
        report(&request).obstacles().is_empty(),
        "one of them can be paid"
    );

    confirm(&mut request, "ch_1");
    assert_eq!(shown(&request), ["ch_1"]);
    assert_eq!(report(&request).warnings(), [""; 0]);
    assert!(report(&request).suggests_approval());
}

#[test]
fn an_approval_confirms_which_charge_it_is_and_no_other_than_a_colleague() {
    let mut case = asked(2);
    give_number(&mut case.0);
    let found = found(&case.0);
    let approve = |case: &_, confirm_charge| {
        let submitted = domain::approval::SubmittedDecision {
            decision: "approve",
            confirm_charge,
            ..Default::default()
        };
        attempt(case, Some(&found), &submitted)
    };
    for missing in ["", "ch_3", "1234-5678"] {
        let wanted = Refusal::ConfirmationMissing(vec!["ch_1".to_owned(), "ch_2".to_owned()]);
        assert_eq!(approve(&case, missing).unwrap_err(), wanted);
    }
    let confirmed = approve(&case, "ch_1").unwrap();
    assert_eq!(confirmed.decision().confirmed().unwrap().charge, "ch_1");

    // The colleague who has seen the same page before is told that it is another case now.
    confirm(&mut case.0, "ch_1");
    assert_eq!(approve(&case, "ch_2").unwrap_err(), Refusal::Changed);
    assert_eq!(approve(&case, "ch_1").unwrap().decision().confirmed(), None);
    assert!(approve(&case, "").is_ok());
}
