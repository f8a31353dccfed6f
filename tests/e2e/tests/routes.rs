//! What holds of every route that the template declares.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;

use e2e::{LocalStack, Submitted, form};

/// The routes of infra/template.yaml, as method and path.
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
        routes.len(),
        declared,
        "every HttpApi event is a route: {routes:?}"
    );
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
