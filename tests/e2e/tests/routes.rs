//! What holds of every route that the template declares.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;

use e2e::{LocalStack, Submitted, form};
use serde_json::Value;
use testing::test_client::Answer;

/// The routes of infra/template.yaml, as method and path. Of those that take any method it is GET.
fn routes() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
    let template = std::fs::read_to_string(path).unwrap();
    let mut routes = Vec::new();
    let mut method = None;
    for line in template.lines() {
        let value = |key: &str| {
            let after = line.split_once(key)?.1.trim_start();
            let value = after.split(['}', ',']).next()?;
            // A path may hold braces, and is quoted then.
            match after.strip_prefix('\'') {
                Some(quoted) => quoted.split('\'').next(),
                None => Some(value.trim()),
            }
        };
        method = value("Method:").map(str::to_owned).or(method);
        if let Some(path) = value(" Path:").filter(|path| path.starts_with('/')) {
            let method = method.take().expect("a route has a method before its path");
            let method = if method == "ANY" {
                "GET".to_owned()
            } else {
                method
            };
            routes.push((method, path.to_owned()));
        }
    }
    routes
}

/// The route's path with values that exist.
fn filled(path: &str, request: &Submitted, link: &str) -> String {
    let key = request.status_url.rsplit('/').next().unwrap();
    path.replace("{service}", "customer-success")
        .replace("{offering}", "refund-request")
        .replace("{requestId}", &request.id)
        .replace("{statusKey}", key)
        .replace("{linkId}", link)
        .replace("{report}", "audit")
}

#[test]
fn the_list_of_routes_is_the_templates() {
    let routes = routes();
    let has = |method: &str, path: &str| {
        assert!(
            routes.contains(&(method.into(), path.into())),
            "{method} {path}: {routes:?}"
        );
    };
    has("GET", "/");
    has("POST", "/services/{service}/{offering}/requests");
    has("GET", "/requests/{requestId}/{statusKey}");
    has("POST", "/requests/{requestId}/{statusKey}/answers");
    has("GET", "/approvals/{linkId}");
    has("POST", "/approvals/{linkId}");
    let template = include_str!("../../../infra/template.yaml");
    let declared = template.matches("Type: HttpApi").count();
    assert_eq!(
        routes.len() + 1,
        declared,
        "every HttpApi event is a route, and one the default: {routes:?}"
    );
}

/// Whether a documented path, such as that of one offering, is one that the route takes.
fn takes(route: &str, documented: &str) -> bool {
    let (route, documented) = (route.split('/'), documented.split('/'));
    let parameter = |part: &str| part.starts_with('{');
    route.clone().count() == documented.clone().count()
        && route
            .zip(documented)
            .all(|(own, other)| own == other || parameter(own))
}

#[test]
fn the_openapi_document_has_the_routes_of_the_template() {
    let document = include_str!("../../../statemachines/generated/openapi.json");
    let document: Value = serde_json::from_str(document).unwrap();
    let mut documented = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = ["get", "post"].into_iter();
        let methods = methods.filter(|method| item.get(method).is_some());
        documented.extend(methods.map(|method| (method.to_uppercase(), path.as_str())));
    }
    let mut routes = routes();
    // Where no other route takes them, they are the default one's.
    let own = ["/openapi", "/openapi.json"];
    routes.extend(own.map(|path| ("GET".to_owned(), path.to_owned())));
    // A HEAD is answered like its GET, which the document says once.
    routes.retain(|(method, _)| method != "HEAD");
    for (method, path) in &documented {
        let taking: Vec<_> = routes
            .iter()
            .filter(|(by, route)| by == method && takes(route, path))
            .collect();
        assert_eq!(taking.len(), 1, "{method} {path}: {taking:?}");
    }
    for (method, route) in &routes {
        let mut those = documented.iter();
        let is_documented = those.any(|(by, path)| by == method && takes(route, path));
        assert!(is_documented, "{method} {route} is not in the document");
    }
}

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The status and headers, without what belongs to the one call.
fn head_of(answer: &Answer) -> (u16, Vec<(String, String)>) {
    let of_the_call = ["apigw-requestid", "content-length", "date"];
    let headers = answer.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| !of_the_call.contains(&name.as_str()))
        .collect();
    headers.sort();
    (answer.status, headers)
}

#[test]
fn a_head_is_answered_like_a_get_without_the_body_on_every_route() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-2@example.com", "CSM Review");
    let link = mail.address().rsplit('/').next().unwrap().to_owned();
    let mut paths: Vec<String> = routes()
        .into_iter()
        .map(|(_, path)| filled(&path, &request, &link))
        .collect();
    paths.extend(
        [
            "/services",
            "/nothing",
            "/approvals/nobody",
            "/reports/audit?q=a:b",
        ]
        .map(str::to_owned),
    );
    for path in &paths {
        for accept in [BROWSER, "application/json", "*/*"] {
            let headers = [("accept", accept)];
            let get = client.call("GET", path, &headers, "");
            let head = client.call("HEAD", path, &headers, "");
            assert_eq!(head_of(&head), head_of(&get), "{path} {accept}");
            assert_eq!(head.text, "", "{path}");
            let length = head.headers.get("content-length");
            assert!(
                length.is_none_or(|it| *it == get.text.len().to_string()),
                "{path}: {length:?}"
            );
        }
    }
}

