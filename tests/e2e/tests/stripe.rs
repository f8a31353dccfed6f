//! What Stripe does after it was asked, and what a reviewer knows before.

use e2e::{LocalStack, Mail, Submitted, TestClient, form};

const CSM: &str = "csm-1@example.com";
const CUSTOMER: &str = "customer@example.com";

/// A request that its reviewer has approved.
fn approved(client: &TestClient, charge: &str) -> Submitted {
    let request = client.submit(&form().charge(charge));
    client.mail(CSM, &request.id).approve(client);
    request
}

/// The page of the case, as the reviewer sees it once the code was right.
fn case(client: &TestClient, mail: &Mail, more: &str) -> String {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("code={}{more}", mail.code());
    let address = mail.address();
    let response = client.call("POST", &address, &headers, &body);
    response.text
}

fn actions(client: &TestClient, request: &Submitted) -> Vec<String> {
    let records = client.audit_log(request);
    records.into_iter().map(|(action, ..)| action).collect()
}

#[test]
fn the_reviewer_sees_the_charge_and_what_is_odd_about_it() {
    let client = LocalStack::open();
    for (charge, shown) in [
        ("ch_demo_2000", "$2,000.00"),
        ("pi_demo_2000", "ending in 4242"),
        ("ch_demo_refunded", "refunded in full already"),
        ("ch_demo_disputed", "disputes this charge"),
        ("ch_demo_eur", "paid in EUR"),
        ("ch_demo_uncaptured", "not captured"),
        ("pi_demo_unpaid", "Nothing was paid"),
        ("ch_other_100", "belongs to another customer"),
        ("ch_demo_guest", "unclear whose charge"),
        ("ch_nowhere", "no such charge"),
    ] {
        let request = client.submit(&form().charge(charge));
        let mail = client.mail(CSM, &request.id);
        let page = case(&client, &mail, "");
        assert!(page.contains(shown), "{charge}: {page}");
        let (_, context) = client.get(&mail.link("approve"), "text/html");
        assert!(!context.contains(shown), "{charge}: not before the code");
    }
    let again = client.submit(&form().charge("ch_demo_pi_2000"));
    let mail = client.mail(CSM, &again.id);
    let page = case(&client, &mail, "");
    let summary = "For this charge: 1 other request, $0.00 paid, $50.00 open";
    assert!(page.contains(summary), "{page}");
}

#[test]
fn another_customers_charge_is_denied() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_other_100");
    client.wait_for_status(&request, "denied");
    let records = client.audit_log(&request);
    let refusal = records
        .iter()
        .find(|(action, ..)| action == "refund_refused");
    let reason = "ch_other_100 belongs to another customer than the one who asks.";
    assert_eq!(refusal.expect("it is in the audit log").2, reason);
    client.mail(CSM, reason);
    assert!(client.refunds("ch_other_100").is_empty());
}

/// The row `cus_other`: nothing is paid on the entry of one approver.
#[test]
fn an_entered_customer_is_shown_as_entered_and_pays_nothing_without_a_confirmation() {
    let client = LocalStack::open();
    let request = client.submit(&form().charge("ch_other_100"));
    let mail = client.mail(CSM, &request.id);
    let colleague = client.mail("csm-2@example.com", &request.id);
    let entry = "&action=identify&stripeCustomerId=cus_other";
    let page = case(&client, &mail, entry);
    assert!(page.contains("The Stripe customer was entered"), "{page}");
    for reader in [&mail, &colleague] {
        let page = case(&client, reader, "");
        let entered = format!("cus_other, entered by {CSM}, not confirmed by Stripe");
        assert!(page.contains(&entered), "{page}");
        assert!(page.contains("belongs to another customer"), "{page}");
        assert!(!page.contains("<bdi>yes</bdi>"), "{page}");
        let (status, body) = reader.decide(&client, "approve", "");
        let field = &body["errors"][0]["field"];
        assert_eq!((status, field), (422, &"confirmCharge".into()), "{body}");
    }
    assert_eq!(client.status(&request)["status"], "in_review");
    confirm(&client, &colleague, "ch_other_100");
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_other_100").len(), 1);
    let records = actions(&client, &request);
    let said = ["customer_identified", "ownership_confirmed", "approved"];
    assert!(records.windows(3).any(|it| it == said), "{records:?}");
}

/// Approves, and says that the charge is the customer's.
fn confirm(client: &TestClient, mail: &Mail, charge: &str) {
    let body =
        serde_json::json!({"decision": "approve", "code": mail.code(), "confirmCharge": charge});
    let (status, body) = client.post_json(mail.address(), &body);
    assert_eq!(status, 200, "{body}");
}

