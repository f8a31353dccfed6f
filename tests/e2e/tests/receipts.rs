//! A customer who has no charge's id, but what Stripe has mailed: the number of a receipt or an invoice.

use e2e::{LocalStack, Submitted, TestClient, form};
use serde_json::{Value, json};

const CSM: &str = "csm-1@example.com";
const RECEIPT: &str = "2000-0001";

/// The page of a case, as its reviewer sees it once the code was right.
fn case(client: &TestClient, request: &Submitted) -> String {
    let mail = client.mail(CSM, &request.id);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("code={}", mail.code());
    client.call("POST", &mail.address(), &headers, &body).text
}

fn approve(client: &TestClient, request: &Submitted, charge: &str) -> (u16, Value) {
    let mail = client.mail(CSM, &request.id);
    let body = json!({"decision": "approve", "code": mail.code(), "confirmCharge": charge});
    client.post_json(mail.address(), &body)
}

#[test]
fn the_charge_behind_a_number_is_confirmed_and_paid() {
    let client = LocalStack::open();
    for (number, charge) in [
        (RECEIPT, "ch_demo_2000"),
        ("demo-0001", "ch_demo_invoiced_45"),
        ("4500-0001", "ch_demo_invoiced_45"),
    ] {
        let request = client.submit(&form().charge(number).amount("19.99"));
        let page = case(&client, &request);
        assert!(page.contains(charge), "{number}: {page}");
        assert!(page.contains("<dt>Charge amount</dt>"), "{page}");
        for wrong in ["", "ch_other_100"] {
            let (status, body) = approve(&client, &request, wrong);
            assert_eq!(status, 422, "{body}");
        }
        let (status, body) = approve(&client, &request, charge);
        assert_eq!(status, 200, "{body}");
        client.wait_for_status(&request, "refunded");
        let refunds = client.refunds(charge);
        assert_eq!(refunds[0]["metadata"]["request_id"], json!(request.id));
        assert_eq!(refunds[0]["amount"], 1999);
    }
    // Two requests of one charge, which named it by other numbers.
    assert_eq!(client.refunds("ch_demo_invoiced_45").len(), 2);
}

#[test]
fn requests_that_name_one_charge_in_other_ways_know_of_each_other() {
    let client = LocalStack::open();
    let by_number = client.submit(&form().charge(RECEIPT).amount("30"));
    client.mail(CSM, &by_number.id);
    let by_id = client.submit(&form().charge("ch_demo_2000").amount("20"));
    assert!(case(&client, &by_id).contains("1 other request, $0.00 paid, $30.00 open"));
    assert!(case(&client, &by_number).contains("1 other request, $0.00 paid, $20.00 open"));
}

/// What a customer is told, without what differs from one request to the next.
fn told(client: &TestClient, request: &Submitted) -> Vec<String> {
    let mut status = client.status(request);
    let reference = status["reference"].to_string().replace('"', "");
    for name in ["requestId", "reference", "updatedAt"] {
        status[name] = Value::Null;
    }
    let (code, page) = client.get(&request.status_url, "text/html");
    let lines = page.lines().filter(|line| !line.contains("datetime="));
    let page: Vec<&str> = lines.collect();
    let page = page
        .join("\n")
        .replace(&request.id, "")
        .replace(&reference, "");
    let key = request.status_url.rsplit('/').next().unwrap_or_default();
    vec![status.to_string(), code.to_string(), page.replace(key, "")]
}

#[test]
fn a_stranger_with_a_guessed_number_learns_nothing() {
    let client = LocalStack::open();
    // One that somebody's receipt has, and one that none has.
    let guesses = [RECEIPT, "9999-9999"].map(|number| {
        let guess = form().charge(number).amount("19.99");
        client.submit(&guess.with("customerEmail", json!("stranger@example.com")))
    });
    for request in &guesses {
        let page = case(&client, request);
        assert!(page.contains("knows no charge of this customer"), "{page}");
        assert!(!page.contains("ch_demo_2000"));
    }
    let [first, second] = &guesses;
    assert_eq!(told(&client, first), told(&client, second));
    // Also where somebody approves it all the same.
    for request in &guesses {
        let (status, body) = approve(&client, request, "ch_demo_2000");
        assert_eq!(status, 200, "{body}");
        client.wait_for_status(request, "denied");
    }
    assert_eq!(told(&client, first), told(&client, second));
    assert!(client.refunds("ch_demo_2000").is_empty());
}
