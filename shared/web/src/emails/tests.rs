//! What the mails show, and that nobody's words reach beyond their place.

use proptest::prelude::*;

use domain::approval::{Approval, Ineligible, TeamAbility};
use domain::brand::Brand;
use domain::form::Value;
use domain::request::{Event, Request};
use domain::task::{Confirm, StateEntry};
use testing::fixtures;
use testing::fixtures::approval::{link_keys, waiting};

use super::*;

mod choice;
mod snapshots;
mod templates;
mod without_styles;

const TO: &str = "a@b.c";

fn case() -> (Request, Approval) {
    let (request, _) = fixtures::request::request();
    let waiting = waiting(request.request_id, 0, "token");
    let approval = Approval::ask(&waiting, 1, &[TO.to_owned()], &link_keys());
    (request, approval)
}

fn mail(request: &Request, approval: &Approval, reason: NotificationReason<'_>) -> Mail {
    ApprovalEmail {
        brand: &Brand::default(),
        request,
        approval,
        to: TO,
        keys: &link_keys(),
        reason,
        ineligible: None,
    }
    .render()
    .unwrap()
}

/// What a subject is when the request's reference follows these words.
fn with_reference(words: &str, request: &Request) -> String {
    format!("{words} [{}]", request.reference())
}

#[test]
fn the_amount_is_that_of_the_field_that_the_form_names() {
    let (request, _) = fixtures::request::request_with_two_of_each();
    let waiting = waiting(request.request_id, 0, "token");
    let approval = Approval::ask(&waiting, 1, &[TO.to_owned()], &link_keys());
    let asked = mail(&request, &approval, NotificationReason::Asked);
    let words = "CSM Review: Refund Request of $50.00";
    assert_eq!(asked.subject, with_reference(words, &request));
}

#[test]
fn shows_the_case_the_links_and_the_code() {
    let (request, approval) = case();
    let (link_id, code) = approval.secrets(&link_keys(), TO);
    let asked = mail(&request, &approval, NotificationReason::Asked);
    let words = "CSM Review: Refund Request of $50.00";
    assert_eq!(asked.subject, with_reference(words, &request));
    for part in [&asked.text, &asked.html] {
        for verdict in ["approve", "reject"] {
            let link =
                format!("https://refunds.example.com/approvals/{link_id}?decision={verdict}");
            assert!(part.contains(&link));
        }
        assert!(part.contains("Charged twice in May.") && part.contains(&code));
        assert!(!part.contains("token"));
    }
    assert!(
        asked
            .text
            .lines()
            .any(|line| line == format!("Code: {code}"))
    );
    assert!(
        !asked.html.contains("http://") && !asked.html.contains("src="),
        "nothing is loaded"
    );
}

#[test]
fn each_reason_is_said_in_subject_and_text() {
    let (request, approval) = case();
    let escalated = |ability| NotificationReason::Escalated {
        from: "CSM Team",
        ability,
    };
    for (reason, subject, sentence) in [
        (
            NotificationReason::Reminded,
            "Reminder: ",
            "It is not decided yet",
        ),
        (
            escalated(TeamAbility::Decides),
            "Escalated: ",
            "The CSM Team has not decided",
        ),
        (
            escalated(TeamAbility::TooFew),
            "Escalated: ",
            "Too few people in the CSM Team can decide this one",
        ),
        (
            escalated(TeamAbility::Unreached),
            "Escalated: ",
            "No mail reaches anybody in the CSM Team who may decide this one",
        ),
        (
            escalated(TeamAbility::Ineligible),
            "Escalated: ",
            "Nobody in the CSM Team may decide this one",
        ),
        (NotificationReason::LinkReplaced, "New link: ", "was locked"),
        (
            NotificationReason::HandedOver { by: "b@b.c" },
            "Handed to you: ",
            "b@b.c handed this request",
        ),
        (
            NotificationReason::Answered,
            "Answered: ",
            "The customer answered",
        ),
    ] {
        let mail = mail(&request, &approval, reason);
        assert!(mail.subject.starts_with(subject), "{}", mail.subject);
        assert!(
            mail.text.contains(sentence) && mail.html.contains(sentence),
            "{sentence}"
        );
    }
}

#[test]
fn who_must_not_decide_and_how_many_have_to_is_said_plainly() {
    let (request, mut approval) = case();
    if let domain::approval::Asked::Team(team) = &mut approval.asked {
        team.approvals = 2;
    }
    let mail = ApprovalEmail {
        brand: &Brand::default(),
        request: &request,
        approval: &approval,
        to: TO,
        keys: &link_keys(),
        reason: NotificationReason::Asked,
        ineligible: Some(&Ineligible::OwnRequest),
    }
    .render()
    .unwrap();
    assert!(
        mail.text
            .contains("you cannot decide about your own request")
    );
    assert!(
        mail.text
            .contains("2 different people have to approve this.")
    );
}

#[test]
fn where_a_click_is_enough_there_is_no_code() {
    let (request, mut approval) = case();
    approval.confirm = Confirm::Click;
    let mail = mail(&request, &approval, NotificationReason::Asked);
    assert!(!mail.text.contains("Code: ") && !mail.html.contains("asks for this code"));
}

