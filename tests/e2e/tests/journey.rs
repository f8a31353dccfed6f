//! From the form to Refunded or Denied, along every edge of the process.

use e2e::{LocalStack, Submitted, TestClient, form};
use serde_json::json;

const CSM: &str = "csm-1@example.com";
const FINANCE: &str = "finance-1@example.com";
const CUSTOMER: &str = "customer@example.com";

fn csm_approves(client: &TestClient) {
    client.mail(CSM, "CSM Review").approve(client);
}

fn finance_was_asked(client: &TestClient) -> bool {
    !client.mails(FINANCE).is_empty()
}

fn actions(client: &TestClient, request: &Submitted) -> Vec<String> {
    client
        .audit_log(request)
        .into_iter()
        .map(|(action, ..)| action)
        .collect()
}

#[test]
fn a_small_refund_needs_the_csm_team_only() {
    let client = LocalStack::open();
    let request = client.submit(&form().amount("50"));
    assert_eq!(client.status(&request)["phase"], "CSM Review");
    csm_approves(&client);
    let status = client.wait_for_status(&request, "refunded");
    assert_eq!(status.get("reason"), None);
    let end = client.wait_for_end(&request);
    assert_eq!(
        (&end["status"], &end["output"]["outcome"]),
        (&json!("SUCCEEDED"), &json!("refunded"))
    );
    assert_eq!(client.status(&request)["phase"], "Refunded");

    let refunds = client.refunds("ch_demo_2000");
    assert_eq!(refunds.len(), 1);
    assert_eq!(
        (&refunds[0]["amount"], &refunds[0]["reason"]),
        (&json!(5000), &json!("duplicate"))
    );
    assert_eq!(refunds[0]["metadata"]["request_id"], request.id.as_str());
    let mail = client.mail(CUSTOMER, "Your refund has been processed");
    let refund_id = refunds[0]["id"].as_str().unwrap();
    for words in ["$50.00", refund_id, "5-10 business days"] {
        assert!(
            mail.text.contains(words) && mail.html.contains(words),
            "{words}: {}",
            mail.text
        );
    }
    assert!(!finance_was_asked(&client));
    let expected = [
        "submitted",
        "mailed",
        "approval_requested",
        "approved",
        "condition_evaluated",
        "refund_intended",
        "refunded",
        "mailed",
        "closed",
    ];
    assert_eq!(actions(&client, &request), expected);
}

#[test]
fn a_large_refund_needs_finance_too() {
    let client = LocalStack::open();
    let request = client.submit(&form().amount("1500"));
    csm_approves(&client);
    let mail = client.mail(FINANCE, "Finance Approval");
    assert_eq!(client.status(&request)["status"], "in_review");
    assert!(client.refunds("ch_demo_2000").is_empty());
    mail.approve(&client);
    client.wait_for_end(&request);
    assert_eq!(client.status(&request)["status"], "refunded");
    assert_eq!(client.refunds("ch_demo_2000")[0]["amount"], 150_000);
    client.mail(CUSTOMER, "$1,500.00");
}

#[test]
fn the_customer_is_told_once_that_the_request_has_arrived() {
    let client = LocalStack::open();
    let key = [
        ("content-type", "application/json"),
        ("idempotency-key", "once"),
    ];
    let path = "/services/customer-success/refund-request/requests";
    let post = || client.call("POST", path, &key, &form().json().to_string());
    let request = Submitted::read(&post().json());
    assert_eq!(Submitted::read(&post().json()).id, request.id);
    let mail = client.mail_about(&request, CUSTOMER, "We have your request");
    let status = client.status(&request);
    let reference = status["reference"].as_str().unwrap();
    assert_eq!(mail.subject, format!("We have your request [{reference}]"));
    for words in [
        reference,
        &request.status_url,
        "$50.00",
        "1 to 3 business days",
    ] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }
    let review = client.mail_about(&request, CSM, reference);
    let (_, page) = client.get(&request.status_url, "text/html");
    for words in [
        reference,
        "Under review",
        "1 to 3 business days",
        "in the mail that we sent you",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("CSM"), "{page}");

    let other = client.submit(&form());
    let of_other = client.mail_about(&other, CUSTOMER, "We have your request");
    assert_ne!(mail.subject, of_other.subject);
    review.approve(&client);
    client.wait_for_end(&request);
    let arrivals = client.mails(CUSTOMER).into_iter();
    let arrivals = arrivals.filter(|it| it.subject == mail.subject).count();
    assert_eq!(arrivals, 1);
}

#[test]
fn the_csm_team_rejects() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    client
        .mail(CSM, "CSM Review")
        .reject(&client, "Refund window expired");
    let status = client.wait_for_status(&request, "denied");
    assert_eq!(status["reason"], "Refund window expired");
    let mail = client.mail(CUSTOMER, "Refund window expired");
    assert!(mail.html.contains("Refund window expired"));
    assert!(client.refunds("ch_demo_2000").is_empty());
    assert_eq!(
        actions(&client, &request),
        [
            "submitted",
            "mailed",
            "approval_requested",
            "rejected",
            "mailed",
            "closed"
        ]
    );
}

