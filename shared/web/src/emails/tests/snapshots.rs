//! Each mail as it is sent, its plain part and its HTML part.

use domain::reconciliation::{Difference, DifferenceKind, ReconciledDay, Reconciliation, Totals};
use domain::refund::{RefundEntry, SettlementMethod};
use domain::task::variable;
use testing::fixtures::approval::offer;
use testing::fixtures::refund::entry;

use super::*;

const CUSTOMER: &str = "ada@example.com";

/// A mail without what is different for each request.
fn redacted(mail: &Mail, request: &Request, secrets: &[&str]) -> (String, String) {
    let redact = |text: &str| {
        let text = text
            .replace(&link_keys().status_key(request.request_id), "[status key]")
            .replace(&request.request_id.to_string(), "[request]")
            .replace(&request.reference().to_string(), "RD-......");
        secrets
            .iter()
            .fold(text, |text, secret| text.replace(secret, "[secret]"))
    };
    let (_, card) = mail.html.split_once("<div").unwrap();
    (
        redact(&format!("{}\n\n{}", mail.subject, mail.text)),
        redact(&format!("<div{card}")),
    )
}

macro_rules! assert_mail {
    ($name:literal, $mail:expr, $request:expr, $secrets:expr) => {
        let (text, html) = redacted(&$mail, $request, $secrets);
        insta::assert_snapshot!(concat!($name, "_text"), text);
        insta::assert_snapshot!(concat!($name, "_html"), html);
    };
}

#[test]
fn the_frame() {
    let around = template::Around {
        to: CUSTOMER,
        subject: "Hi",
        preheader: "PREHEADER",
        brand: &Brand::default(),
    };
    let mail = template::framed(&around, "BODY", "BODY".to_owned());
    insta::assert_snapshot!("frame", mail.html);
}

#[test]
fn an_approver_is_asked() {
    let (mut request, mut approval) = case();
    if let domain::approval::Asked::Team(team) = &mut approval.asked {
        team.approvals = 2;
    }
    let now = StateEntry::during(&approval.phase, approval.asked_at);
    let text = "Which month?\n'May' & June?";
    for event in [
        Event::Questioned {
            by: TO,
            text,
            key_id: "",
        },
        Event::Replied {
            number: 1,
            text: "May.\nNot <b>June</b>.",
        },
        Event::Questioned {
            by: TO,
            text: "Sure?",
            key_id: "",
        },
    ] {
        request.apply(&event, now);
    }
    let email = ApprovalEmail {
        brand: &Brand::default(),
        request: &request,
        approval: &approval,
        to: TO,
        keys: &link_keys(),
        reason: NotificationReason::HandedOver { by: "b@b.c" },
        ineligible: Some(&Ineligible::OwnRequest),
    };
    let (link, code) = approval.secrets(&link_keys(), TO);
    let mail = email.render().unwrap();
    assert_mail!("approval", mail, &request, &[&link, &code]);
}

#[test]
fn the_customer_is_offered_a_choice() {
    let (request, _) = fixtures::request::request();
    let approval = offer(&request);
    let email = ApprovalEmail {
        brand: &Brand::default(),
        request: &request,
        approval: &approval,
        to: CUSTOMER,
        keys: &link_keys(),
        reason: NotificationReason::LinkReplaced,
        ineligible: None,
    };
    let (link, code) = approval.secrets(&link_keys(), CUSTOMER);
    let mail = email.render().unwrap();
    assert_mail!("choice", mail, &request, &[&link, &code]);
}

#[test]
fn the_customer_is_asked_a_question() {
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
    let mail = |generation| {
        question(
            &Brand::default(),
            &request,
            TO,
            &request.inquiries[0],
            &link_keys(),
            generation,
        )
    };
    let code = |generation| {
        link_keys()
            .newest()
            .inquiry_code(request.request_id, 1, generation)
    };
    assert_mail!("question", mail(0), &request, &[&code(0)]);
    assert_mail!("question_new_code", mail(1), &request, &[&code(1)]);
}

#[test]
fn a_team_is_told_that_nobody_may_decide() {
    let (request, mut approval) = case();
    approval.approvers[0].unreachable = Some(approval.asked_at);
    let mail = nobody_may_decide(
        &Brand::default(),
        &request,
        &approval,
        &[],
        &link_keys(),
        TO,
    );
    assert_mail!("nobody_may_decide", mail, &request, &[]);
}

