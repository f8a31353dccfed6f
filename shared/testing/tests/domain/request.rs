//! Every event leaves one record, and what a request remembers of it.

use domain::approval::{Decider, Verdict};
use domain::audit::{Action, Actor};
use domain::id::{FieldName, PhaseName};
use domain::money::Usd;
use domain::refund::SettlementMethod;
use domain::request::*;
use domain::task::StateEntry;
use domain::task::{EndStatus, variable};
use jiff::Timestamp;
use testing::fixtures;
use testing::fixtures::approval::{choose, offer, recorded};

fn phase(name: &str) -> PhaseName {
    name.parse().unwrap()
}

fn state_entry(phase: &PhaseName) -> StateEntry<'_> {
    StateEntry::during(phase, Timestamp::UNIX_EPOCH)
}

#[test]
fn every_event_leaves_one_record_with_the_next_number() {
    let (mut request, first) = fixtures::request::request();
    assert_eq!((first.seq, first.action), (1, Action::Submitted));
    let output = "stripeRefundResult".parse().unwrap();
    let amount = Usd::from_cents(5000).unwrap();
    let yes = recorded(Verdict::Approve, "");
    let events = [
        Event::Asked("CSM Team"),
        Event::Decided(&yes),
        Event::SettlementIntended {
            method: SettlementMethod::Refund,
            charge: "ch_1",
            amount,
            reason: None,
        },
        Event::RefundSucceeded {
            movement: fixtures::refund::movement(),
            status: "succeeded",
            output: &output,
        },
        Event::Closed(EndStatus::Refunded),
    ];
    let statuses = [
        Status::InReview,
        Status::InReview,
        Status::Processing,
        Status::Refunded,
        Status::Refunded,
    ];
    for (n, (event, status)) in events.iter().zip(statuses).enumerate() {
        let record = request.apply(event, state_entry(&phase("P")));
        assert_eq!(usize::try_from(record.seq).unwrap(), n + 2);
        assert_eq!((record.status, request.status), (status, status));
    }
    let refund = Output::Refund {
        id: "re_1".to_owned(),
        amount,
        status: "succeeded".to_owned(),
    };
    assert_eq!(request.outputs[&output], refund);
}

#[test]
fn of_two_of_a_kind_the_one_counts_that_the_form_designates() {
    let (request, _) = fixtures::request::request_with_two_of_each();
    let amount = Usd::from_cents(5000).ok();
    assert_eq!(request.amount(), amount);
    assert_eq!(request.charge(), Some("ch_1"));
    assert_eq!(request.customer_email(), Some("ada@example.com"));
    // But neither of the two addresses may approve.
    let all: Vec<&str> = request.emails().collect();
    assert_eq!(all, ["manager@example.com", "ada@example.com"]);
}

#[test]
fn a_rejection_sets_the_reason_and_an_approval_does_not() {
    let (mut request, _) = fixtures::request::request();
    let (yes, no) = (
        recorded(Verdict::Approve, "fine"),
        recorded(Verdict::Reject, "Too late"),
    );
    request.apply(&Event::Decided(&yes), state_entry(&phase("P")));
    assert_eq!(request.output(variable::REJECTION_REASON), None);
    assert!(request.approved.contains_key(&phase("P")));
    request.apply(&Event::Decided(&no), state_entry(&phase("P")));
    assert_eq!(request.output(variable::REJECTION_REASON), Some("Too late"));
}

#[test]
fn a_state_counts_as_handled_only_for_the_state_entry_that_handled_it() {
    let (mut request, _) = fixtures::request::request();
    let phase = phase("Threshold Check");
    let first = state_entry(&phase);
    let later = StateEntry {
        at: "2026-01-02T00:00:00Z".parse().unwrap(),
        ..first
    };
    let event = Event::Evaluated {
        text: "refundAmount >= 500",
        outcome: "branch-1",
    };
    request.apply(&event, first);
    assert_eq!(request.handled(first), Some("branch-1"));
    assert_eq!(request.handled(later), None);
    request.apply(&event, later);
    assert_eq!(request.handled(first), Some("branch-1"), "it is belated");
    assert_eq!(
        request.handled(StateEntry {
            state: "Another",
            ..first
        }),
        None
    );
}

#[test]
fn a_redriven_request_stands_where_it_stopped() {
    let (mut request, _) = fixtures::request::request();
    let (review, attention) = (phase("CSM Review"), phase("Needs Attention"));
    let stop = Event::Stopped {
        error: "Stripe.Misconfigured",
        redrives: 0,
    };
    request.status = Status::Processing;
    let record = request.apply(&stop, state_entry(&attention));
    assert_eq!(
        (record.status, &record.phase),
        (Status::NeedsAttention, &attention)
    );
    let record = request.apply(&Event::Resumed(1), state_entry(&attention));
    assert_eq!(
        (record.status, &record.phase),
        (Status::Processing, &review)
    );
    assert_eq!(request.stopped, None);

    // An attempt that was given up and comes late does not hide that it stands still.
    request.apply(&stop, state_entry(&attention));
    let asked = Event::Asked("CSM Team");
    let record = request.apply(&asked, state_entry(&review));
    assert_eq!(record.status, Status::NeedsAttention);
    let record = request.apply(&Event::Resumed(1), state_entry(&attention));
    assert_eq!(record.status, Status::InReview);

    request.status = Status::Processing;
    // What an approver decides while it stands still is not undone.
    request.phase = phase("Elsewhere");
    request.apply(&stop, state_entry(&attention));
    let yes = recorded(Verdict::Approve, "");
    request.apply(&Event::Decided(&yes), state_entry(&review));
    let record = request.apply(&Event::Resumed(1), state_entry(&attention));
    assert_eq!(
        (record.status, &record.phase),
        (Status::Processing, &review)
    );
}

