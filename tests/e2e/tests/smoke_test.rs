//! The command that asks a deployment what it answers: on a stack that is right, and on servers that are wrong in one thing.

#![allow(clippy::unwrap_used, reason = "a test may")]

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use e2e::{LocalStack, program};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const HTML: &str = "text/html";

/// An answer: method, path, `Accept`, status and body.
type Canned = (&'static str, &'static str, &'static str, u16, &'static str);

/// What is right.
const RIGHT: [Canned; 7] = [
    ("GET", "/", HTML, 200, r#"<a href="/services/s/o">O</a>"#),
    ("GET", "/services/s/o", HTML, 200, "<form method=post>"),
    (
        "GET",
        "/services/s/o",
        "application/schema+json",
        200,
        r#"{"properties":{"notes":{}}}"#,
    ),
    (
        "POST",
        "/services/s/o/requests",
        "*/*",
        422,
        r#"{"errors":[{"field":"notes","message":"..."}]}"#,
    ),
    (
        "POST",
        "/webhooks/stripe",
        "*/*",
        400,
        r#"{"title":"The event was not taken in."}"#,
    ),
    (
        "GET",
        "/approvals/smoke-test",
        HTML,
        404,
        "<h1>There is nothing here.</h1>",
    ),
    (
        "GET",
        "/smoke-test",
        HTML,
        404,
        "<h1>There is nothing here.</h1>",
    ),
];

/// Which of them is answered otherwise, how, and what is said of it.
const WRONG: [(usize, u16, &str, &str); 15] = [
    (
        4,
        400,
        "Bad Request",
        "did not sign is refused: no function says so",
    ),
    (
        5,
        404,
        r#"{"message":"Not Found"}"#,
        "not found: no function says so",
    ),
    (
        6,
        404,
        r#"{"message":"Not Found"}"#,
        "answered with a page: no function says so",
    ),
    (0, 502, "", "the start page leads to a form: 502"),
    (0, 200, "Soon", "leads to a form: it leads to none"),
    (1, 404, "", "the form is a page: 404"),
    (1, 200, "Soon", "the form is a page: it is no form: Soon"),
    (2, 406, "", "the form is a JSON Schema: 406"),
    (2, 200, "<form>", "JSON Schema: it is no JSON: <form>"),
    (2, 200, "{}", "JSON Schema: it has no fields"),
    (3, 202, "{}", "refused with its errors: 202 in place of 422"),
    (3, 422, "{}", "refused with its errors: it names no error"),
    (4, 200, "{}", "Stripe did not sign is refused: 200"),
    (4, 503, "no secret", "503 in place of 400: no secret"),
    (5, 200, "<form>", "nobody was sent is not found: 200"),
];

/// The exit code and the lines.
fn run(url: &str) -> (Option<i32>, Vec<String>) {
    let ended = program("smoke-test").arg(url).output().unwrap();
    let lines = String::from_utf8(ended.stdout).unwrap();
    (
        ended.status.code(),
        lines.lines().map(str::to_owned).collect(),
    )
}

/// A server that knows these answers.
fn serve(runtime: &Runtime, answers: Vec<Canned>) -> String {
    let answer = move |method: Method, uri: Uri, headers: HeaderMap| async move {
        let accept = headers.get("accept").and_then(|it| it.to_str().ok());
        let asked = (method.as_str(), uri.path(), accept.unwrap_or_default());
        let known = answers.iter().find(|it| (it.0, it.1, it.2) == asked);
        let (.., status, body) = *known.expect("the command asks nothing else");
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = axum::serve(listener, Router::new().fallback(answer));
    runtime.spawn(server.into_future());
    url
}

#[test]
fn a_stack_passes_and_nothing_of_it_is_changed() {
    let client = LocalStack::with_limits();
    let (code, lines) = run(client.base());
    assert_eq!((code, lines.len()), (Some(0), RIGHT.len()), "{lines:#?}");
    for line in lines {
        let (verdict, what) = line.split_once(" ms  ").unwrap();
        let took = verdict.strip_prefix("ok ").unwrap().trim();
        assert!(took.parse::<u32>().is_ok() && !what.is_empty(), "{line}");
    }
    assert!(client.items().is_empty(), "{:?}", client.items());
    assert!(client.mails("csm-1@example.com").is_empty());
}

#[test]
fn each_wrong_answer_fails_it_and_is_named() {
    let runtime = Runtime::new().unwrap();
    for (index, status, body, named) in WRONG {
        let mut answers = RIGHT.to_vec();
        (answers[index].3, answers[index].4) = (status, body);
        let (code, lines) = run(&serve(&runtime, answers));
        let failed = lines.iter().filter(|it| it.starts_with("FAILED "));
        let failed: Vec<&String> = failed.collect();
        assert_eq!((code, lines.len()), (Some(1), RIGHT.len()), "{lines:#?}");
        assert!(failed[0].contains(named), "{named}: {failed:#?}");
        // Without the start page no form is known, and three checks are about it.
        assert_eq!(failed.len(), if index == 0 { 4 } else { 1 }, "{failed:#?}");
    }
    assert_eq!(run(&serve(&runtime, RIGHT.to_vec())).0, Some(0));
    // Nothing listens there.
    let (code, lines) = run("http://127.0.0.1:9");
    let unanswered = lines.iter().filter(|it| it.contains("no answer")).count();
    assert_eq!((code, unanswered), (Some(1), 4), "{lines:#?}");
    assert!(lines.iter().all(|it| it.starts_with("FAILED ")));
}
