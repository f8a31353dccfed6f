//! The status page as a whole, from the audit log to the customer's words.

use domain::approval::Verdict;
use domain::audit::AuditRecord;
use domain::brand::Brand;
use domain::refund::SettlementMethod;
use domain::request::{Event, Request};
use domain::task::{ACKNOWLEDGEMENT_STATE, EndStatus, StateEntry};
use jiff::{SignedDuration, Timestamp};
use testing::fixtures;
use testing::fixtures::approval::recorded;
use web::PageContext;

use crate::pages::{StatusPage, status_page};
use crate::status_view::StatusView;
use crate::timeline::timeline;

/// The page of the fixture's request after these events, an hour apart, each in a state; and what the page says has
/// happened.
fn shown(events: &[(&str, Event<'_>)]) -> (Request, String, Vec<String>) {
    let at: Timestamp = "2026-11-25T09:00:00Z".parse().unwrap();
    let (mut request, record) = fixtures::request::request_at(at);
    let mut records: Vec<AuditRecord> = vec![record];
    request.wording.title = Some("Refund".to_owned());
    let phase = request.phase.clone();
    let mut hours = 0;
    for (state, event) in events {
        hours += 1;
        let entry = StateEntry {
            phase: &phase,
            state,
            at: at + SignedDuration::from_hours(hours),
        };
        records.push(request.apply(event, entry));
    }
    let page = PageContext {
        brand: Brand::default(),
        now: at,
    };
    let page = status_page(&StatusPage {
        page: &page,
        request: &request,
        view: &StatusView::of(&request),
        records: &records,
        key: "key",
        written: None,
    });
    let timeline = timeline(&records).into_iter().map(|it| it.text).collect();
    (request.clone(), String::from(page), timeline)
}

#[test]
fn a_refund_is_shown_with_its_amount_its_dates_and_its_reference() {
    let yes = recorded(Verdict::Approve, "");
    let output = "result".parse().unwrap();
    let movement = fixtures::refund::movement();
    let (request, page, timeline) = shown(&[
        ("CSM Review", Event::Decided(&yes)),
        ("Finance Approval", Event::Decided(&yes)),
        (
            "Process Refund",
            Event::SettlementIntended {
                method: SettlementMethod::Refund,
                charge: movement.charge,
                amount: movement.amount,
                reason: None,
            },
        ),
        (
            "Process Refund",
            Event::RefundSucceeded {
                movement,
                status: "succeeded",
                output: &output,
            },
        ),
        ("Refunded", Event::Closed(EndStatus::Refunded)),
    ]);
    assert_eq!(
        timeline,
        [
            "You sent your request",
            "We approved $50.00",
            "We paid back $50.00"
        ]
    );
    for expected in [
        "<title>Your refund has been made · Refund · Refund Desk</title>".to_owned(),
        format!("Reference <strong>{}</strong>", request.reference()),
        "We paid <strong>$50.00</strong> back".to_owned(),
        "25 November 2026</time>. It should appear on your statement by".to_owned(),
        "9 December 2026</time>".to_owned(),
    ] {
        assert!(page.contains(&expected), "{expected} in {page}");
    }
    assert!(
        !page.contains("CSM Review") && !page.contains("csm-1@example.com"),
        "{page}"
    );
}

#[test]
fn what_was_approved_is_so_where_it_could_not_be_paid() {
    let yes = recorded(Verdict::Approve, "");
    let refused = Event::RefundRefused("No.");
    let exhausted = Event::ChargeExhausted("No.");
    for failed in [refused, exhausted] {
        let (_, _, timeline) = shown(&[
            ("CSM Review", Event::Decided(&yes)),
            ("Process Refund", failed),
        ]);
        assert_eq!(
            timeline,
            [
                "You sent your request",
                "We approved $50.00",
                "A payment to you could not be made"
            ]
        );
    }
}

#[test]
fn a_credit_is_shown_with_its_amount_and_its_date() {
    let output = "result".parse().unwrap();
    let movement = fixtures::refund::movement();
    let output = &output;
    let credited = Event::CreditGiven { movement, output };
    let (_, page, _) = shown(&[("Give Credit", credited)]);
    for expected in [
        "Your credit has been given",
        "We gave you a credit of <strong>$50.00</strong> on <time",
        "It comes off your next invoice",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    assert!(!page.contains("on your statement"));
}

#[test]
fn who_cannot_answer_just_now_is_not_told_that_nobody_asks() {
    let asked = Event::Questioned {
        by: "csm-1@example.com",
        text: "Which one?",
        key_id: "k",
    };
    let (error, redrives) = ("Outage", 0);
    let stopped = Event::Stopped { error, redrives };
    let (_, page, _) = shown(&[("CSM Review", asked), ("CSM Review", stopped)]);
    assert!(page.contains("You cannot answer just now") && !page.contains("no longer needed"));
}

#[test]
fn what_came_back_is_not_shown_as_paid() {
    let output = "result".parse().unwrap();
    let movement = fixtures::refund::movement();
    let paid = fixtures::refund::paid(&output);
    let back = Event::RefundReversed {
        movement,
        message: "The account is closed.",
    };
    let (_, page, timeline) = shown(&[("Process Refund", paid), ("Process Refund", back)]);
    assert!(
        page.contains("Your refund has come back to us") && !page.contains("on your statement")
    );
    assert!(!page.contains("The account is closed."));
    assert_eq!(timeline.last().unwrap(), "The refund came back to us");
}

#[test]
fn who_heard_too_late_finds_the_form_filled_in() {
    let late = Event::Expired("Nobody was there.");
    let closed = Event::Closed(EndStatus::Denied);
    let (request, page, _) = shown(&[("CSM Review", late), ("Denied", closed)]);
    let link = request.form_url().replace('&', "&amp;");
    assert!(
        page.contains(&format!("<a href=\"{link}\">Send it again</a>")),
        "{page}"
    );
    assert!(page.contains("We are sorry") && !page.contains("not approved"));
}

#[test]
fn the_way_back_is_in_the_mail_that_arrived_and_else_in_the_address() {
    let mailed = |accepted| Event::Mailed {
        to: "customerEmail",
        accepted,
    };
    let bounced = Event::CustomerUnreachable(domain::suppression::SuppressionReason::Bounced);
    for (events, is_mailed) in [
        (vec![], false),
        (vec![(ACKNOWLEDGEMENT_STATE, mailed(true))], true),
        (vec![(ACKNOWLEDGEMENT_STATE, mailed(false))], false),
        (
            vec![
                (ACKNOWLEDGEMENT_STATE, mailed(true)),
                ("CSM Review", bounced),
            ],
            false,
        ),
        (vec![("Send News", mailed(true))], false),
    ] {
        let (_, page, _) = shown(&events);
        assert_eq!(
            page.contains("in the mail that we sent you"),
            is_mailed,
            "{events:?}"
        );
        assert_eq!(page.contains("the only way here"), !is_mailed, "{events:?}");
    }
}
