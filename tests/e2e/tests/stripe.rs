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
    assert!(page.contains("other requests for this charge"), "{page}");
}

#[test]
fn another_customers_charge_is_denied_until_the_reviewer_says_whose_it_is() {
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

    let request = client.submit(&form().charge("ch_other_100"));
    let mail = client.mail(CSM, &request.id);
    let page = case(
        &client,
        &mail,
        "&action=identify&stripeCustomerId=cus_other",
    );
    assert!(page.contains("The Stripe customer was entered"), "{page}");
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");
}

#[test]
fn a_guests_charge_needs_a_person() {
    let client = LocalStack::open();
    let request = client.submit(&form().charge("ch_demo_guest"));
    let colleague = client.mail("csm-2@example.com", &request.id);
    client.mail(CSM, &request.id).approve(&client);
    client.wait_for_status(&request, "needs_attention");
    assert!(client.refunds("ch_demo_guest").is_empty());
    let told = client.mail(CSM, "needs your attention");
    assert!(
        told.text.contains("confirms whose the charge is"),
        "{}",
        told.text
    );
    client.wait_for_end(&request);

    // Whoever decided, or a colleague, confirms it behind the link of their mail. Then a redrive pays.
    let page = case(&client, &colleague, "");
    assert!(page.contains("The refund has stopped"), "{page}");
    let page = case(
        &client,
        &colleague,
        "&action=confirm-ownership&charge=ch_demo_guest",
    );
    assert!(page.contains("recorded that you confirm"), "{page}");
    assert!(client.refunds("ch_demo_guest").is_empty());
    client.redrive(&request);
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_guest").len(), 1);

    // Or before they decide.
    let request = client.submit(&form().charge("ch_demo_guest"));
    let mail = client.mail(CSM, &request.id);
    let page = case(
        &client,
        &mail,
        "&action=confirm-ownership&charge=ch_demo_guest",
    );
    assert!(page.contains("recorded that you confirm"), "{page}");
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");

    let form = form().charge("ch_demo_guest");
    let form = form.with("customerEmail", "Guest@example.com".into());
    let guest = client.submit(&form);
    client.mail(CSM, &guest.id).approve(&client);
    client.wait_for_status(&guest, "refunded");
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
        let is_told = records.ends_with(&["refund_reversed".to_owned(), "mailed".to_owned()]);
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
