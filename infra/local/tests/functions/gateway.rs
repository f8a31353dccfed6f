//! The HTTP API in front of a real function process.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request},
};
use http_body_util::BodyExt;
use local::{clock::Clock, gateway, template::Route};
use serde_json::Value;
use tower::ServiceExt;

use crate::support::Lambda;

/// An HTTP API with routes for all that the function can do.
fn api(patience: Option<Duration>) -> (Lambda, Router) {
    let lambda = Lambda::start(Duration::from_secs(20), "");
    let routes = ["/echo/{name}", "/http", "/fail", "/exit", "/sleep"].map(|path| Route {
        key: format!("POST {path}"),
        function: "Test".to_owned(),
    });
    let clock = Clock::fixed("2020-03-12T19:03:58Z".parse().unwrap());
    let api = gateway::router(
        &routes,
        lambda.functions.clone(),
        clock,
        "127.0.0.1:1".to_owned(),
        patience.unwrap_or(Duration::MAX),
    );
    (lambda, api)
}

async fn call(
    api: &Router,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> (u16, HeaderMap, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(body.into())
        .unwrap();
    let (parts, body) = api.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status.as_u16(),
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn a_request_reaches_the_function_and_its_answer_comes_back() {
    let (_lambda, api) = api(None);
    let (status, headers, body) = call(&api, "POST", "/echo/a%20b?x=1", "hello").await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "application/json");
    let echo: Value = serde_json::from_str(&body).unwrap();
    let event = &echo["echo"];
    assert_eq!(event["body"], "hello");
    assert_eq!(event["rawPath"], "/echo/a b");
    assert_eq!(event["pathParameters"]["name"], "a b");
    assert_eq!(
        event["requestContext"]["timeEpoch"], 1_584_039_838_000_i64,
        "the stack's time"
    );
    assert_eq!(
        headers["apigw-requestid"].to_str().unwrap(),
        event["requestContext"]["requestId"].as_str().unwrap()
    );

    let (status, headers, body) = call(&api, "POST", "/http", "").await;
    assert_eq!((status, body.as_str()), (201, "made"));
    assert_eq!(headers["set-cookie"], "a=1");
}

#[tokio::test]
async fn refusals_are_api_gateways_own() {
    let (_lambda, api) = api(Some(Duration::from_millis(300)));
    let not_found = r#"{"message":"Not Found"}"#;
    let failed = r#"{"message":"Internal Server Error"}"#;
    for (method, path, status, body) in [
        ("POST", "/nothing", 404, not_found),
        ("GET", "/http", 404, not_found),
        ("HEAD", "/http", 404, ""),
        ("OPTIONS", "/http", 404, not_found),
        ("POST", "/fail", 500, failed),
        ("POST", "/exit", 500, failed),
        (
            "POST",
            "/sleep",
            503,
            r#"{"message":"Service Unavailable"}"#,
        ),
    ] {
        let (got, headers, text) = call(&api, method, path, "").await;
        assert_eq!((got, text.as_str()), (status, body), "{method} {path}");
        assert_eq!(headers["content-type"], "application/json");
    }
    let (status, _, body) = call(&api, "POST", "/http", vec![0; 10 * 1024 * 1024 + 1]).await;
    assert_eq!(
        (status, body.as_str()),
        (413, r#"{"message":"Request Entity Too Large"}"#)
    );
}
