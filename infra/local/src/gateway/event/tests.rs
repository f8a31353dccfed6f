use axum::{body::Body, http::Request};
use lambda_http::{RequestExt, aws_lambda_events::apigw::ApiGatewayV2httpRequest};

use super::*;

fn event(request: Request<Body>, body: &str) -> Value {
    let (parts, _) = request.into_parts();
    let path = decode(parts.uri.path()).into_owned();
    let context = Context {
        route_key: "POST /services/{service}/{offering}/requests",
        path: &path,
        path_parameters: &Map::from_iter([("service".to_owned(), json!("customer success"))]),
        domain_name: "127.0.0.1:3000",
        request_id: Uuid::nil(),
        now: "2020-03-12T19:03:58.39Z".parse().unwrap(),
    };
    payload(&context, &parts, body.as_bytes())
}

fn post(uri: &str) -> axum::http::request::Builder {
    Request::post(uri).header("host", "127.0.0.1:3000")
}

#[test]
fn an_event_looks_as_documented() {
    let request = post("/services/customer%20success/refund-request/requests?a=1&b=x%2Cy&a=2&c")
        .header("X-Two", "one")
        .header("x-two", "two")
        .header("cookie", "first=1; second=2")
        .header("user-agent", "agent")
        .header("content-type", "application/json")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        event(request, "{}"),
        json!({
            "version": "2.0",
            "routeKey": "POST /services/{service}/{offering}/requests",
            "rawPath": "/services/customer success/refund-request/requests",
            "rawQueryString": "a=1&b=x%2Cy&a=2&c",
            "cookies": ["first=1", "second=2"],
            "headers": {
                "content-type": "application/json",
                "host": "127.0.0.1:3000",
                "user-agent": "agent",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "3000",
                "x-forwarded-proto": "http",
                "x-two": "one,two",
            },
            "queryStringParameters": { "a": "1,2", "b": "x,y", "c": "" },
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": "127.0.0.1:3000",
                "domainPrefix": "127",
                "http": {
                    "method": "POST",
                    "path": "/services/customer success/refund-request/requests",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "agent",
                },
                "requestId": "00000000-0000-0000-0000-000000000000",
                "routeKey": "POST /services/{service}/{offering}/requests",
                "stage": "$default",
                "time": "12/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_584_039_838_390_i64,
            },
            "pathParameters": { "service": "customer success" },
            "body": "{}",
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn what_is_empty_is_left_out() {
    let event = event(post("/x").body(Body::empty()).unwrap(), "");
    for absent in ["body", "cookies", "queryStringParameters"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
    assert_eq!(event["rawQueryString"], "");
}

#[test]
fn a_host_that_no_url_can_have_is_not_valid() {
    for (host, valid) in [
        ("127.0.0.1:3000", true),
        ("refunds.example.com", true),
        ("[::1]:3000", true),
        ("", false),
        ("a b", false),
        ("exa[mple", false),
        ("127.0.0.1:99999", false),
        ("1.2.3.256", false),
        ("xn--a", false),
    ] {
        let request = Request::get("/").header("host", host).body(Body::empty());
        assert_eq!(has_valid_host(request.unwrap().headers()), valid, "{host}");
    }
}

#[test]
fn only_text_travels_as_text() {
    let encoded = |content_type: &str, body: &str| {
        let request = post("/x")
            .header("content-type", content_type)
            .body(Body::empty())
            .unwrap();
        let event = event(request, body);
        (
            event["isBase64Encoded"].as_bool().unwrap(),
            event["body"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(
        encoded("text/plain; charset=utf-8", "ä"),
        (false, "ä".to_owned())
    );
    assert_eq!(
        encoded("application/schema+json", "{}"),
        (false, "{}".to_owned())
    );
    assert_eq!(
        encoded("application/x-www-form-urlencoded", "a=1"),
        (true, "YT0x".to_owned())
    );
    assert_eq!(encoded("image/png", "png"), (true, "cG5n".to_owned()));
}

/// The types that functions on AWS read such events with.
#[test]
fn lambda_http_reads_it_back() {
    let request = post("/services/customer%20success/x/requests?q=a%20b")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", "a=1; b=2")
        .body(Body::empty())
        .unwrap();
    let event = event(request, "amount=5");
    serde_json::from_value::<ApiGatewayV2httpRequest>(event.clone()).unwrap();
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.uri().path(),
        "/services/customer%20success/x/requests"
    );
    assert_eq!(request.query_string_parameters().first("q"), Some("a b"));
    assert_eq!(
        request.path_parameters().first("service"),
        Some("customer success")
    );
    assert_eq!(request.headers()["cookie"], "a=1; b=2");
    assert_eq!(request.body().as_ref(), b"amount=5");
}