#[test]
fn a_browser_gets_pages_and_a_program_problems_wherever_it_goes() {
    let client = LocalStack::open();
    let form = "/services/customer-success/refund-request";
    let requests = format!("{form}/requests");
    for (path, seen_by_people, seen_by_programs) in [
        ("/services", 303, 404),
        ("/services/customer-success/", 303, 404),
        (&requests, 303, 405),
        ("/webhooks/stripe", 405, 405),
        ("/nothing/at/all", 404, 404),
        ("/services/customer-success/nothing", 404, 404),
        ("/approvals/nobody", 404, 404),
        ("/requests/1/2", 404, 404),
        ("/reports/refunds?month=13", 400, 400),
        ("/reports/nothing", 404, 404),
        ("/_nothing", 404, 404),
    ] {
        for (accept, status, content) in [
            (BROWSER, seen_by_people, "text/html; charset=utf-8"),
            (
                "application/json",
                seen_by_programs,
                "application/problem+json",
            ),
        ] {
            let answer = client.call("GET", path, &[("accept", accept)], "");
            assert_eq!(answer.status, status, "{path}: {answer:?}");
            if status == 303 {
                let location = answer.headers["location"].to_str().unwrap();
                assert_eq!(
                    client
                        .call("GET", location, &[("accept", accept)], "")
                        .status,
                    200
                );
                continue;
            }
            assert_eq!(answer.headers["content-type"], content, "{path}");
            assert_eq!(
                status == 405,
                answer.headers.contains_key("allow"),
                "{path}"
            );
        }
    }
    let answer = client.call("DELETE", &requests, &[], "");
    assert_eq!(
        (answer.status, &answer.headers["allow"]),
        (405, &"POST, OPTIONS".parse().unwrap())
    );
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mut answers = Vec::new();
    for (method, path) in routes() {
        answers.push(client.call(&method, &filled(&path, &request, "x"), &[], ""));
    }
    answers.push(client.call("GET", "/nothing", &[("accept", BROWSER)], ""));
    answers.push(client.call("OPTIONS", "/", &[], ""));
    for answer in answers {
        let says = |name: &str| answer.headers.get(name).map(|it| it.to_str().unwrap());
        assert_eq!(
            says("strict-transport-security"),
            Some("max-age=31536000"),
            "{answer:?}"
        );
        assert_eq!(says("referrer-policy"), Some("no-referrer"));
        assert_eq!(says("x-content-type-options"), Some("nosniff"));
        assert_eq!(says("cache-control"), Some("no-store"));
        let policy = says("content-security-policy");
        let is_page = says("content-type").is_some_and(|it| it.starts_with("text/html"));
        assert_eq!(policy.is_some(), is_page, "{answer:?}");
        let is_strict =
            |policy: &str| policy.starts_with("default-src 'none';") && !policy.contains("http");
        assert!(policy.is_none_or(is_strict), "{policy:?}");
    }
}

#[test]
fn get_head_and_options_change_no_stored_byte_on_any_route() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-2@example.com", "CSM Review");
    let ask = serde_json::json!({"action": "ask", "code": mail.code(), "question": "Which?"});
    assert_eq!(client.post_json(mail.address(), &ask).0, 200);
    let link = mail.address().rsplit('/').next().unwrap().to_owned();
    let before = client.settled_items();
    assert!(before.len() > 5, "there is something that could change");
    let mails = client.get_json("/_local/api/emails");
    let queries = [
        String::new(),
        "?decision=approve".to_owned(),
        format!("?decision=approve&code={}&reason=x", mail.code()),
        "?question=1&answer=x&action=ask&to=csm-1@example.com".to_owned(),
    ];
    for (_, path) in routes() {
        let path = filled(&path, &request, &link);
        assert!(!path.contains('{'), "say what to fill in: {path}");
        for method in ["GET", "HEAD", "OPTIONS"] {
            for query in &queries {
                let url = format!("{path}{query}");
                let headers = [("content-type", "application/x-www-form-urlencoded")];
                let body = format!("decision=approve&code={}&question=1&answer=x", mail.code());
                let response = client.call(method, &url, &headers, &body);
                let status = response.status;
                assert!(status < 500, "{method} {url}: {status}");
                assert_eq!(client.items(), before, "{method} {url}");
            }
        }
    }
    assert_eq!(client.get_json("/_local/api/emails"), mails);
    assert_eq!(client.execution(&request)["status"], "RUNNING");
}

#[test]
fn no_post_without_a_code_decides_on_any_route() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-2@example.com", "CSM Review");
    let link = mail.address().rsplit('/').next().unwrap().to_owned();
    for (_, path) in routes().into_iter().filter(|(method, _)| method == "POST") {
        let path = filled(&path, &request, &link);
        for fields in [
            vec![],
            vec![("decision", "approve")],
            vec![("decision", "approve"), ("code", "junk"), ("reason", "x")],
            vec![
                ("outcome", "approve"),
                ("approve", "1"),
                ("by", "csm-1@example.com"),
            ],
        ] {
            let (status, _) = client.post_form(&path, &fields);
            assert!((400..500).contains(&status), "{path} {fields:?}: {status}");
        }
    }
    let records = client.audit_log(&request);
    assert!(
        !records.iter().any(|(action, ..)| action == "approved"),
        "{records:?}"
    );
    assert_eq!(client.execution(&request)["status"], "RUNNING");
}
