//! Templates of the definition, filled with a request.

use domain::money::Usd;
use domain::request::Output;
use domain::text::*;
use testing::fixtures;

#[test]
fn fills_answers_and_outputs() {
    let (mut request, _) = fixtures::request::request();
    request.outputs.insert(
        "stripeRefundResult".parse().unwrap(),
        Output::Refund {
            id: "re_1".to_owned(),
            amount: Usd::from_cents(5000).unwrap(),
            status: "succeeded".to_owned(),
        },
    );
    let text = render(
        "{{ stripeRefundResult.amount }} as {{ stripeRefundResult.id }} to {{ customerEmail }}[{{ stripeCustomerId }}] {{ statusUrl }}",
        &request,
        "https://x/y",
    );
    assert_eq!(
        text.unwrap().to_string(),
        "$50.00 as re_1 to ada@example.com[] https://x/y"
    );
}

#[test]
fn an_unknown_name_is_an_error() {
    let (request, _) = fixtures::request::request();
    assert!(render("{{ refundAmuont }}", &request, "").is_err());
    assert!(render("{{ stripeRefundResult.id }}", &request, "").is_err());
}

#[test]
fn only_a_mail_that_invites_has_an_invitation() {
    let (request, _) = fixtures::request::request();
    let template = "{{ invitationUrl }} {{ invitationCode }} {{ refundAmount }}";
    let invited = Invited {
        url: "https://x/s".to_owned(),
        code: "012345".to_owned(),
    };
    let text = render_invitation(template, &request, "", &invited);
    assert_eq!(text.unwrap().to_string(), "https://x/s 012345 $50.00");
    assert!(render(template, &request, "").is_err());
}

#[test]
fn answers_are_not_templates() {
    let (mut request, _) = fixtures::request::request();
    let notes = request
        .answers
        .iter_mut()
        .find(|a| a.name.as_str() == "notes")
        .unwrap();
    notes.value = Some(domain::form::Value::Text("{{ customerEmail }}".into()));
    assert_eq!(
        render("{{ notes }}", &request, "").unwrap().to_string(),
        "{{ customerEmail }}"
    );
}

#[test]
fn lines_of_a_value_are_told_from_those_that_the_author_wrapped() {
    let (mut request, _) = fixtures::request::request();
    for answer in &mut request.answers {
        let text = "first\r\nsecond\u{2028}still\n\n- one\n2019 was it\n";
        answer.value = Some(domain::form::Value::Text(text.into()));
    }
    let template = "Hi,\nyou\n\n{{ notes }}\n\n\n  - a\n    b\n  - c\n1. d\n";
    let text = render(template, &request, "").unwrap();
    let paragraphs: [&[&str]; 4] = [
        &["Hi, you"],
        &["first", "secondstill"],
        &["- one", "2019 was it"],
        &["- a b", "- c", "1. d"],
    ];
    assert_eq!(text.paragraphs(), paragraphs);
    let plain =
        "Hi,\nyou\n\nfirst\nsecondstill\n\n- one\n2019 was it\n\n\n  - a\n    b\n  - c\n1. d\n";
    assert_eq!(text.to_string(), plain.trim_end());
}
