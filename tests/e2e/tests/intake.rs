//! What is taken, what is refused, and what happens when it is sent twice.

use e2e::{Form, Submitted, TestClient, form};
use serde_json::{Value, json};

fn fields(body: &Value) -> Vec<&str> {
    let errors = body["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    errors
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect()
}

#[tokio::test]
async fn a_refused_form_names_every_field_and_stores_nothing() {
    let client = TestClient::open().await;
    let amount = |text: &str| form().amount(text);
    let cases: [(Form, &[&str]); 11] = [
        (amount("0"), &["refundAmount"]),
        (amount("-5"), &["refundAmount"]),
        (amount("1e3"), &["refundAmount"]),
        (amount("10.505"), &["refundAmount"]),
        (amount("abc"), &["refundAmount"]),
        (form().with("refundAmount", json!(-5)), &["refundAmount"]),
        (form().without("notes"), &["notes"]),
        (form().with("reason", json!("Because")), &["reason"]),
        (form().with("colour", json!("red")), &["colour"]),
        (
            form().charge("card_1").without("customerEmail"),
            &["customerEmail", "chargeIdToRefund"],
        ),
        (
            form().with(
                "customerEmail",
                json!("a@example.com\r\nBcc: b@example.com"),
            ),
            &["customerEmail"],
        ),
    ];
    for (form, wrong) in cases {
        let (status, body) = client.try_submit(&form, None).await;
        assert_eq!((status, fields(&body).as_slice()), (422, wrong), "{body}");
    }
    let raw_exponent = form().json().to_string().replace("\"50\"", "1e3");
    assert_eq!(client.submit_text(raw_exponent, None).await.0, 422);
    let (status, body) = client
        .submit_text("{\"customerEmail\": ".to_owned(), None)
        .await;
    assert_eq!((status, &body["status"]), (400, &json!(400)));
    let padding = 64 * 1024 + 1 - form().with("notes", json!("")).json().to_string().len();
    let too_large = form()
        .with("notes", json!("x".repeat(padding)))
        .json()
        .to_string();
    assert_eq!(too_large.len(), 64 * 1024 + 1);
    assert_eq!(client.submit_text(too_large, None).await.0, 413);
    assert!(client.items().await.is_empty());
    assert!(client.mails("csm-1@example.com").await.is_empty());
}

#[tokio::test]
async fn problems_are_rfc_9457_documents() {
    let client = TestClient::open().await;
    let response = client
        .call(
            reqwest::Method::POST,
            "/services/customer-success/refund-request/requests",
            &[("content-type", "application/json")],
            "{}".to_owned(),
        )
        .await;
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let body: Value = response.json().await.unwrap();
    assert!(
        body["title"].is_string() && body["errors"][0]["message"].is_string(),
        "{body}"
    );
}

#[tokio::test]
async fn the_schema_is_the_forms_own() {
    let client = TestClient::open().await;
    let path = "/services/customer-success/refund-request";
    let (status, schema) = client.get(path, "application/schema+json").await;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(status, 200);
    let required = [
        "customerEmail",
        "chargeIdToRefund",
        "refundAmount",
        "reason",
        "notes",
    ];
    assert_eq!(schema["required"], json!(required));
}

#[tokio::test]
async fn the_same_key_is_one_request_one_execution_and_one_mail_each() {
    let client = TestClient::open().await;
    let form = form();
    let same = |key| client.try_submit(&form, Some(key));
    let (a, b, c) = tokio::join!(same("key-1"), same("key-1"), same("key-1"));
    assert_eq!((a.0, b.0, c.0), (202, 202, 202), "{a:?} {b:?} {c:?}");
    let later = same("key-1").await;
    assert!([&b, &c, &later].iter().all(|answer| answer.1 == a.1));
    let other = same("key-2").await;
    assert_ne!(other.1["requestId"], a.1["requestId"]);

    let request = Submitted::read(&a.1);
    for approver in ["csm-1@example.com", "csm-2@example.com"] {
        client.mail(approver, &request.id).await;
        let mails = client.mails(approver).await;
        assert_eq!(
            mails
                .iter()
                .filter(|mail| mail.text.contains(&request.id))
                .count(),
            1
        );
    }
    let kinds = |items: &[Value], kind: &str| {
        items
            .iter()
            .filter(|item| item["kind"]["S"] == kind)
            .count()
    };
    assert_eq!(kinds(&client.items().await, "request"), 2);
    let changed = form.clone().with("notes", json!("Something else."));
    let (status, body) = client.try_submit(&changed, Some("key-1")).await;
    assert_eq!(
        (status, fields(&body).as_slice()),
        (422, ["Idempotency-Key"].as_slice())
    );
}
