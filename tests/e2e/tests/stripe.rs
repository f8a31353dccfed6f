//! What Stripe does after it was asked, and what a reviewer knows before.

use e2e::{Mail, Submitted, TestClient, form};

const CSM: &str = "csm-1@example.com";
const CUSTOMER: &str = "customer@example.com";

/// A request that its reviewer has approved.
async fn approved(client: &TestClient, charge: &str) -> Submitted {
    let request = client.submit(&form().charge(charge)).await;
    client.mail(CSM, &request.id).await.approve(client).await;
    request
}

/// The page of the case, as the reviewer sees it once the code was right.
async fn case(client: &TestClient, mail: &Mail, more: &str) -> String {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("code={}{more}", mail.code());
    let address = mail.address();
    let response = client
        .call(reqwest::Method::POST, &address, &headers, body)
        .await;
    response.text().await.expect("a page is text")
}

async fn actions(client: &TestClient, request: &Submitted) -> Vec<String> {
    let trail = client.trail(request).await;
    trail.into_iter().map(|(action, ..)| action).collect()
}

#[tokio::test]
async fn the_reviewer_sees_the_charge_and_what_is_odd_about_it() {
    let client = TestClient::open().await;
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
        let request = client.submit(&form().charge(charge)).await;
        let mail = client.mail(CSM, &request.id).await;
        let page = case(&client, &mail, "").await;
        assert!(page.contains(shown), "{charge}: {page}");
        let (_, context) = client.get(&mail.link("approve"), "text/html").await;
        assert!(!context.contains(shown), "{charge}: not before the code");
    }
    let again = client.submit(&form().charge("ch_demo_pi_2000")).await;
    let mail = client.mail(CSM, &again.id).await;
    let page = case(&client, &mail, "").await;
    assert!(page.contains("other requests for this charge"), "{page}");
}

#[tokio::test]
async fn another_customers_charge_is_denied_until_the_reviewer_says_whose_it_is() {
    let client = TestClient::open().await;
    let request = approved(&client, "ch_other_100").await;
    client.wait_for_status(&request, "denied").await;
    let trail = client.trail(&request).await;
    let refusal = trail.iter().find(|(action, ..)| action == "refund_refused");
    let reason = "ch_other_100 belongs to another customer than the one who asks.";
    assert_eq!(refusal.expect("it is in the audit log").2, reason);
    client.mail(CSM, reason).await;
    assert!(client.refunds("ch_other_100").await.is_empty());

    let request = client.submit(&form().charge("ch_other_100")).await;
    let mail = client.mail(CSM, &request.id).await;
    let page = case(
        &client,
        &mail,
        "&action=identify&stripeCustomerId=cus_other",
    )
    .await;
    assert!(page.contains("The Stripe customer was entered"), "{page}");
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
}

#[tokio::test]
async fn a_guests_charge_needs_a_person() {
    let client = TestClient::open().await;
    let request = client.submit(&form().charge("ch_demo_guest")).await;
    let colleague = client.mail("csm-2@example.com", &request.id).await;
    client.mail(CSM, &request.id).await.approve(&client).await;
    client.wait_for_status(&request, "needs_attention").await;
    assert!(client.refunds("ch_demo_guest").await.is_empty());
    let told = client.mail(CSM, "needs your attention").await;
    assert!(
        told.text.contains("confirms whose the charge is"),
        "{}",
        told.text
    );
    client.wait_for_end(&request).await;

    // Whoever decided, or a colleague, confirms it behind the link of their mail. Then a redrive pays.
    let page = case(&client, &colleague, "").await;
    assert!(page.contains("The refund has stopped"), "{page}");
    let page = case(
        &client,
        &colleague,
        "&action=confirm_ownership&charge=ch_demo_guest",
    )
    .await;
    assert!(page.contains("recorded that you confirm"), "{page}");
    assert!(client.refunds("ch_demo_guest").await.is_empty());
    client.redrive(&request).await;
    client.wait_for_status(&request, "refunded").await;
    assert_eq!(client.refunds("ch_demo_guest").await.len(), 1);

    // Or before they decide.
    let request = client.submit(&form().charge("ch_demo_guest")).await;
    let mail = client.mail(CSM, &request.id).await;
    let page = case(
        &client,
        &mail,
        "&action=confirm_ownership&charge=ch_demo_guest",
    )
    .await;
    assert!(page.contains("recorded that you confirm"), "{page}");
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;

    let form = form().charge("ch_demo_guest");
    let form = form.with("customerEmail", "Guest@example.com".into());
    let guest = client.submit(&form).await;
    client.mail(CSM, &guest.id).await.approve(&client).await;
    client.wait_for_status(&guest, "refunded").await;
}

#[tokio::test]
async fn a_refund_that_is_pending_is_on_its_way_until_stripe_says_that_it_is_paid() {
    let client = TestClient::open().await;
    let request = approved(&client, "ch_demo_slow").await;
    let mail = client.mail(CUSTOMER, "on its way").await;
    assert!(mail.text.contains("$50.00"));
    assert_eq!(client.status(&request).await["status"], "processing");
    let (_, page) = client.get(&request.status_url, "text/html").await;
    assert!(page.contains("Your refund is on its way"), "{page}");

    client.advance("31m").await;
    client.wait_for_status(&request, "refunded").await;
    client.wait_for_end(&request).await;
    client.mail(CUSTOMER, "has been processed").await;
    let trail = actions(&client, &request).await;
    let expected = [
        "refund_intended",
        "refund_pending",
        "mailed",
        "refunded",
        "mailed",
        "closed",
    ];
    assert_eq!(trail[trail.len() - expected.len()..], expected);
    assert_eq!(client.refunds("ch_demo_slow").await.len(), 1);
}

#[tokio::test]
async fn a_refund_that_comes_back_reopens_the_case() {
    let client = TestClient::open().await;
    let request = approved(&client, "ch_demo_fails_later").await;
    client.wait_for_status(&request, "refunded").await;
    client.wait_for_end(&request).await;
    client.advance("31m").await;
    client.wait_for_status(&request, "needs_attention").await;
    let mail = client.mail(CSM, "came back").await;
    assert!(
        mail.text.contains("expired_or_canceled_card"),
        "{}",
        mail.text
    );
    client.mail("csm-2@example.com", "came back").await;
    // That the mail was sent is recorded after the service has taken it.
    client
        .eventually("the mail in the audit log", async || {
            let trail = actions(&client, &request).await;
            let is_told = trail.ends_with(&["refund_reversed".to_owned(), "mailed".to_owned()]);
            is_told.then_some(()).ok_or(format!("{trail:?}"))
        })
        .await;
}

#[tokio::test]
async fn nobody_else_can_send_an_event() {
    let client = TestClient::open().await;
    let body = r#"{"id":"evt_1","type":"refund.failed","data":{"object":{}}}"#;
    for signature in ["", "t=1,v1=00", "t=9999999999,v1=00"] {
        let headers = [
            ("content-type", "application/json"),
            ("stripe-signature", signature),
        ];
        let post = reqwest::Method::POST;
        let response = client
            .call(post, "/webhooks/stripe", &headers, body.to_owned())
            .await;
        assert_eq!(response.status(), 400);
    }
}
