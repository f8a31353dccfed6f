//! `/_local/api`.

use super::*;

#[tokio::test]
async fn the_api_lists_mails_oldest_first() {
    let desk = Desk::open();
    desk.mail("one", "t", "h");
    desk.mail("two", "t", "h");
    let expected = |id: &str, subject: &str| {
        json!({"id": id, "to": "csm-1@example.com", "from": "refunds@example.com", "subject": subject,
               "text": "t", "html": "h", "sentAt": "2026-11-24T09:00:00Z"})
    };
    let all = desk.get("/_local/api/emails").await;
    assert_eq!(all.header("content-type"), "application/json");
    assert_eq!(
        all.json(),
        json!([expected("mail-1", "one"), expected("mail-2", "two")])
    );
    let filtered = desk.get("/_local/api/emails?to=csm-1%40example.com").await;
    assert_eq!(filtered.json(), all.json());
    assert_eq!(
        desk.get("/_local/api/emails?to=a@b.example").await.json(),
        json!([])
    );
    assert_eq!(desk.get("/_local/api/emails?from=x").await.status, 400);
}

#[tokio::test]
async fn the_api_tells_an_executions_whole_story() {
    let desk = Desk::open();
    desk.start("r-1").await;
    let running = desk.get("/_local/api/executions/r-1").await.json();
    assert_eq!(running["status"], "RUNNING");
    assert_eq!(running["input"], json!({"requestId": "r-1"}));
    assert_eq!(running.get("output"), None);
    assert_eq!(running["history"][0]["type"], "ExecutionStarted");
    assert_eq!(running["history"][0]["at"], "2026-11-24T09:00:00Z");
    assert_eq!(running["history"][0].get("state"), None);

    desk.decide("r-1", "approve").await;
    let ended = desk.get("/_local/api/executions/r-1").await.json();
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

    desk.start("r-2").await;
    desk.decide("r-2", "unheard of").await;
    let failed = desk.get("/_local/api/executions/r-2").await.json();
    assert_eq!(failed["status"], "FAILED");
    assert_eq!(failed["error"], "Request.NeedsAttention");
    assert_eq!(failed["cause"], "A person has to look at this request.");
}

#[tokio::test]
async fn the_clock_jumps_and_what_is_due_has_run() {
    let desk = Desk::open();
    desk.start("r-1").await;
    let answer = desk.advance(r#"{"advance":"90m"}"#).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"now": "2026-11-24T10:30:00Z"}))
    );
    assert!(
        desk.get("/_local")
            .await
            .text
            .contains("The clock is 1 h 30 min ahead")
    );

    // The review asks again every day that nobody answers.
    let answer = desk.advance(r#"{"advance":"14d"}"#).await;
    assert_eq!(answer.json(), json!({"now": "2026-12-08T10:30:00Z"}));
    let execution = desk.get("/_local/api/executions/r-1").await.json();
    let history = execution["history"].as_array().unwrap();
    let asked =
        |event: &&Value| event["type"] == "TaskStateEntered" && event["state"] == "CSM Review";
    assert_eq!(history.iter().filter(asked).count(), 15);
}

#[tokio::test]
async fn a_bad_jump_is_refused_with_what_to_send() {
    let desk = Desk::open();
    let cases = [
        ("", "The body is not JSON."),
        ("7d", "The body is not JSON."),
        ("{}", "The body needs `advance` alone, with a text."),
        (
            r#"{"advance":7}"#,
            "The body needs `advance` alone, with a text.",
        ),
        (
            r#"{"advance":"7d","by":1}"#,
            "The body needs `advance` alone, with a text.",
        ),
        (r#"{"advance":""}"#, "`` is not a length of time."),
        (r#"{"advance":"d"}"#, "`d` is not a length of time."),
        (r#"{"advance":"7"}"#, "`7` is not a length of time."),
        (r#"{"advance":"-7d"}"#, "`-7d` is not a length of time."),
        (r#"{"advance":"1.5h"}"#, "`1.5h` is not a length of time."),
        (r#"{"advance":"7ß"}"#, "`7ß` is not a length of time."),
        (
            r#"{"advance":"3651d"}"#,
            "`3651d` is too far: at most 3650d at a time.",
        ),
        (
            r#"{"advance":"99999999999999999999d"}"#,
            "`99999999999999999999d` is too far",
        ),
    ];
    for (body, start) in cases {
        let answer = desk.advance(body).await;
        assert_eq!(answer.status, 400, "{body}");
        let problem = answer.json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(start), "{body}: {detail}");
    }
    for (body, now) in [
        ("1s", "09:00:01"),
        ("2m", "09:02:01"),
        ("3h", "12:02:01"),
        ("0d", "12:02:01"),
    ] {
        let answer = desk.advance(&json!({"advance": body}).to_string()).await;
        assert_eq!(answer.json(), json!({"now": format!("2026-11-24T{now}Z")}));
    }
}
