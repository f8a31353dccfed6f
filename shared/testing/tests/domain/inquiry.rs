//! Questions to the customer.

use domain::id::PhaseName;
use domain::request::Event;
use domain::task::StateEntry;
use jiff::Timestamp;
use testing::fixtures;

#[test]
fn a_question_is_answered_once_and_only_while_it_matters() {
    let (mut request, _) = fixtures::request::request();
    let review: PhaseName = "CSM Review".parse().unwrap();
    let now = StateEntry::during(&review, Timestamp::UNIX_EPOCH);
    let asked = Event::Questioned {
        by: "a@b.c",
        text: "Which month?",
        key_id: "",
    };
    let record = request.apply(&asked, now);
    assert_eq!(record.detail.as_deref(), Some("question 1"));
    assert!(request.inquiries[0].is_open(request.status, &request.phase));

    let elsewhere = "Elsewhere".parse().unwrap();
    let mut moved_on = request.clone();
    moved_on.phase = elsewhere;
    assert!(!moved_on.inquiries[0].is_open(moved_on.status, &moved_on.phase));

    for text in ["May", "June"] {
        let record = request.apply(&Event::Replied { number: 1, text }, now);
        assert!(
            !format!("{record:?}").contains(text),
            "the audit log holds no answers"
        );
    }
    assert_eq!(request.inquiries[0].reply.as_ref().unwrap().text, "May");
    assert!(!request.inquiries[0].is_open(request.status, &request.phase));
}
