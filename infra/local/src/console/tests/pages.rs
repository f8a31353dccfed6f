//! The pages, and what keeps them fresh.

use std::time::Duration;

use domain::form::Value;
use domain::request::Output;

use super::*;

const HOSTILE: &str =
    "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\" onfocus=\"alert(3)";

#[tokio::test]
async fn a_person_finds_links_code_phase_and_form() {
    let console = TestConsole::open();
    console.start("r-1").await;
    let text = "Approve: http://h/approvals/1?decision=approve\n\
                Reject: http://h/approvals/1?decision=reject\n\nCode: 123456\n";
    console.mail("Please review", text, "");
    let page = console.get("/_local").await;
    assert_eq!(page.status, 200);
    for expected in [
        "href=\"http://h/approvals/1?decision=approve\">Approve</a>",
        "href=\"http://h/approvals/1?decision=reject\">Reject</a>",
        "Code: <b>123456</b>",
        "to csm-1@example.com",
        "href=\"/services/x/y\"",
        "href=\"/_local/requests/r-1\"",
        "<li class=\"phase current\" aria-current=\"step\">CSM Review</li>",
        "The request is at CSM Review",
    ] {
        assert!(page.text.contains(expected), "{expected} in {}", page.text);
    }
}

#[tokio::test]
async fn a_request_has_its_answers_findings_audit_log_and_mails() {
    let console = TestConsole::open();
    let (mut request, record) = testing::fixtures::request::request();
    request.outputs = [("note".parse().unwrap(), Output::Text("re_1".into()))].into();
    let (_, of_another) = testing::fixtures::request::request();
    let id = request.request_id.to_string();
    console.keep(&request);
    console.keep(&record);
    console.keep(&of_another);
    let odd = json!({"pk": format!("REQUEST#{id}"), "sk": "odd", "kind": "audit", "seq": "odd"});
    console.dynamodb.put(&odd);
    console.start(&id).await;
    console.start("r-2").await;
    console.mail("Yours", &format!("See http://h/requests/{id}/key"), "");
    console.mail("Of another", "See http://h/requests/r-2/key", "");
    let home = console.get("/_local").await.text;
    let place = |id: &str| home.find(&format!("/_local/requests/{id}")).unwrap();
    assert!(home.contains("ada@example.com · ch_1 · $50.00"), "{home}");
    assert!(
        place("r-2") < home.len() && home.contains("Submitted"),
        "{home}"
    );

    console.decide(&id, "reject").await;
    let page = console.get(&format!("/_local/requests/{id}")).await;
    assert_eq!(page.status, 200);
    for expected in [
        "<dt>Refund Amount (USD)</dt><dd>$50.00</dd>",
        "<dt>note</dt><dd>re_1</dd>",
        "<td>customer</td><td>Submitted</td>",
        "Send Denial Email: done.",
        "Yours",
    ] {
        assert!(page.text.contains(expected), "{expected} in {}", page.text);
    }
    assert!(!page.text.contains("Of another"));
}

#[tokio::test]
async fn many_requests_and_mails_come_in_pages_and_can_be_found() {
    let console = TestConsole::open();
    for number in 0..45 {
        console.start(&format!("r-{number}")).await;
        console.mail(&format!("mail {number}."), "t", "");
    }
    let cards = |page: &Page| page.text.matches("<article").count();
    let first = console.get("/_local").await;
    assert_eq!(cards(&first), 40);
    assert!(first.text.contains("mail 44.") && !first.text.contains("mail 24."));
    let older = "/_local?find=&amp;requests=0&amp;mails=20\">Older";
    assert!(!first.text.contains("Newer") && first.text.contains(older));
    let last = console.get("/_local?requests=40&mails=20").await;
    assert_eq!(cards(&last), 25);
    assert!(last.text.contains("41–45 of 45") && last.text.contains("mail 24."));
    for link in [
        "requests=20&amp;mails=20\">Newer",
        "requests=40&amp;mails=40\">Older",
    ] {
        assert!(last.text.contains(link), "{link}");
    }

    let found = console.get("/_local?find=r-7").await;
    assert_eq!(
        (found.status, found.header("location")),
        (303, "/_local/requests/r-7")
    );
    let some = console.get("/_local?find=r-4").await;
    assert_eq!(some.status, 303, "an id in full");
    assert_eq!(cards(&console.get("/_local?find=r-").await), 20);
    assert_eq!(cards(&console.get("/_local?find=CSM-1").await), 20);
    // 08421084 in hexadecimal begins with six fives of bits that are one.
    let id = "08421084-0000-4000-8000-000000000000";
    console.start(id).await;
    for reference in ["RD-111111", "rd%20liiiil"] {
        let found = console.get(&format!("/_local?find={reference}")).await;
        assert_eq!(cards(&found), 1, "{reference}");
        assert!(found.text.contains("RD-111111 · ") && found.text.contains(id));
    }
    let nobody = console.get("/_local?find=%3Cb%3E").await;
    assert_eq!(cards(&nobody), 0);
    assert!(nobody.text.contains("“&lt;b&gt;”"));
    assert_eq!(console.get("/_local?mails=x").await.status, 200);
}

