//! Taking requests: what is taken, what is refused, and what happens when it is sent twice.

use domain::task::Offering;
use domain::team::Teams;
use domain::workflow::WorkflowError;
use jiff::Timestamp;
use lambda_http::request::from_str;
use serde_json::{Value, json};
use testing::MemoryMailer;
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;
use testing::fixtures::approval::link_keys;

use super::*;

mod brand;
mod floods;
mod forgotten;
mod hostile;
mod invited;
mod prefilled;
mod replies;
mod rotation;
mod status_page;
mod status_view;
mod versions;

const PATH: &str = "/services/customer-success/refund-request";

type Function = SubmitRequest<MemoryTable, MemoryMailer, MemoryWorkflow>;

fn function() -> Function {
    function_of(&fixtures::request::offering())
}

/// The function of a deployment with one offering.
fn function_of(offering: &Offering) -> Function {
    let workflow = MemoryWorkflow::with_definition(&definition(offering));
    let machines = StateMachines::from([(offering.path.clone(), "arn:machine:live".to_owned())]);
    SubmitRequest::new(
        RequestStore::new(MemoryTable::default()),
        MemoryMailer::default(),
        workflow,
        settings(r#"{"csm-team":["csm-1@example.com"]}"#),
        machines.into(),
        link_keys().into(),
    )
}

/// What a state machine of that offering is read from.
fn definition(offering: &Offering) -> Value {
    json!({"States": {"Start": {"Assign": {"offering": offering}}}})
}

/// The settings of a deployment with these teams.
fn settings(teams: &str) -> Cached<Settings> {
    let teams = Teams::parse(teams).unwrap();
    Settings {
        teams,
        ..Settings::default()
    }
    .into()
}

fn http(method: &str, path: &str, headers: &Value, body: &str) -> Request {
    http_at(0, method, path, headers, body)
}

/// A call that arrives at that Unix time in milliseconds.
fn http_at(millis: i64, method: &str, path: &str, headers: &Value, body: &str) -> Request {
    let event = json!({
        "version": "2.0", "routeKey": "x", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "t"},
            "requestId": "r", "routeKey": "x", "stage": "$default", "time": "", "timeEpoch": millis
        },
        "body": body, "isBase64Encoded": false
    });
    from_str(&event.to_string()).unwrap()
}

fn answers() -> Value {
    json!({
        "customerEmail": "ada@example.com", "chargeIdToRefund": "ch_1", "refundAmount": 19.99,
        "reason": "Other", "notes": "Charged twice."
    })
}

fn with(field: &str, value: &Value) -> Value {
    let mut answers = answers();
    answers[field] = value.clone();
    answers
}

impl Function {
    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: Value,
        body: &str,
    ) -> (u16, String, Option<String>) {
        let response = self.handle(&http(method, path, &headers, body)).await;
        let location = response
            .headers()
            .get("location")
            .map(|l| l.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        (
            status,
            String::from_utf8(response.into_body().to_vec()).unwrap(),
            location,
        )
    }

    async fn post(&self, key: Option<&str>, body: &str) -> (u16, Value) {
        let mut headers = json!({"content-type": "application/json"});
        if let Some(key) = key {
            headers["idempotency-key"] = key.into();
        }
        let (status, body, _) = self
            .send("POST", &format!("{PATH}/requests"), headers, body)
            .await;
        (status, serde_json::from_str(&body).unwrap())
    }

    fn stored(&self, kind: &str) -> usize {
        self.store
            .table()
            .items()
            .iter()
            .filter(|item| item.kind == kind)
            .count()
    }
}

#[tokio::test]
async fn json_is_taken_stored_and_started() {
    let function = function();
    let (status, body) = function.post(None, &answers().to_string()).await;
    assert_eq!((status, &body["status"]), (202, &json!("in_review")));
    let id = body["requestId"].as_str().unwrap();
    assert_eq!(
        function.workflow.calls(),
        [("start".to_owned(), id.to_owned())]
    );
    assert_eq!(
        (function.stored("request"), function.stored("audit")),
        (1, 1)
    );
    let url = body["statusUrl"].as_str().unwrap();
    let path = url.strip_prefix("https://d.example").unwrap();
    let (status, body, _) = function
        .send("GET", path, json!({"accept": "application/json"}), "")
        .await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &body["status"], &body["phase"]),
        (200, &json!("in_review"), &json!("CSM Review"))
    );
    let (status, ..) = function
        .send("GET", &format!("/requests/{id}/0123"), json!({}), "")
        .await;
    assert_eq!(status, 404, "without its key the request does not exist");
}

