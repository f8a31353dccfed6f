//! Stripe over HTTP: keys, parameters, shapes.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::clock::Clock;
use crate::stripe::{FakeStripe, router};

mod credits;
mod idempotency;
mod reading;

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn error(&self, member: &str) -> &Value {
        &self.body["error"][member]
    }

    fn message(&self) -> &str {
        self.error("message").as_str().unwrap_or_default()
    }
}

fn stripe(data: Option<&Path>, clock: &Clock) -> Router {
    router(Arc::new(FakeStripe::open(data, clock.clone()).unwrap()))
}

fn fresh() -> Router {
    stripe(None, &Clock::system())
}

async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap(),
    }
}

async fn get(app: &Router, uri: &str) -> Answer {
    let request = Request::get(uri).header("authorization", "Bearer sk_test_x");
    send(app, request.body(Body::empty()).unwrap()).await
}

async fn post(app: &Router, uri: &str, key: Option<&str>, form: &str) -> Answer {
    let mut request = Request::post(uri)
        .header("authorization", "Bearer rk_test_x")
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    send(app, request.body(Body::from(form.to_owned())).unwrap()).await
}

async fn refund(app: &Router, key: Option<&str>, form: &str) -> Answer {
    post(app, "/v1/refunds", key, form).await
}

#[tokio::test]
async fn only_a_test_key_is_accepted() {
    let app = fresh();
    // `sk_test_x:` and `sk_live_x:` in Base64
    let cases = [
        (None, 401, "You did not provide an API key."),
        (Some("Bearer "), 401, "You did not provide an API key."),
        (Some("Basic !!"), 401, "You did not provide an API key."),
        (
            Some("Bearer sk_live_abc"),
            401,
            "Invalid API Key provided: sk_live_***",
        ),
        (
            Some("Bearer sk_test_"),
            401,
            "Invalid API Key provided: sk_test_",
        ),
        (
            Some("Basic c2tfbGl2ZV94Og=="),
            401,
            "Invalid API Key provided: sk_live_*",
        ),
        (Some("Basic c2tfdGVzdF94Og=="), 200, ""),
        (Some("Bearer rk_test_1"), 200, ""),
    ];
    for (authorization, status, message) in cases {
        let mut request = Request::get("/v1/charges/ch_demo_2000");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let answer = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{authorization:?}");
        assert!(
            answer.message().starts_with(message),
            "{}",
            answer.message()
        );
        assert!(answer.header("request-id").unwrap().starts_with("req_"));
    }
}

#[tokio::test]
async fn a_refund_has_stripes_shape_and_the_charge_follows() {
    let app = fresh();
    let form = "charge=ch_demo_2000&amount=1999&reason=duplicate&metadata%5Brequest_id%5D=r-1&metadata[who]=csm";
    let answer = refund(&app, Some("k"), form).await;
    assert_eq!(answer.status, 200);
    let id = answer.body["id"].as_str().unwrap();
    assert!(id.starts_with("re_"));
    for (member, expected) in [
        ("object", json!("refund")),
        ("amount", json!(1999)),
        ("charge", json!("ch_demo_2000")),
        ("currency", json!("usd")),
        ("payment_intent", json!(null)),
        ("reason", json!("duplicate")),
        ("status", json!("succeeded")),
        ("metadata", json!({"request_id": "r-1", "who": "csm"})),
    ] {
        assert_eq!(answer.body[member], expected, "{member}");
    }
    assert_eq!(answer.header("idempotency-key"), Some("k"));

    assert_eq!(
        get(&app, &format!("/v1/refunds/{id}")).await.body,
        answer.body
    );
    let charge = get(&app, "/v1/charges/ch_demo_2000").await.body;
    assert_eq!(charge["amount_refunded"], 1999);
    assert_eq!(charge["refunded"], false);
    assert_eq!(charge["billing_details"]["email"], "customer@example.com");
}