#[test]
fn a_guests_charge_needs_a_person() {
    let client = LocalStack::open();
    let request = client.submit(&form().charge("ch_demo_guest"));
    let mail = client.mail(CSM, &request.id);
    let (status, body) = mail.decide(&client, "approve", "");
    assert_eq!(status, 422, "{body}");
    let page = case(&client, &mail, "&decision=approve");
    assert!(
        page.contains("please confirm that you have checked"),
        "{page}"
    );
    let checked = "&decision=approve&confirmCharge=ch_demo_guest";
    let page = case(&client, &mail, checked);
    assert!(page.contains("You approved this request"), "{page}");
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_guest").len(), 1);

    let form = form().charge("ch_demo_guest");
    let form = form.with("customerEmail", "Guest@example.com".into());
    let guest = client.submit(&form);
    client.mail(CSM, &guest.id).approve(&client);
    client.wait_for_status(&guest, "refunded");
}

/// A Stripe customer without an address: what was given at the payment says whose it is.
#[test]
fn a_charge_of_a_customer_without_an_address_is_theirs_whose_address_was_given() {
    let client = LocalStack::open();
    let form = form().charge("ch_demo_unnamed");
    let own = client.submit(
        &form
            .clone()
            .with("customerEmail", "unnamed@example.com".into()),
    );
    let mail = client.mail(CSM, &own.id);
    let page = case(&client, &mail, "");
    assert!(
        page.contains("<bdi>yes</bdi>") && !page.contains("unclear"),
        "{page}"
    );
    mail.approve(&client);
    client.wait_for_status(&own, "refunded");

    let others = client.submit(&form);
    let (status, _) = client.mail(CSM, &others.id).decide(&client, "approve", "");
    assert_eq!(status, 422, "it is unclear");
}

#[test]
fn a_case_is_shown_with_what_stripe_says_now() {
    let client = LocalStack::open();
    let request = client.submit(&form().amount("600"));
    client.mail(CSM, &request.id).approve(&client);
    let finance = client.mail("finance-1@example.com", &request.id);
    // Meanwhile most of the charge is given back for another request.
    let other = client.submit(&form().amount("499"));
    client.mail("csm-2@example.com", &other.id).approve(&client);
    client.wait_for_status(&other, "refunded");
    client.advance("2m");
    let page = case(&client, &finance, "");
    assert!(
        page.contains("$1,501.00") && page.contains("As of "),
        "{page}"
    );
    let summary = "For this charge: 1 other request, $499.00 paid, $0.00 open";
    assert!(page.contains(summary), "{page}");
    assert!(
        page.contains("Decided before") && page.contains(CSM),
        "{page}"
    );
}

#[test]
fn a_refund_that_is_pending_is_on_its_way_until_stripe_says_that_it_is_paid() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_slow");
    let mail = client.mail(CUSTOMER, "on its way");
    assert!(mail.text.contains("$50.00"));
    assert_eq!(client.status(&request)["status"], "processing");
    let (_, page) = client.get(&request.status_url, "text/html");
    assert!(page.contains("Your refund is on its way"), "{page}");

    client.advance("31m");
    client.wait_for_status(&request, "refunded");
    client.wait_for_end(&request);
    client.mail(CUSTOMER, "has been processed");
    let records = actions(&client, &request);
    let expected = [
        "refund_intended",
        "refund_pending",
        "mailed",
        "refunded",
        "mailed",
        "closed",
    ];
    assert_eq!(records[records.len() - expected.len()..], expected);
    assert_eq!(client.refunds("ch_demo_slow").len(), 1);
}

#[test]
fn a_refund_that_comes_back_reopens_the_case() {
    let client = LocalStack::open();
    let request = approved(&client, "ch_demo_fails_later");
    client.wait_for_status(&request, "refunded");
    client.wait_for_end(&request);
    client.advance("31m");
    client.wait_for_status(&request, "needs_attention");
    let mail = client.mail(CSM, "came back");
    assert!(
        mail.text.contains("expired_or_canceled_card"),
        "{}",
        mail.text
    );
    client.mail("csm-2@example.com", "came back");
    // That the mail was sent is recorded after the service has taken it.
    client.eventually("the mail in the audit log", || {
        let records = actions(&client, &request);
        // The team and the customer.
        let is_told =
            records.ends_with(&["refund_reversed", "mailed", "mailed"].map(str::to_owned));
        is_told.then_some(()).ok_or(format!("{records:?}"))
    });
}

#[test]
fn nobody_else_can_send_an_event() {
    let client = LocalStack::open();
    let body = r#"{"id":"evt_1","type":"refund.failed","data":{"object":{}}}"#;
    for signature in ["", "t=1,v1=00", "t=9999999999,v1=00"] {
        let headers = [
            ("content-type", "application/json"),
            ("stripe-signature", signature),
        ];
        let post = "POST";
        let response = client.call(post, "/webhooks/stripe", &headers, body);
        assert_eq!(response.status, 400);
    }
}
