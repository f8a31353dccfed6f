//! The pages, and what keeps them fresh.

use std::time::Duration;

use super::*;

const HOSTILE: &str =
    "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\" onfocus=\"alert(3)";

#[tokio::test]
async fn a_person_finds_links_code_phase_and_form() {
    let desk = Desk::open();
    desk.start("r-1").await;
    let text = "Approve: http://h/approvals/1?decision=approve\n\
                Reject: http://h/approvals/1?decision=reject\n\nCode: 123456\n";
    desk.mail("Please review", text, "");
    let page = desk.get("/_local").await;
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
        "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>",
    ] {
        assert!(page.text.contains(expected), "{expected} in {}", page.text);
    }
}

#[tokio::test]
async fn requests_come_from_the_items_and_follow_their_executions() {
    let desk = Desk::open();
    desk.items.lock().unwrap().extend([
        json!({"kind": "request", "requestId": "r-1", "offering": "customer-success/refund-request",
               "status": "in_review", "phase": "CSM Review", "submittedAt": "2026-11-24T08:00:00Z",
               "values": {"refundAmount": "19.99"}, "outputs": {"stripeRefundResult": {"id": "re_1"}}}),
        json!({"kind": "request", "requestId": "r-2", "submittedAt": "2026-11-24T08:30:00Z"}),
        json!({"kind": "audit", "requestId": "r-1", "seq": 1, "at": "2026-11-24T08:00:01Z", "actor": "a@b.example",
               "action": "submitted", "phase": "Start", "status": "in_review"}),
        json!({"kind": "audit", "requestId": "r-2", "detail": "of another"}),
        json!({"kind": "link"}),
        json!(7),
    ]);
    desk.start("r-1").await;
    let home = desk.get("/_local").await.text;
    let newest_first = home.find("/_local/requests/r-2") < home.find("/_local/requests/r-1");
    assert!(newest_first, "{home}");

    desk.decide("r-1", "reject").await;
    let page = desk.get("/_local/requests/r-1").await;
    assert_eq!(page.status, 200);
    for expected in [
        "19.99",
        "{&quot;id&quot;:&quot;re_1&quot;}",
        "a@b.example",
        "Send Denial Email: done.",
    ] {
        assert!(page.text.contains(expected), "{expected} in {}", page.text);
    }
    assert!(!page.text.contains("of another"));
}

#[tokio::test]
async fn what_failed_can_be_redriven() {
    let desk = Desk::open();
    desk.start("r-1").await;
    let redrive = || Request::post("/_local/requests/r-1/redrive").body(Body::empty());
    let running = desk.send(redrive().unwrap()).await;
    assert_eq!(running.status, 409);
    assert!(
        !desk
            .get("/_local/requests/r-1")
            .await
            .text
            .contains("Redrive")
    );

    desk.decide("r-1", "unheard of").await;
    let page = desk.get("/_local/requests/r-1").await;
    let form = "method=\"post\" action=\"/_local/requests/r-1/redrive\"";
    assert!(page.text.contains(form), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self'"), "{policy}");
    let redriven = desk.send(redrive().unwrap()).await;
    assert_eq!(
        (redriven.status, redriven.header("location")),
        (303, "/_local/requests/r-1")
    );
    assert_eq!(desk.executor.execution("r-1").unwrap().redrives, 1);
    let unknown = Request::post("/_local/requests/r-2/redrive").body(Body::empty());
    assert_eq!(desk.send(unknown.unwrap()).await.status, 404);
}

#[tokio::test]
async fn what_others_wrote_stays_text() {
    let desk = Desk::open();
    let mut item = json!({"kind": "request", "requestId": HOSTILE});
    for name in ["offering", "status", "phase", "submittedAt", "updatedAt"] {
        item[name] = HOSTILE.into();
    }
    item["values"] = json!({HOSTILE: HOSTILE});
    item["outputs"] = json!({HOSTILE: {"a": [HOSTILE]}});
    let mut record = json!({"kind": "audit", "requestId": HOSTILE, "seq": 1});
    for name in ["at", "actor", "action", "phase", "status", "detail"] {
        record[name] = HOSTILE.into();
    }
    desk.items.lock().unwrap().extend([item, record]);
    let text = format!("{HOSTILE} http://h/{HOSTILE} javascript:alert(1)\nCode: {HOSTILE}");
    let mail = desk.mail(HOSTILE, &text, HOSTILE);
    let of_request: String = form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let of_request = format!("/_local/requests/{}", of_request.replace('+', "%20"));
    for uri in [
        "/_local".to_owned(),
        of_request,
        format!("/_local/emails/{mail}"),
    ] {
        let page = desk.get(&uri).await;
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
    let desk = Desk::open();
    let mail = desk.mail("s", "t", HOSTILE);
    let page = desk.get("/_local").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'nonce-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe-inline"), "{policy}");
    for outside in ["src=\"http", "url(http", "@import"] {
        assert!(!page.text.contains(outside), "{outside}");
    }
    let html = desk.get(&format!("/_local/emails/{mail}/html")).await;
    let policy = html.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(
        policy.ends_with("sandbox allow-top-navigation-by-user-activation"),
        "{policy}"
    );
}

#[tokio::test]
async fn the_script_gets_the_changing_part_when_it_changed() {
    let desk = Desk::open();
    let whole = desk.get("/_local").await;
    let first = desk.fragment("/_local", "\"none\"").await;
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
    assert_eq!(desk.fragment("/_local", &tag).await.status, 304);

    // Who waits for news is told of a mail at once, not when the wait is over.
    let (news, ()) = tokio::join!(desk.fragment("/_local", &tag), async {
        desk.mail("Fresh", "t", "");
    });
    assert_eq!(news.status, 200);
    assert!(news.text.contains("Fresh"));
    assert_ne!(news.header("etag"), tag);
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let desk = Desk::open();
    for uri in ["/_local/requests/r-x", "/_local/emails/mail-9"] {
        let page = desk.get(uri).await;
        assert_eq!(page.status, 404);
        assert!(page.text.contains("Nothing here"));
    }
    assert_eq!(desk.get("/_local/emails/mail-9/html").await.status, 404);
    let execution = desk.get("/_local/api/executions/r-x").await;
    assert_eq!(execution.status, 404);
    assert_eq!(execution.header("content-type"), "application/problem+json");
    assert_eq!(execution.json()["status"], 404);
}

#[tokio::test]
async fn a_slow_reader_is_not_kept_longer_than_a_moment() {
    let desk = Desk::open();
    let tag = desk.fragment("/_local", "").await.header("etag").to_owned();
    let answer = desk.fragment("/_local", &tag);
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await;
    assert_eq!(answer.unwrap().status, 304);
}
