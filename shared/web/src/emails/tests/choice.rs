//! The mail that offers a choice.

use super::*;
use testing::fixtures::approval::{offer, offering};

const CUSTOMER: &str = "ada@example.com";

fn mail(request: &Request, approval: &Approval, reason: NotificationReason<'_>) -> Mail {
    let email = ApprovalEmail {
        brand: &Brand::default(),
        request,
        approval,
        to: CUSTOMER,
        keys: &link_keys(),
        reason,
        ineligible: None,
    };
    email.render().unwrap()
}

#[test]
fn the_definitions_words_are_the_subject() {
    let (request, _) = fixtures::request::request();
    let asked = mail(&request, &offer(&request), NotificationReason::Asked);
    let words = "Your refund of $50.00: credit or cash?";
    assert_eq!(asked.subject, with_reference(words, &request));
}

#[test]
fn a_fresh_link_says_why_it_came() {
    let (request, _) = fixtures::request::request();
    let approval = offer(&request);
    let mail = mail(&request, &approval, NotificationReason::LinkReplaced);
    assert!(mail.subject.starts_with("New link: Your refund"));
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("Your earlier link was locked"));
    }
}

#[test]
fn where_a_click_is_enough_there_is_no_code() {
    let (request, _) = fixtures::request::request();
    let mut approval = offer(&request);
    approval.confirm = Confirm::Click;
    let mail = mail(&request, &approval, NotificationReason::Asked);
    assert!(!mail.text.contains("Code: ") && !mail.html.contains("asks for this code"));
}

#[test]
fn only_our_own_addresses_become_links() {
    let (mut request, _) = fixtures::request::request();
    let typed = "https://evil.example/ https://refunds.example.com.evil.example/";
    for answer in &mut request.answers {
        answer.value = Some(Value::Text(typed.to_owned()));
    }
    let approval = offer_in(&request);
    let mail = mail(&request, &approval, NotificationReason::Asked);
    let links = mail.html.matches("href=\"");
    let own = mail.html.matches("href=\"https://refunds.example.com/");
    assert_eq!(
        (links.count(), own.count()),
        (4, 4),
        "two options, and the status page, which the offer's own words name too"
    );
}

/// An offer of a request whose address is no address.
fn offer_in(request: &Request) -> Approval {
    let waiting = offering(request.request_id, 0, "token");
    Approval::offer(&waiting, 1, request, CUSTOMER, &link_keys()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_text_in_every_field_stays_in_its_place(text in hostile()) {
        let filled = |text: &str| {
            let (mut request, _) = fixtures::request::request();
            for answer in &mut request.answers {
                answer.value = Some(Value::Text(text.to_owned()));
            }
            request.title = text.to_owned();
            let approval = offer_in(&request);
            mail(&request, &approval, NotificationReason::LinkReplaced)
        };
        let (mail, harmless) = (filled(&text), filled("x"));
        prop_assert!(!mail.subject.chars().any(char::is_control), "one line: {:?}", mail.subject);
        for part in [&mail.text, &mail.html, &mail.subject] {
            let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}');
            prop_assert!(!part.contains(turns), "nothing turns the direction");
            prop_assert!(!part.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        }
        let begins = |words: &str| mail.text.lines().filter(|line| line.starts_with(words)).count();
        prop_assert_eq!((begins("Code: "), begins("A credit of "), begins("A refund of ")), (1, 1, 1));
        prop_assert_eq!(mail.text.lines().count(), harmless.text.lines().count());
        // As many tags as without the text: it opened and closed none.
        prop_assert_eq!(mail.html.matches('<').count(), harmless.html.matches('<').count());
    }
}
