//! How a request stands, in the customer's words.

use domain::approval::Verdict;
use domain::id::PhaseName;
use domain::request::{Event, ForgetReason, RefundProgress, Request, Status};
use domain::task::{EndStatus, StateEntry};
use jiff::Timestamp;
use testing::fixtures;

use crate::status_view::StatusView;

fn during(phase: &PhaseName) -> StateEntry<'_> {
    StateEntry::during(phase, Timestamp::UNIX_EPOCH)
}

/// The fixture's request after these events, closed as denied.
fn denied(events: &[Event<'_>]) -> Request {
    let (mut request, _) = fixtures::request::request();
    let phase = "Some Phase".parse().unwrap();
    for event in events {
        request.apply(event, during(&phase));
    }
    let status = EndStatus::Denied;
    request.apply(&Event::Closed(status), during(&phase));
    request
}

#[test]
fn what_is_denied_says_by_what() {
    let stripes = "Charge ch_1 has already been refunded.";
    let rejected = fixtures::approval::recorded(Verdict::Reject, "Too late.");
    let approved = fixtures::approval::recorded(Verdict::Approve, "");
    let (rejected, approved) = (Event::Decided(&rejected), Event::Decided(&approved));
    let expired = Event::Expired("Nobody was there.");
    let refused = Event::RefundRefused(stripes);
    let exhausted = Event::ChargeExhausted(stripes);
    let (not_approved, late, not_paid) = (
        "Your request was not approved",
        "We did not decide in time",
        "We could not make your refund",
    );
    for (events, headline, reason) in [
        (vec![rejected.clone()], not_approved, "Too late."),
        (
            vec![approved.clone(), rejected.clone()],
            not_approved,
            "Too late.",
        ),
        (vec![expired.clone()], late, "Nobody was there."),
        (
            vec![approved.clone(), expired.clone()],
            late,
            "Nobody was there.",
        ),
        (
            vec![approved.clone(), refused.clone()],
            not_paid,
            "Our team knows",
        ),
        (
            vec![approved.clone(), exhausted.clone()],
            not_paid,
            "Our team knows",
        ),
        // Taken by Stripe, and failed after that.
        (
            vec![
                approved.clone(),
                Event::RefundPending {
                    id: "re_1",
                    status: "pending",
                },
                refused,
            ],
            not_paid,
            "Our team knows",
        ),
        // Somebody said no, and another one yes: what counts is what kept it from being paid.
        (
            vec![rejected, approved, exhausted],
            not_paid,
            "Our team knows",
        ),
    ] {
        let mut request = denied(&events);
        let view = StatusView::of(&request);
        let said = view.reason.unwrap();
        assert_eq!(view.headline, headline, "{events:?}");
        assert!(said.contains(reason) && !said.contains("ch_1"), "{said}");
        assert_eq!(view.has_expired, headline == late);
        request.apply(
            &Event::Forgotten(ForgetReason::Erasure),
            during(&"P".parse().unwrap()),
        );
        let view = StatusView::of(&request);
        assert_eq!(
            (view.headline, view.reason),
            (headline, None),
            "once it is forgotten"
        );
    }
    let unexplained = denied(&[]);
    let view = StatusView::of(&unexplained);
    assert_eq!((view.headline, view.reason), (not_approved, None));
}

#[test]
fn an_open_question_is_what_the_customer_reads_first() {
    let (mut request, _) = fixtures::request::request();
    let phase = request.phase.clone();
    let ask = Event::Questioned {
        by: "csm-1@example.com",
        text: "Which one?",
        key_id: "k",
    };
    for number in 1..=2 {
        assert_eq!(
            StatusView::of(&request).headline,
            "We are looking at your request"
        );
        request.apply(&ask, during(&phase));
        let view = StatusView::of(&request);
        assert_eq!(view.headline, "We need an answer from you");
        assert!(view.reason.unwrap().contains("below"));
        let reply = Event::Replied {
            number,
            text: "This one.",
        };
        request.apply(&reply, during(&phase));
    }
    // A question that nobody waits for any more is none.
    request.apply(&ask, during(&phase));
    request.phase = "Threshold Check".parse().unwrap();
    assert_eq!(
        StatusView::of(&request).headline,
        "We are looking at your request"
    );
}

#[test]
fn the_definitions_words_are_shown_while_something_happens() {
    let (mut request, _) = fixtures::request::request();
    assert_eq!(
        StatusView::of(&request).now,
        None,
        "and its names never are"
    );
    let words = (request.phase.clone(), "Under review".to_owned());
    request.wording.phases.extend([words]);
    request.wording.usually_takes = Some("two days".to_owned());
    for (status, now, takes) in [
        (Status::InReview, Some("Under review"), Some("two days")),
        (Status::Processing, Some("Under review"), None),
        (Status::Refunded, None, None),
        (Status::Denied, None, None),
        (Status::NeedsAttention, None, None),
    ] {
        request.status = status;
        let view = StatusView::of(&request);
        assert_eq!((view.now, view.usually_takes), (now, takes), "{status:?}");
    }
    (request.status, request.awaits_choice) = (Status::InReview, true);
    let view = StatusView::of(&request);
    assert_eq!(
        (view.now, view.usually_takes),
        (None, None),
        "it waits for them"
    );
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

#[test]
fn what_stops_afterwards_takes_nothing_back() {
    let output = "result".parse().unwrap();
    let movement = fixtures::refund::movement();
    let paid = fixtures::refund::paid(&output);
    let credited = Event::CreditGiven {
        movement,
        output: &output,
    };
    let rejected = fixtures::approval::recorded(Verdict::Reject, "It was used.");
    let pending = Event::RefundPending {
        id: "re_1",
        status: "pending",
    };
    let stuck = "Your request is with a member of our team";
    for (events, headline) in [
        (vec![paid], "Your refund has been made"),
        (vec![credited], "Your credit has been given"),
        (
            vec![Event::Decided(&rejected)],
            "Your request was not approved",
        ),
        (vec![pending], stuck),
        (vec![], stuck),
    ] {
        let (mut request, _) = fixtures::request::request();
        let phase = "Some Phase".parse().unwrap();
        for event in &events {
            request.apply(event, during(&phase));
        }
        let (error, redrives) = ("Mail.Refused", 0);
        request.apply(&Event::Stopped { error, redrives }, during(&phase));
        assert_eq!(request.status, Status::NeedsAttention);
        assert_eq!(StatusView::of(&request).headline, headline, "{events:?}");
    }
}
