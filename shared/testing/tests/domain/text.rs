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
        text.unwrap(),
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
    assert_eq!(text.unwrap(), "https://x/s 012345 $50.00");
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
        render("{{ notes }}", &request, "").unwrap(),
        "{{ customerEmail }}"
    );
}