#[tokio::test]
async fn what_failed_can_be_redriven() {
    let console = TestConsole::open();
    console.start("r-1").await;
    let redrive = || Request::post("/_local/requests/r-1/redrive").body(Body::empty());
    let running = console.send(redrive().unwrap()).await;
    assert_eq!(running.status, 409);
    assert!(
        !console
            .get("/_local/requests/r-1")
            .await
            .text
            .contains("Redrive")
    );

    console.decide("r-1", "unheard of").await;
    let page = console.get("/_local/requests/r-1").await;
    let form = "method=\"post\" action=\"/_local/requests/r-1/redrive\"";
    assert!(page.text.contains(form), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self'"), "{policy}");
    let redriven = console.send(redrive().unwrap()).await;
    assert_eq!(
        (redriven.status, redriven.header("location")),
        (303, "/_local/requests/r-1")
    );
    assert_eq!(console.executor.execution("r-1").unwrap().redrives, 1);
    let unknown = Request::post("/_local/requests/r-2/redrive").body(Body::empty());
    assert_eq!(console.send(unknown.unwrap()).await.status, 404);
}

#[tokio::test]
async fn what_others_wrote_stays_text() {
    let console = TestConsole::open();
    let (mut request, mut record) = testing::fixtures::request::request();
    request.title = HOSTILE.into();
    request.answers[0].label = HOSTILE.into();
    request.answers[0].value = Some(Value::Text(HOSTILE.into()));
    request.outputs = [("note".parse().unwrap(), Output::Text(HOSTILE.into()))].into();
    record.detail = Some(HOSTILE.into());
    console.keep(&request);
    console.keep(&record);
    let id = request.request_id.to_string();
    console.start(&id).await;
    let text = format!("{HOSTILE} http://h/{HOSTILE} javascript:alert(1)\nCode: {HOSTILE}");
    let mail = console.mail(HOSTILE, &text, HOSTILE);
    for uri in [
        "/_local".to_owned(),
        format!("/_local/requests/{id}"),
        format!("/_local/emails/{mail}"),
    ] {
        let page = console.get(&uri).await;
        assert_eq!(page.status, 200, "{uri}");
        let (_, content) = page.text.split_once("<main").unwrap();
        let (content, _) = content.split_once("</main>").unwrap();
        assert!(
            content.contains("&lt;script&gt;alert(1)"),
            "{uri}: {content}"
        );
        for dangerous in ["<script", "<img", "\" onfocus", "href=\"javascript"] {
            assert!(
                !content.contains(dangerous),
                "{uri}: {dangerous} in {content}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_runs_and_nothing_is_fetched_but_the_pages_own() {
    let console = TestConsole::open();
    let mail = console.mail("s", "t", HOSTILE);
    let page = console.get("/_local").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'nonce-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    for outside in ["src=\"http", "url(http", "@import"] {
        assert!(!page.text.contains(outside), "{outside}");
    }
    let html = console.get(&format!("/_local/emails/{mail}/html")).await;
    let policy = html.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(
        policy.ends_with("sandbox allow-top-navigation-by-user-activation"),
        "{policy}"
    );
}

#[tokio::test]
async fn the_script_gets_the_changing_part_when_it_changed() {
    let console = TestConsole::open();
    let whole = console.get("/_local").await;
    let first = console.fragment("/_local", "\"none\"").await;
    assert_eq!(first.status, 200);
    let tag = first.header("etag").to_owned();
    assert!(
        whole
            .text
            .contains(&format!("data-tag=\"{}\"", tag.replace('"', "&quot;")))
    );
    assert!(
        whole.text.contains(&first.text),
        "the page holds the fragment"
    );
    assert_eq!(console.fragment("/_local", &tag).await.status, 304);

    // A script that waits is told of a mail at once, not when the wait is over.
    let (next, ()) = tokio::join!(console.fragment("/_local", &tag), async {
        console.mail("Fresh", "t", "");
    });
    assert_eq!(next.status, 200);
    assert!(next.text.contains("Fresh"));
    assert_ne!(next.header("etag"), tag);
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let console = TestConsole::open();
    for uri in ["/_local/requests/r-x", "/_local/emails/mail-9"] {
        let page = console.get(uri).await;
        assert_eq!(page.status, 404);
        assert!(page.text.contains("Nothing here"));
    }
    assert_eq!(console.get("/_local/emails/mail-9/html").await.status, 404);
    let execution = console.get("/_local/api/executions/r-x").await;
    assert_eq!(execution.status, 404);
    assert_eq!(execution.header("content-type"), "application/problem+json");
    assert_eq!(execution.json()["status"], 404);
}

#[tokio::test]
async fn a_slow_reader_is_not_kept_longer_than_a_moment() {
    let console = TestConsole::open();
    let tag = console
        .fragment("/_local", "")
        .await
        .header("etag")
        .to_owned();
    let answer = console.fragment("/_local", &tag);
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await;
    assert_eq!(answer.unwrap().status, 304);
}