#[test]
fn an_approver_fills_in_what_is_missing_and_overrules_nothing() {
    let (mut request, _) = fixtures::request::request();
    let identified = |request: &mut Request, field: &str| {
        let field: FieldName = field.parse().unwrap();
        let event = Event::CustomerIdentified {
            by: "csm-1@example.com",
            field: &field,
            customer: "cus_1",
        };
        let record = request.apply(&event, state_entry(&phase("P")));
        assert!(!serde_json::to_string(&record).unwrap().contains("cus_1"));
        let customer = request.customer_entered_by_approver();
        customer.map(ToOwned::to_owned)
    };
    let customer = identified(&mut request, "stripeCustomerId");
    assert_eq!(customer.as_deref(), Some("cus_1"));
    assert_eq!(
        identified(&mut request, "customerEmail"),
        customer,
        "an answer stays"
    );
    assert_eq!(request.customer_email(), Some("ada@example.com"));
}

fn paid(output: &FieldName) -> Event<'_> {
    Event::RefundSucceeded {
        movement: fixtures::refund::movement(),
        status: "succeeded",
        output,
    }
}

#[test]
fn a_refund_that_came_back_is_not_covered_up_by_the_end() {
    let (mut request, _) = fixtures::request::request();
    let output = "stripeRefundResult".parse().unwrap();
    let paid = paid(&output);
    request.apply(&paid, state_entry(&phase("P")));
    let reversed = Event::RefundReversed {
        movement: fixtures::refund::movement(),
        message: "The card is gone.",
    };
    request.apply(&reversed, state_entry(&phase("P")));
    let end = Event::Closed(EndStatus::Refunded);
    let record = request.apply(&end, state_entry(&phase("Refunded")));
    assert_eq!(record.status, Status::NeedsAttention);
    request.apply(&paid, state_entry(&phase("P")));
    assert_eq!(
        request.apply(&end, state_entry(&phase("Refunded"))).status,
        Status::Refunded
    );
}

#[test]
fn a_refund_that_came_back_while_the_request_stood_still_is_not_covered_up_by_a_redrive() {
    let (mut request, _) = fixtures::request::request();
    let output = "stripeRefundResult".parse().unwrap();
    let paid = paid(&output);
    let stopped = Event::Stopped {
        error: "Mail.Unavailable",
        redrives: 0,
    };
    let reversed = Event::RefundReversed {
        movement: fixtures::refund::movement(),
        message: "The card is gone.",
    };
    for event in [paid, stopped, reversed, Event::Resumed(1)] {
        request.apply(&event, state_entry(&phase("P")));
    }
    assert_eq!(request.status, Status::NeedsAttention);
}

#[test]
fn stored_and_read_back_it_is_the_same() {
    let (mut request, _) = fixtures::request::request();
    request.apply(&Event::RefundRefused("No."), state_entry(&phase("P")));
    let json = serde_json::to_value(&request).unwrap();
    assert_eq!(serde_json::from_value::<Request>(json).unwrap(), request);
}

#[test]
fn a_choice_is_the_customers_and_neither_it_nor_its_expiry_is_a_rejection() {
    let (mut request, _) = fixtures::request::request();
    for option in ["credit", "cash"] {
        let mut approval = offer(&request);
        let recorded = choose(&mut approval, &request, option);
        let record = request.apply(&Event::Decided(&recorded), state_entry(&approval.phase));
        assert_eq!(
            (record.actor, record.action, record.detail.as_deref()),
            (Actor::Customer, Action::Chosen, Some(option))
        );
        assert_eq!(
            request.approved.get(&approval.phase).map(String::as_str),
            recorded.decision().shown()
        );
    }
    let locked = Event::LinkLocked(offer(&request).asked.decider("ada@example.com"));
    assert_eq!(locked, Event::LinkLocked(Decider::Customer));
    let record = request.apply(&locked, state_entry(&phase("Offer Credit")));
    assert_eq!(record.detail.as_deref(), Some("customer"));
    let record = request.apply(&Event::NotChosen, state_entry(&phase("Offer Credit")));
    assert_eq!(
        (record.actor, record.action),
        (Actor::System, Action::ChoiceExpired)
    );
    assert_eq!(request.output(variable::REJECTION_REASON), None);
    assert_eq!(request.status, Status::InReview);
}
