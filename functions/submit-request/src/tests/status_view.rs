//! How a request stands, in the customer's words.

use domain::request::{Event, RefundProgress, Request, Status};
use domain::task::StateEntry;
use jiff::Timestamp;
use testing::fixtures;

use crate::status_view::StatusView;

#[test]
fn a_customer_never_reads_stripes_words() {
    let (mut request, _) = fixtures::request::request();
    let event = Event::RefundRefused {
        message: "Charge ch_1 has already been refunded.",
    };
    request.apply(
        &event,
        StateEntry::during(&"Process Refund".parse().unwrap(), Timestamp::UNIX_EPOCH),
    );
    request.status = Status::Denied;
    let reason = StatusView::of(&request).reason.unwrap();
    assert!(reason.contains("payment provider") && !reason.contains("ch_1"));
}

#[test]
fn a_customer_is_told_when_it_is_their_turn_to_choose() {
    let (mut request, _) = fixtures::request::request();
    let phase = "Offer Credit".parse().unwrap();
    let state_entry = StateEntry::during(&phase, Timestamp::UNIX_EPOCH);
    let waiting = StatusView::of(&request).headline;
    request.apply(&Event::Offered, state_entry);
    let view = StatusView::of(&request);
    assert_ne!(view.headline, waiting);
    assert!(view.reason.unwrap().contains("We have sent you a mail"));
    request.apply(&Event::NotChosen, state_entry);
    assert_eq!(StatusView::of(&request).headline, waiting);
}

#[test]
fn a_credit_is_not_called_a_refund() {
    let phase = "Give Credit".parse().unwrap();
    let state_entry = StateEntry::during(&phase, Timestamp::UNIX_EPOCH);
    let (movement, output) = (fixtures::refund::movement(), "result".parse().unwrap());
    let (status, output) = ("succeeded", &output);
    let credit = Event::CreditGiven { movement, output };
    let refund = Event::RefundSucceeded {
        movement,
        status,
        output,
    };
    for (event, word) in [(credit, "credit"), (refund, "refund")] {
        let (mut request, _) = fixtures::request::request();
        request.apply(&event, state_entry);
        assert!(StatusView::of(&request).headline.contains(word), "{word}");
    }
}

#[test]
fn a_customer_is_told_of_a_smaller_amount_once_nobody_has_to_approve_any_more() {
    let (mut request, _) = fixtures::request::request();
    request.approved_amount = "30".parse().ok();
    let told = |request: &Request| {
        let json = StatusView::of(request).as_json();
        let amounts = ["requestedAmount", "approvedAmount"].map(|name| json.get(name).cloned());
        amounts.map(|it| it.map(|it| it.as_str().unwrap().to_owned()))
    };
    let both = [Some("50.00".to_owned()), Some("30.00".to_owned())];
    for (status, is_told) in [
        (Status::InReview, false),
        (Status::Denied, false),
        (Status::NeedsAttention, false),
        (Status::Processing, true),
        (Status::Refunded, true),
    ] {
        request.status = status;
        let expected = if is_told { both.clone() } else { [None, None] };
        assert_eq!(told(&request), expected, "{status:?}");
    }
    (request.status, request.awaits_choice) = (Status::InReview, true);
    assert_eq!(told(&request), both);
    (request.status, request.awaits_choice) = (Status::NeedsAttention, false);
    request.refund = Some(RefundProgress::Reversed);
    assert_eq!(told(&request), both);
    request.approved_amount = None;
    assert_eq!(told(&request), [None, None]);
}