#[test]
fn the_customer_is_asked_without_a_word_about_them_in_the_subject() {
    let (mut request, approval) = case();
    let asked = Event::Questioned {
        by: TO,
        text: "Which month?\nMay?",
        key_id: "",
    };
    request.apply(
        &asked,
        StateEntry::during(&approval.phase, approval.asked_at),
    );
    let key = link_keys();
    let mail = |generation| {
        let question = &request.inquiries[0];
        super::question(
            &Brand::default(),
            &request,
            "ada@example.com",
            question,
            &key,
            generation,
        )
    };
    let (mail, fresh) = (mail(0), mail(1));
    let words = "We have a question about your request";
    assert_eq!(mail.subject, with_reference(words, &request));
    assert!(mail.text.contains("    Which month?\n    May?"));
    let page = request.status_url(&key);
    assert!(mail.html.contains(&page) && mail.text.contains(&page));
    let code = key.newest().inquiry_code(request.request_id, 1, 0);
    assert!(mail.text.contains(&format!("\nCode: {code}\n")) && mail.html.contains(&code));
    assert!(!fresh.text.contains(&code) && fresh.text.contains("A wrong code was entered"));
    assert!(!mail.text.contains(TO), "the customer is not told who asks");
}

/// How many tags there are that a line break of a text does not make.
fn tags(mail: &Mail) -> usize {
    mail.html.replace("<br>", "").matches('<').count()
}

/// Text that tries to get out of its place.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("</td></table><a href=\"https://evil.example\">Approve</a>".to_owned()),
        Just("\r\nBcc: victim@example.com\r\n\r\n".to_owned()),
        Just("\nCode: 000000\n".to_owned()),
        Just("\nApprove: https://evil.example/\n".to_owned()),
        Just("\u{2028}Code: 000000\u{2029}\u{85}Code: 111111\u{b}Code: 2\u{c}Code: 3".to_owned()),
        Just("\u{202e}\u{2066}\u{2067}\u{200f}evil\u{2069}\u{202c}".to_owned()),
        Just("\" onmouseover=\"alert(1)' x='".to_owned()),
        Just("&lt;b&gt;&#0;\u{0}\u{1b}[31m".to_owned()),
        Just("x".repeat(10_000)),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_text_of_stripe_stays_in_its_place(text in hostile()) {
        let reversed = |text: &str| {
            let (mut request, _) = fixtures::request::request();
            let phase = request.phase.clone();
            let now = StateEntry::during(&phase, jiff::Timestamp::UNIX_EPOCH);
            let movement = fixtures::refund::movement();
            request.apply(&Event::RefundReversed { movement, message: text }, now);
            let mut entry = fixtures::refund::entry(request.request_id);
            text.clone_into(&mut entry.charge);
            refund_reversed(&Brand::default(), &request, &entry, &link_keys(), TO)
        };
        let (mail, harmless) = (reversed(&text), reversed("x"));
        prop_assert!(!mail.subject.chars().any(char::is_control), "one line: {:?}", mail.subject);
        let ours = |mail: &Mail| mail.text.lines().filter(|line| !line.starts_with("    ")).count();
        prop_assert_eq!(ours(&mail), ours(&harmless));
        prop_assert_eq!(tags(&mail), tags(&harmless));
    }

    #[test]
    fn hostile_text_in_every_field_stays_in_its_place(text in hostile()) {
        let (mut request, approval) = case();
        for answer in &mut request.answers {
            answer.value = Some(Value::Text(text.clone()));
        }
        request.title.clone_from(&text);
        let now = StateEntry::during(&approval.phase, approval.asked_at);
        request.apply(&Event::Questioned { by: TO, text: &text, key_id: "" }, now);
        request.apply(&Event::Replied { number: 1, text: &text }, now);
        let asking = mail(&request, &approval, NotificationReason::HandedOver { by: "b@b.c" });
        let question = super::question(&Brand::default(), &request, "ada@example.com", &request.inquiries[0], &link_keys(), 0);
        for mail in [&asking, &question] {
            prop_assert!(!mail.subject.chars().any(char::is_control), "one line: {:?}", mail.subject);
            for part in [&mail.text, &mail.html, &mail.subject] {
                let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}');
                prop_assert!(!part.contains(turns), "nothing turns the direction");
                prop_assert!(!part.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
            }
            for markup in ["<script", "<a href=\"https://evil", "onmouseover=\"", "</td></table><a"] {
                prop_assert!(!mail.html.contains(markup), "{markup}");
            }
        }
        let begins = |words: &str| asking.text.lines().filter(|line| line.starts_with(words)).count();
        let codes = question.text.lines().filter(|line| line.starts_with("Code: ")).count();
        prop_assert_eq!(codes, 1);
        prop_assert_eq!((begins("Code: "), begins("Approve: "), begins("Reject: ")), (1, 1, 1));
        // As many tags as without the text: it opened and closed none.
        let (mut harmless, _) = fixtures::request::request();
        for answer in &mut harmless.answers { answer.value = Some(Value::Text("x".into())); }
        harmless.apply(&Event::Questioned { by: TO, text: "x", key_id: "" }, now);
        harmless.apply(&Event::Replied { number: 1, text: "x" }, now);
        prop_assert_eq!(tags(&asking), tags(&mail(&harmless, &approval, NotificationReason::HandedOver { by: "b@b.c" })));
    }
}