#[tokio::test]
async fn a_form_is_answered_with_the_status_page() {
    let function = function();
    let body = "customerEmail=ada%40example.com&chargeIdToRefund=ch_1&refundAmount=50&reason=Other&notes=Hi&stripeCustomerId=&idempotencyKey=k";
    let headers = json!({"content-type": "application/x-www-form-urlencoded"});
    let (status, _, location) = function
        .send("POST", &format!("{PATH}/requests"), headers.clone(), body)
        .await;
    assert_eq!(status, 303);
    let (_, _, again) = function
        .send("POST", &format!("{PATH}/requests"), headers.clone(), body)
        .await;
    assert_eq!(location, again, "a double click makes one request");
    let path = location
        .unwrap()
        .strip_prefix("https://d.example")
        .unwrap()
        .to_owned();
    let (status, page, _) = function.send("GET", &path, json!({}), "").await;
    assert_eq!(status, 200);
    assert!(page.contains("looking at your request") && page.contains("$50.00"));

    let changed = body.replace("=50&", "=60&");
    let (status, page, _) = function
        .send("POST", &format!("{PATH}/requests"), headers, &changed)
        .await;
    assert_eq!(status, 422);
    assert!(page.contains("sent before") && page.contains(r#"value="60""#));
}

#[tokio::test]
async fn every_refusal_is_clear_and_stores_nothing() {
    let function = function();
    for (field, value) in [
        ("refundAmount", json!(0)),
        ("refundAmount", json!(-5)),
        ("refundAmount", json!("1e3")),
        ("refundAmount", json!("10.505")),
        ("refundAmount", json!("abc")),
        ("refundAmount", json!(10.505)),
        ("reason", json!("Because")),
        ("notes", json!("")),
        ("colour", json!("red")),
        ("customerEmail", json!("ada\r\nBcc: eve@example.com")),
    ] {
        let (status, body) = function.post(None, &with(field, &value).to_string()).await;
        assert_eq!(
            (status, &body["errors"][0]["field"]),
            (422, &json!(field)),
            "{field} {value}: {body}"
        );
    }
    let (status, _) = function.post(None, r#"{"refundAmount": 1e3}"#).await;
    assert_eq!(status, 422);
    assert_eq!(function.post(None, "{\"a\":").await.0, 400);
    let long = with("notes", &"x".repeat(64 * 1024).into()).to_string();
    assert_eq!(function.post(None, &long).await.0, 413);
    assert_eq!(
        function
            .post(Some(&"k".repeat(256)), &answers().to_string())
            .await
            .0,
        400
    );
    let xml = json!({"content-type": "application/xml"});
    assert_eq!(
        function
            .send("POST", &format!("{PATH}/requests"), xml, "<a/>")
            .await
            .0,
        415
    );
    assert!(function.store.table().items().is_empty());
    assert!(function.workflow.calls().is_empty());
}

#[tokio::test]
async fn the_same_key_is_the_same_request_also_at_the_same_moment() {
    let function = function();
    let body = answers().to_string();
    let (a, b) = tokio::join!(
        function.post(Some("k"), &body),
        function.post(Some("k"), &body)
    );
    assert_eq!((a.0, b.0), (202, 202));
    assert_eq!(a.1, b.1);
    assert_eq!(function.stored("request"), 1);
    let (status, other) = function
        .post(Some("k"), &with("notes", &"More.".into()).to_string())
        .await;
    assert_eq!(
        (status, &other["errors"][0]["field"]),
        (422, &json!("Idempotency-Key"))
    );
    assert_ne!(
        function.post(Some("k2"), &body).await.1["requestId"],
        a.1["requestId"]
    );
}

#[tokio::test]
async fn a_request_that_could_not_be_started_is_started_by_the_retry() {
    let function = function();
    for _ in 0..5 {
        function
            .workflow
            .fail_next(WorkflowError::Unavailable("ThrottlingException".into()));
    }
    let body = answers().to_string();
    assert_eq!(
        function.post(Some("k"), &body).await.0,
        503,
        "not started is not received"
    );
    assert_eq!(function.post(Some("k"), &body).await.0, 202);
    assert_eq!(
        (function.stored("request"), function.workflow.calls().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn a_refused_form_comes_back_filled_in() {
    let function = function();
    let headers = json!({"content-type": "application/x-www-form-urlencoded"});
    let (status, page, _) = function
        .send(
            "POST",
            &format!("{PATH}/requests"),
            headers,
            "notes=%3Cb%3Ekeep+me&refundAmount=x",
        )
        .await;
    assert_eq!(status, 422);
    assert!(page.contains("&lt;b&gt;keep me") && page.contains(r#"aria-invalid="true""#));
    assert!(page.contains("<a href=\"#refundAmount\">Refund Amount (USD)</a>"));
}

#[tokio::test]
async fn pages_and_schema() {
    let function = function();
    let (status, page, _) = function.send("GET", "/", json!({}), "").await;
    assert!(status == 200 && page.contains(PATH));
    let (status, page, _) = function.send("GET", PATH, json!({}), "").await;
    assert!(status == 200 && page.contains("Refund Amount (USD)"));
    let (_, schema, _) = function
        .send(
            "GET",
            PATH,
            json!({"accept": "application/schema+json"}),
            "",
        )
        .await;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        function
            .send("GET", "/services/customer-success/nothing", json!({}), "")
            .await
            .0,
        404
    );
    assert_eq!(
        function
            .send("GET", "/services/Customer/x", json!({}), "")
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_retired_offering_takes_nothing_and_says_that_the_rest_goes_on() {
    let function = function_of(&Offering {
        retired: true,
        ..fixtures::request::offering()
    });
    let (status, body) = function.post(None, &answers().to_string()).await;
    assert_eq!((status, function.stored("request")), (410, 0), "{body}");
    let html = json!({"accept": "text/html"});
    let (status, page, _) = function.send("GET", PATH, html.clone(), "").await;
    assert_eq!(status, 410);
    assert!(
        page.contains("no new requests") && page.contains("still worked on"),
        "{page}"
    );
    let (status, page, _) = function.send("GET", "/", html, "").await;
    assert_eq!(status, 200);
    assert!(!page.contains(PATH), "{page}");
}