/// Forms that are refused: with which code, on which parameter, in which words.
const REFUSED: [(&str, &str, &str, &str); 13] = [
    (
        "charge=ch_demo_2000&foo=1",
        "parameter_unknown",
        "foo",
        "Received unknown parameter: foo",
    ),
    (
        "charge=ch_demo_2000&expand[]=charge",
        "parameter_unknown",
        "expand",
        "Received unknown parameter: expand",
    ),
    (
        "charge=ch_demo_2000&amount=12.5",
        "parameter_invalid_integer",
        "amount",
        "Invalid integer: 12.5",
    ),
    (
        "charge=ch_demo_2000&amount=1e3",
        "parameter_invalid_integer",
        "amount",
        "Invalid integer: 1e3",
    ),
    (
        "charge=ch_demo_2000&amount=%2B5",
        "parameter_invalid_integer",
        "amount",
        "Invalid integer: +5",
    ),
    (
        "charge=ch_demo_2000&amount=99999999999999999999",
        "parameter_invalid_integer",
        "amount",
        "Invalid integer: 99999999999999999999",
    ),
    (
        "charge=ch_demo_2000&amount=0",
        "parameter_invalid_integer",
        "amount",
        "This value must be greater than or equal to 1.",
    ),
    (
        "charge=ch_demo_2000&amount=-5",
        "parameter_invalid_integer",
        "amount",
        "This value must be greater than or equal to 1.",
    ),
    (
        "charge=",
        "parameter_invalid_empty",
        "charge",
        "You passed an empty string for 'charge'.",
    ),
    (
        "charge=ch_demo_2000&reason=Goodwill",
        "",
        "reason",
        "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
    ),
    (
        "amount=5",
        "",
        "",
        "One of the following params should be provided for this request: payment_intent or charge.",
    ),
    (
        "charge=ch_demo_2000&payment_intent=pi_demo_2000",
        "",
        "charge",
        "You may only specify one of these parameters: charge, payment_intent.",
    ),
    (
        "charge=ch_demo_2000&metadata[a][b]=1",
        "",
        "metadata",
        "Invalid hash",
    ),
];

#[tokio::test]
async fn parameters_are_checked_by_name_and_by_value() {
    let app = fresh();
    for (form, code, param, message) in REFUSED {
        let answer = refund(&app, Some("same"), form).await;
        assert_eq!(answer.status, 400, "{form}");
        assert!(
            answer.message().starts_with(message),
            "{form}: {}",
            answer.message()
        );
        assert_eq!(answer.error("type"), "invalid_request_error");
        assert_eq!(
            answer.error("code").as_str().unwrap_or_default(),
            code,
            "{form}"
        );
        assert_eq!(
            answer.error("param").as_str().unwrap_or_default(),
            param,
            "{form}"
        );
    }
    let long = format!("charge=ch_demo_2000&metadata[notes]={}", "x".repeat(501));
    assert!(
        refund(&app, None, &long)
            .await
            .message()
            .contains("up to 500 characters")
    );
    // None of them began to execute, so the key that all of them carried is still free.
    assert_eq!(
        refund(&app, Some("same"), "charge=ch_demo_2000&amount=5")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_is_no_form_and_what_is_no_address_is_refused() {
    let app = fresh();
    let request = Request::post("/v1/refunds")
        .header("authorization", "Bearer sk_test_x")
        .header("content-type", "application/json");
    let body = Body::from(r#"{"charge":"ch_demo_2000"}"#);
    let answer = send(&app, request.body(body).unwrap()).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .message()
            .contains("application/x-www-form-urlencoded")
    );
    for (method, uri) in [
        ("GET", "/v1/balance"),
        ("GET", "/v1/refunds/"),
        ("POST", "/v1/charges/ch_x"),
    ] {
        let request = Request::builder().method(method).uri(uri);
        let request = request.header("authorization", "Bearer sk_test_x");
        let answer = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 404);
        let start = format!("Unrecognized request URL ({method}: {uri}).");
        assert!(answer.message().starts_with(&start), "{}", answer.message());
    }
}
