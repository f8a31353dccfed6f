//! `/_local/api`.

use super::*;

#[tokio::test]
async fn the_api_lists_mails_oldest_first() {
    let console = TestConsole::open();
    console.mail("one", "t", "h");
    console.mail("two", "t", "h");
    let expected = |id: &str, subject: &str| {
        json!({"id": id, "to": "csm-1@example.com", "from": "refunds@example.com", "subject": subject,
               "text": "t", "html": "h", "sentAt": "2026-11-24T09:00:00Z"})
    };
    let all = console.get("/_local/api/emails").await;
    assert_eq!(all.header("content-type"), "application/json");
    assert_eq!(
        all.json(),
        json!([expected("mail-1", "one"), expected("mail-2", "two")])
    );
    let filtered = console
        .get("/_local/api/emails?to=csm-1%40example.com")
        .await;
    assert_eq!(filtered.json(), all.json());
    assert_eq!(
        console
            .get("/_local/api/emails?to=a@b.example")
            .await
            .json(),
        json!([])
    );
    assert_eq!(console.get("/_local/api/emails?from=x").await.status, 400);
}

#[tokio::test]
async fn the_api_tells_an_executions_whole_story() {
    let console = TestConsole::open();
    console.start("r-1").await;
    let running = console.get("/_local/api/executions/r-1").await.json();
    assert_eq!(running["status"], "RUNNING");
    assert_eq!(running["input"], json!({"requestId": "r-1"}));
    assert_eq!(running.get("output"), None);
    assert_eq!(running["history"][0]["type"], "ExecutionStarted");
    assert_eq!(running["history"][0]["at"], "2026-11-24T09:00:00Z");
    assert_eq!(running["history"][0].get("state"), None);

    console.decide("r-1", "approve").await;
    let ended = console.get("/_local/api/executions/r-1").await.json();
    assert_eq!(ended["status"], "SUCCEEDED");
    assert!(ended.get("output").is_some());
    assert_eq!(ended.get("error"), None);
    let entered: Vec<&str> = ended["history"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "TaskStateEntered")
        .map(|event| event["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        entered,
        [
            "CSM Review",
            "Threshold Check",
            "Process Refund",
            "Send Confirmation Email",
            "Refunded"
        ]
    );
    assert!(ended["history"][0]["details"].is_object());

    console.start("r-2").await;
    console.decide("r-2", "unheard of").await;
    let failed = console.get("/_local/api/executions/r-2").await.json();
    assert_eq!(failed["status"], "FAILED");
    assert_eq!(failed["error"], "States.QueryEvaluationError");
    let cause = failed["cause"].as_str().unwrap();
    assert!(
        cause.ends_with("A person has to look at this request."),
        "{cause}"
    );
}

#[tokio::test]
async fn the_clock_jumps_and_what_is_due_has_run() {
    let console = TestConsole::open();
    console.start("r-1").await;
    let answer = console.advance(r#"{"advance":"90m"}"#).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"now": "2026-11-24T10:30:00Z"}))
    );
    assert!(
        console
            .get("/_local")
            .await
            .text
            .contains("The clock is 1h 30m ahead")
    );

    // The review asks again every day that nobody answers.
    let answer = console.advance(r#"{"advance":"14d"}"#).await;
    assert_eq!(answer.json(), json!({"now": "2026-12-08T10:30:00Z"}));
    let execution = console.get("/_local/api/executions/r-1").await.json();
    let history = execution["history"].as_array().unwrap();
    let asked =
        |event: &&Value| event["type"] == "TaskStateEntered" && event["state"] == "CSM Review";
    assert_eq!(history.iter().filter(asked).count(), 15);
}

#[tokio::test]
async fn a_bad_jump_is_refused_with_what_to_send() {
    let console = TestConsole::open();
    for body in [
        "",
        "7d",
        "{}",
        r#"{"advance":7}"#,
        r#"{"advance":"7d","by":1}"#,
        r#"{"advance":""}"#,
        r#"{"advance":"d"}"#,
        r#"{"advance":"7"}"#,
        r#"{"advance":"-7d"}"#,
        r#"{"advance":"+7d"}"#,
        r#"{"advance":"1.5h"}"#,
        r#"{"advance":"7ß"}"#,
        r#"{"advance":"3651d"}"#,
        r#"{"advance":"99999999999999999999d"}"#,
    ] {
        let answer = console.advance(body).await;
        assert_eq!(answer.status, 400, "{body}");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains("at most 3650d"), "{body}: {detail}");
    }
    for (body, now) in [
        ("1s", "09:00:01"),
        ("2m", "09:02:01"),
        ("3h", "12:02:01"),
        ("0d", "12:02:01"),
    ] {
        let answer = console.advance(&json!({"advance": body}).to_string()).await;
        assert_eq!(answer.json(), json!({"now": format!("2026-11-24T{now}Z")}));
    }
}
