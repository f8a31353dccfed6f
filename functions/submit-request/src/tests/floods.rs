//! More requests than are taken.

use super::*;

/// A function that takes two requests an hour from whoever calls.
fn limited() -> Function {
    let mut function = function();
    function.settings = Settings {
        request_limits: "caller=2/hour".parse().unwrap(),
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