/// A refund that came back, and why.
pub(super) fn reversed() -> (Request, RefundEntry) {
    let (mut request, _) = fixtures::request::request();
    let message = "The bank sent it back.";
    let phase = request.phase.clone();
    let now = StateEntry::during(&phase, jiff::Timestamp::UNIX_EPOCH);
    let movement = fixtures::refund::movement();
    request.apply(&Event::RefundReversed { movement, message }, now);
    assert_eq!(request.output(variable::STRIPE_ERROR), Some(message));
    let mut entry = entry(request.request_id);
    entry.stripe_id = Some("re_1".to_owned());
    (request, entry)
}

#[test]
fn a_team_is_told_that_a_refund_came_back() {
    let (request, entry) = reversed();
    let mail = refund_reversed(&Brand::default(), &request, &entry, &link_keys(), TO);
    assert_mail!("refund_reversed", mail, &request, &[]);
}

#[test]
fn the_customer_is_told_that_their_refund_came_back() {
    let (request, entry) = reversed();
    let mail = refund_returned(&Brand::default(), &request, &entry, &link_keys(), TO);
    assert!(!mail.text.contains("The bank sent it back."));
    assert_mail!("refund_returned", mail, &request, &[]);
}

/// A day of which two things do not agree, and more than a mail lists.
pub(super) fn reconciled() -> ReconciledDay {
    let request_id = "00000000-0000-4000-8000-000000000001".parse().unwrap();
    let difference = |kind, stripe_cents, detail: Option<&str>| Difference {
        request_id,
        stripe_id: "re_1".to_owned(),
        kind,
        means: SettlementMethod::Refund,
        stripe_cents,
        log_cents: 4_500,
        currency: "usd".to_owned(),
        detail: detail.map(ToOwned::to_owned),
    };
    let found = Reconciliation {
        requests: 3,
        totals: Totals::default(),
        differences: vec![
            difference(DifferenceKind::OtherAmount, 4_000, None),
            difference(DifferenceKind::ReversalMissing, 0, Some("failed at Stripe")),
        ],
    };
    let day = jiff::civil::date(2026, 11, 24);
    let mut day = ReconciledDay::new(day, jiff::civil::date(2026, 11, 26), found);
    day.difference_count = 700;
    day
}

#[test]
fn the_finance_team_is_told_what_does_not_agree_with_stripe() {
    let (request, _) = fixtures::request::request();
    let mail = reconciliation(&Brand::default(), &reconciled(), TO);
    assert_mail!("reconciliation", mail, &request, &[]);
}

#[test]
fn the_customer_gets_a_new_code_for_an_invitation() {
    let (request, _) = fixtures::request::request();
    let url = "https://refunds.example.com/services/a/b?invitation=c&d";
    let mail = invitation_code(
        &Brand::default(),
        CUSTOMER,
        request.request_id,
        "Satisfaction Survey",
        url,
        "123456",
    );
    assert_mail!("invitation_code", mail, &request, &[]);
}

#[test]
fn a_text_of_the_definition() {
    let (mut request, _) = fixtures::request::request();
    for answer in &mut request.answers {
        answer.value = Some(Value::Text(
            "It was used:\n- in May\n- in June\n\nSee https://example.com/policy.".into(),
        ));
    }
    let template = "Hi!\n\nWe looked at\nyour request, and rejected it:\n\n{{ notes }}\n\n\n\
                    See the request: {{ statusUrl }}\n\nBye.";
    let url = "https://refunds.example.com/b";
    let text = domain::text::render(template, &request, url).unwrap();
    let (brand, subject) = (Brand::default(), "About your request");
    let mail = from_text(&brand, CUSTOMER, subject, &text, &request.origin);
    assert_mail!("from_text", mail, &request, &[]);
}

#[test]
fn a_brand_is_in_the_mails_frame_and_text() {
    let brand = serde_json::json!({
        "name": "Acme & Co.", "color": "#ffcc00", "contact": "help@acme.example, +1 555 0100", "footer": "Acme Ltd, 1 Main Street",
    });
    let brand = serde_json::from_value(brand).unwrap();
    let url = "https://refunds.example.com/services/a/b?invitation=c";
    let mail = invitation_code(
        &brand,
        CUSTOMER,
        fixtures::request::request().0.request_id,
        "Satisfaction Survey",
        url,
        "123456",
    );
    assert_eq!(mail.sender.name.as_deref(), Some("Acme & Co."));
    insta::assert_snapshot!("brand", mail.html);
    insta::assert_snapshot!("brand_text", mail.text);
}
