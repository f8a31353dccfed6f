//! What a change counts as.

use domain::approval::Approval;
use domain::audit::Action;
use domain::failure::is_expected;
use domain::metrics::*;
use domain::table::Stored;
use domain::table::Write;
use testing::fixtures;

fn measured(action: Action) -> Vec<(&'static str, i64, Option<&'static str>)> {
    let (_, mut record) = testing::fixtures::request::request();
    record.action = action;
    let all = of_change(&record, &[]);
    all.iter().map(|m| (m.name, m.value, m.outcome)).collect()
}

#[test]
fn changes_are_counted_by_what_they_are() {
    assert_eq!(measured(Action::Submitted), [("RequestsTaken", 1, None)]);
    assert_eq!(
        measured(Action::Rejected),
        [("Decisions", 1, Some("reject"))]
    );
    assert_eq!(measured(Action::PaymentHeld), [("PaymentsHeld", 1, None)]);
    assert_eq!(measured(Action::PartlyApproved), []);
    assert_eq!(
        measured(Action::RefundRefused),
        [("Refunds", 1, Some("failed"))]
    );
}

#[test]
fn a_decision_is_as_old_as_its_approval() {
    let (request, mut record) = testing::fixtures::request::request();
    let waiting = fixtures::approval::waiting(request.request_id, 1000, "token");
    let approval = Approval::ask(
        &waiting,
        1,
        &["csm-1@example.com".to_owned()],
        &fixtures::approval::link_keys(),
    );
    let with = [Write::update(&Stored {
        value: approval,
        version: 1,
    })];
    record.at = jiff::Timestamp::from_second(1000 + 2 * 3600 + 59).unwrap();
    record.action = Action::Approved;
    let decided = of_change(&record, &with);
    assert_eq!(
        (decided[1].name, decided[1].value),
        ("DecisionSeconds", 7259)
    );
    record.action = Action::Reminded;
    let open = of_change(&record, &with);
    assert_eq!((open[0].name, open[0].value), ("OpenApprovalHours", 2));
}

#[test]
fn a_stop_that_no_deployment_causes_is_expected() {
    for error in [
        "Payments.Stopped",
        "Payments.LimitReached",
        "Stripe.GuestCharge",
        "Stripe.Misconfigured",
        "Request.Changed",
        "Mail.Unavailable",
    ] {
        assert!(is_expected(error), "{error}");
    }
    for error in [
        "Payload.Invalid",
        "Config.Invalid",
        "Outcome.Unknown",
        "States.QueryEvaluationError",
        "Lambda.Unknown",
    ] {
        assert!(!is_expected(error), "{error}");
    }
}