#[test]
fn finance_rejects() {
    let client = LocalStack::open();
    let request = client.submit(&form().amount("500"));
    csm_approves(&client);
    client
        .mail(FINANCE, "Finance Approval")
        .reject(&client, "Too much this month");
    client.wait_for_status(&request, "denied");
    client.mail(CUSTOMER, "Too much this month");
    assert!(client.refunds("ch_demo_2000").is_empty());
}

#[test]
fn exactly_five_hundred_is_the_threshold() {
    let client = LocalStack::open();
    for (amount, asked) in [("499.99", false), ("500", true), ("500.00", true)] {
        let before = client.mails(FINANCE).len();
        let request = client.submit(&form().amount(amount));
        let mail = client.mail(CSM, &request.id);
        mail.approve(&client);
        if asked {
            client.mail(FINANCE, &request.id).approve(&client);
        }
        client.wait_for_end(&request);
        assert_eq!(client.status(&request)["status"], "refunded");
        let after = client.mails(FINANCE).len();
        assert_eq!(after > before, asked, "{amount}");
    }
    let mut cents: Vec<_> = client
        .refunds("ch_demo_2000")
        .iter()
        .map(|r| r["amount"].as_u64())
        .collect();
    cents.sort_unstable();
    assert_eq!(cents, [Some(49_999), Some(50_000), Some(50_000)]);
}

#[test]
fn stripes_refusal_ends_in_denied_with_its_message_for_the_team_only() {
    let client = LocalStack::open();
    let request = client.submit(&form().charge("ch_demo_disputed"));
    csm_approves(&client);
    let status = client.wait_for_status(&request, "denied");
    client.wait_for_end(&request);
    let message = "Charge ch_demo_disputed has been charged back; cannot issue a refund.";
    let records = client.audit_log(&request);
    let refusal = records
        .iter()
        .find(|(action, ..)| action == "refund_refused")
        .expect("it is in the audit log");
    assert_eq!(refusal.2, message);
    for member in [CSM, "csm-2@example.com"] {
        client.mail(member, message);
    }
    let reason = status["reason"]
        .as_str()
        .expect("the customer is told something");
    assert!(
        !reason.contains("ch_demo_disputed") && reason.contains("payment provider"),
        "{reason}"
    );
    let (_, page) = client.get(&request.status_url, "text/html");
    assert!(!page.contains("charged back"));
    for mail in client.mails(CUSTOMER) {
        assert!(!mail.text.contains("charged back"));
    }
}

#[test]
fn a_payment_intent_goes_out_as_one_and_cents_are_exact() {
    let client = LocalStack::open();
    let request = client.submit(
        &form()
            .charge("pi_demo_2000")
            .with("refundAmount", json!(19.99)),
    );
    csm_approves(&client);
    client.wait_for_status(&request, "refunded");
    let refunds = client.refunds("pi_demo_2000");
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(1999)));
    assert_eq!(refunds[0]["payment_intent"], "pi_demo_2000");
}

#[test]
fn a_charge_in_euros_is_not_refunded_in_dollars() {
    let client = LocalStack::open();
    let request = client.submit(&form().charge("ch_demo_eur"));
    csm_approves(&client);
    client.wait_for_status(&request, "denied");
    assert!(client.refunds("ch_demo_eur").is_empty());
}

#[test]
fn without_scripts_a_person_gets_there_by_forms_alone() {
    let client = LocalStack::open();
    let (_, catalogue) = client.get("/", "text/html");
    assert!(catalogue.contains(r#"href="/services/customer-success/refund-request""#));
    let (_, page) = client.get("/services/customer-success/refund-request", "text/html");
    assert!(page.contains(r#"action="/services/customer-success/refund-request/requests""#));
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = "customerEmail=customer%40example.com&stripeCustomerId=&chargeIdToRefund=ch_demo_2000&refundAmount=20&reason=Goodwill&notes=Sorry";
    let path = "/services/customer-success/refund-request/requests";
    let response = client.call("POST", path, &headers, body);
    assert_eq!(response.status, 303);
    let status_url = response.header("location").to_owned();
    let (_, page) = client.get(&status_url, "text/html");
    assert!(page.contains("looking at your request"));

    let mail = client.mail(CSM, "CSM Review");
    let (_, page) = client.get(&mail.link("approve"), "text/html");
    assert!(page.contains("$20.00") && page.contains("ch_demo_2000"));
    assert!(
        !page.contains("Sorry") && !page.contains(CUSTOMER),
        "first the code, then the case"
    );
    let code = format!("code={}", mail.code());
    let response = client.call("POST", &mail.link("approve"), &headers, &code);
    let page = response.text;
    assert!(page.contains("Sorry") && page.contains(CUSTOMER));
    let decision = format!("decision=approve&reason=&code={}", mail.code());
    let response = client.call("POST", &mail.link("approve"), &headers, &decision);
    assert_eq!(response.status, 200);
    assert!(response.text.contains("You approved this request"));
    let (_, page) = client.get(&mail.link("reject"), "text/html");
    assert!(page.contains("already approved by you"));
    client.eventually("the page to say so", || {
        let (_, page) = client.get(&status_url, "text/html");
        if page.contains("Your refund has been made") {
            Ok(())
        } else {
            Err(page)
        }
    });
}
