//! More requests than are taken.

use super::*;

/// A function that takes two requests an hour from whoever calls.
fn limited() -> Function {
    limited_behind("")
}

/// The same, with `CloudFront` before it that has that key.
fn limited_behind(origin_key: &str) -> Function {
    let mut function = function();
    function.settings = Settings {
        request_limits: "caller=2/hour".parse().unwrap(),
        origin_key: origin_key.to_owned(),
        ..(*function.settings.current()).clone()
    }
    .into();
    function
}

async fn send(function: &Function, kind: &str, key: &str, body: &str) -> Response<Body> {
    let headers = json!({"content-type": kind, "idempotency-key": key});
    let path = format!("{PATH}/requests");
    function
        .handle(&http_at(1_800_000, "POST", &path, &headers, body))
        .await
}

fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().to_vec()).unwrap()
}

#[tokio::test]
async fn above_a_limit_nothing_is_stored_and_a_program_is_told_when_to_come_back() {
    let function = limited();
    let kind = "application/json";
    let answers = answers().to_string();
    for key in ["a", "b"] {
        assert_eq!(send(&function, kind, key, &answers).await.status(), 202);
    }
    let stored = function.stored("request");
    for key in ["c", "d"] {
        let refused = send(&function, kind, key, &answers).await;
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["retry-after"]),
            (429, &"1800".parse().unwrap())
        );
        assert!(text(refused).contains("Nothing was stored"));
    }
    assert_eq!(
        (function.stored("request"), function.stored("unstarted")),
        (stored, 0)
    );
    assert_eq!(
        (function.stored("counter"), function.stored("idempotency")),
        (1, 2)
    );
    // What was taken is answered again as often as it is sent.
    for key in ["a", "b", "a"] {
        assert_eq!(send(&function, kind, key, &answers).await.status(), 202);
    }
    assert_eq!(function.stored("request"), stored);
}

#[tokio::test]
async fn what_does_not_fit_the_form_counts_for_nothing() {
    let function = limited();
    for _ in 0..9 {
        let refused = send(&function, "application/json", "x", "{}").await;
        assert_eq!(refused.status(), 422);
    }
    assert_eq!(function.stored("counter"), 0);
}

#[tokio::test]
async fn a_person_keeps_what_was_filled_in() {
    let function = limited();
    let mut answers = answers();
    answers["refundAmount"] = json!("19.99");
    let form = serde_urlencoded::to_string(answers.as_object().unwrap()).unwrap();
    let kind = "application/x-www-form-urlencoded";
    for key in ["a", "b"] {
        assert_eq!(send(&function, kind, key, &form).await.status(), 303);
    }
    let refused = send(&function, kind, "c", &form).await;
    assert_eq!(refused.status(), 429);
    let page = text(refused);
    for part in [
        "from your connection",
        "Nothing was stored",
        "Charged twice.",
        "19.99",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

/// API Gateway sees 1.2.3.4 in all of these calls. The last of the addresses is what it appends.
#[tokio::test]
async fn only_cloudfront_says_who_calls() {
    const KEY: &str = "0123456789abcdef0123456789abcdef";
    let template = include_str!("../../../../infra/template.yaml");
    let adds = "{ HeaderName: x-origin-verify, HeaderValue: !Ref OriginKey }";
    assert!(template.contains(adds), "CloudFront adds another header");
    let claimed = [
        "10.0.0.1, 10.1.0.1, 1.2.3.4",
        "10.0.0.2, 10.2.0.2, 1.2.3.4",
        "10.3.0.3, 1.2.3.4",
    ];
    let one_viewer = [
        "10.0.0.1, 10.1.0.1, 1.2.3.4",
        "10.0.0.2, 10.1.0.1, 1.2.3.4",
        "10.1.0.1, 1.2.3.4",
    ];
    let unreadable = ["1.2.3.4", "unknown, 1.2.3.4", ""];
    for (configured, shown, forwarded, third) in [
        // Each viewer counts for themselves, and whatever they claim.
        (KEY, Some(KEY), claimed, 202),
        (KEY, Some(KEY), one_viewer, 429),
        (KEY, Some(KEY), unreadable, 429),
        // Whoever goes past CloudFront is who API Gateway sees.
        (KEY, None, claimed, 429),
        (KEY, Some(""), claimed, 429),
        (KEY, Some("0123456789abcdef0123456789abcdee"), claimed, 429),
        // Without CloudFront there is no key to guess.
        ("", Some(""), claimed, 429),
        ("", Some(KEY), claimed, 429),
    ] {
        let function = limited_behind(configured);
        let mut answered = Vec::new();
        for forwarded in forwarded {
            let mut headers =
                json!({"content-type": "application/json", "x-forwarded-for": forwarded});
            if let Some(shown) = shown {
                headers["x-origin-verify"] = shown.into();
            }
            let path = format!("{PATH}/requests");
            let (status, _, _) = function
                .send("POST", &path, headers, &answers().to_string())
                .await;
            answered.push(status);
        }
        assert_eq!(
            answered,
            [202, 202, third],
            "{configured} {shown:?} {forwarded:?}"
        );
    }
}
