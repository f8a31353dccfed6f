//! Approving less than was asked for: what is shown, decided and paid, and who is told.

use e2e::{LocalStack, Mail, TestClient, form};
use serde_json::{Value, json};

const CSM: &str = "csm-1@example.com";
const FINANCE: &str = "finance-1@example.com";
const CUSTOMER: &str = "customer@example.com";

fn approve(client: &TestClient, mail: &Mail, amount: &Value) -> (u16, Value) {
    let body = json!({"decision": "approve", "code": mail.code(), "amount": amount});
    client.post_json(mail.address(), &body)
}

#[test]
fn what_is_approved_less_is_shown_decided_and_paid_and_the_customer_is_told_both() {
    let client = LocalStack::open();
    let request = client.submit(&form().amount("1500"));
    let csm = client.mail(CSM, &request.id);
    for amount in [json!("1500.01"), json!(0), json!("much")] {
        let (status, body) = approve(&client, &csm, &amount);
        let field = &body["errors"][0]["field"];
        assert_eq!((status, field), (422, &json!("amount")), "{body}");
    }
    let (status, body) = approve(&client, &csm, &json!(1200.50));
    assert_eq!(
        (status, &body["amount"]),
        (200, &json!("1200.50")),
        "{body}"
    );

    let finance = client.mail(FINANCE, &request.id);
    assert!(
        finance.subject.contains(" of $1,200.50 [RD-"),
        "{}",
        finance.subject
    );
    for shown in ["(USD): $1,500.00", "Approved amount: $1,200.50"] {
        assert!(finance.text.contains(shown), "{}", finance.text);
    }
    let code = [("code", finance.code())];
    let code: Vec<_> = code.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let (_, page) = client.post_form(&finance.link("approve"), &code);
    assert!(page.contains("for $1,200.50 of $1,500.00"), "{page}");
    assert!(page.contains("at most $1,200.50"), "{page}");
    assert_eq!(client.status(&request).get("approvedAmount"), None);
    assert_eq!(approve(&client, &finance, &json!(1200.51)).0, 422);
    assert_eq!(approve(&client, &finance, &json!("1000")).0, 200);

    let status = client.wait_for_status(&request, "refunded");
    assert_eq!(
        (&status["requestedAmount"], &status["approvedAmount"]),
        (&json!("1500.00"), &json!("1000.00"))
    );
    let refunds = client.refunds("ch_demo_2000");
    assert_eq!(refunds.len(), 1);
    assert_eq!(refunds[0]["amount"], 100_000);
    let (_, page) = client.get(&request.status_url, "text/html");
    let told = "You asked for $1,500.00, and $1,000.00 was approved.";
    assert!(page.contains(told), "{page}");
    let mail = client.mail(CUSTOMER, "Your refund has been processed");
    let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "You asked for $1,500.00, of which $1,000.00 was approved.";
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_later_condition_sees_what_was_approved() {
    let client = LocalStack::open();
    let request = client.submit(&form().amount("600"));
    let (status, _) = approve(&client, &client.mail(CSM, &request.id), &json!("499.99"));
    assert_eq!(status, 200);
    client.wait_for_status(&request, "refunded");
    assert!(
        client.mails(FINANCE).is_empty(),
        "it is below the threshold"
    );
    assert_eq!(client.refunds("ch_demo_2000")[0]["amount"], 49_999);
}

#[test]
fn where_all_of_it_is_approved_nobody_is_told_of_two_amounts() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let (status, _) = approve(&client, &client.mail(CSM, &request.id), &json!("50.00"));
    assert_eq!(status, 200);
    client.wait_for_status(&request, "refunded");
    let mail = client.mail(CUSTOMER, "Your refund has been processed");
    assert!(!mail.text.contains("asked"), "{}", mail.text);
    assert_eq!(client.status(&request).get("approvedAmount"), None);
}
