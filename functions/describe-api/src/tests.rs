//! Where people are led, and what is said of methods and addresses that there are not.

use lambda_http::request::from_str;
use serde_json::json;

use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn call(method: &str, address: &str, accept: &str) -> Response<Body> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": { "host": "d.example", "accept": accept },
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "t"},
            "requestId": "r", "routeKey": "$default", "stage": "$default", "time": "", "timeEpoch": 0
        },
        "isBase64Encoded": false
    });
    let request = from_str(&event.to_string()).unwrap();
    let function = DescribeApi::new(Settings::default().into()).unwrap();
    function.handle(&request).await
}

fn header_of<'a>(answer: &'a Response<Body>, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_person_is_led_to_the_page_that_was_meant() {
    let form = "/services/customer-success/refund-request";
    for (address, page) in [
        ("/services", "/"),
        ("/services/", "/"),
        ("/services/customer-success", "/"),
        ("//", "/"),
        (&format!("{form}/requests"), form),
        (&format!("{form}/requests/"), form),
        (&format!("{form}/"), form),
        ("/requests/1/2/answers", "/requests/1/2"),
        ("/approvals/x/", "/approvals/x"),
        ("/openapi/", "/openapi"),
    ] {
        let answer = call("GET", &format!("{address}?a=b"), BROWSER).await;
        let location = header_of(&answer, "location");
        assert_eq!(
            (answer.status().as_u16(), location),
            (303, &*format!("{page}?a=b")),
            "{address}"
        );
    }
}

#[tokio::test]
async fn elsewhere_there_is_nothing() {
    for address in [
        "/service",
        "/services/nobody",
        "/services/customer-success/nothing",
        "/servicesx",
        "/requests",
        "/approvals",
        "/approvals//",
        "/approvals/x/y",
        "/webhooks",
        "//evil.example/",
        "/favicon.ico",
    ] {
        for (accept, content) in [
            (BROWSER, "text/html; charset=utf-8"),
            ("*/*", "application/problem+json"),
            ("application/json", "application/problem+json"),
        ] {
            for method in ["GET", "POST", "OPTIONS"] {
                let answer = call(method, address, accept).await;
                let found = (answer.status().as_u16(), header_of(&answer, "content-type"));
                assert_eq!(found, (404, content), "{method} {address} {accept}");
            }
        }
    }
}

#[tokio::test]
async fn another_method_is_told_those_that_there_are() {
    let requests = "/services/customer-success/refund-request/requests";
    for (method, address, allow) in [
        ("GET", requests, "POST, OPTIONS"),
        ("DELETE", requests, "POST, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("PUT", "/approvals/x", "GET, HEAD, POST, OPTIONS"),
        ("GET", "/webhooks/stripe", "POST, OPTIONS"),
        ("PATCH", "/reports/audit", "GET, HEAD, OPTIONS"),
    ] {
        let answer = call(method, address, "*/*").await;
        let found = (answer.status().as_u16(), header_of(&answer, "allow"));
        assert_eq!(found, (405, allow), "{method} {address}");
        let options = call("OPTIONS", address, "*/*").await;
        let found = (options.status().as_u16(), header_of(&options, "allow"));
        assert_eq!(found, (204, allow), "{address}");
    }
    let page = call("GET", "/webhooks/stripe", BROWSER).await;
    assert_eq!(page.status(), 405);
    assert_eq!(header_of(&page, "content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_page_shows_every_operation_and_has_a_place_for_each_of_its_links() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let page = call("GET", "/openapi", BROWSER).await;
    let page = String::from_utf8(page.body().to_vec()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post"] {
            if item.get(method).is_some() {
                let shown = format!("<pre>{} {path}</pre>", method.to_uppercase());
                assert!(page.contains(&shown), "{shown}");
                operations += 1;
            }
        }
    }
    assert_eq!(page.matches("<section").count(), operations);
    for link in page.split("href=\"#").skip(1) {
        let (name, _) = link.split_once('"').unwrap();
        assert!(page.contains(&format!("id=\"{name}\"")), "{name}");
    }
}
