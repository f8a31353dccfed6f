//! Handing a case to a colleague, and asking the customer.

use super::*;

impl Fixture {
    async fn hand_over(&self, who: usize, to: &str) -> (u16, Value) {
        let body = json!({"action": "hand-over", "code": self.secrets[who].1, "to": to});
        self.post_at(who, 60, &body).await
    }

    async fn ask(&self, who: usize, question: &str) -> (u16, Value) {
        let body = json!({"action": "ask", "code": self.secrets[who].1, "question": question});
        self.post_at(who, 60, &body).await
    }
}

fn escalating(config: &mut ApprovalConfig) {
    config.escalate = Some(domain::task::Escalation {
        after_seconds: 3 * 24 * 3600,
        team: "csm-manager".parse().unwrap(),
        responsible: "CSM Manager".to_owned(),
    });
}

#[tokio::test]
async fn a_case_is_handed_to_a_colleague_and_the_old_link_stops_deciding() {
    let asked = asked_with(escalating).await;
    let (_, page) = asked.form(0, &format!("code={}", asked.secrets[0].1)).await;
    assert!(
        page.contains(r#"<option value="boss@example.com">"#),
        "{page}"
    );
    let (status, body) = asked.hand_over(0, "Boss@example.com").await;
    assert_eq!(
        (status, &body["handedTo"]),
        (200, &json!("boss@example.com"))
    );
    assert_eq!(asked.actions(), ["submitted", "handed_over"]);
    assert_eq!(asked.decide(0, "approve").await.0, 410);
    let (_, page) = asked.get(0).await;
    assert!(page.contains("You handed this request over"));

    let sent = asked.function.mailer.sent();
    assert!(sent.len() == 1 && sent[0].to == "boss@example.com");
    assert!(
        sent[0]
            .text
            .contains("csm-1@example.com handed this request to you.")
    );
    let (link, code) = secrets_in(&sent[0]);
    let wrong = json!({"decision": "approve", "code": asked.secrets[0].1});
    assert_eq!(
        asked.post_to(&link, 60, &wrong).await.0,
        403,
        "each has their own code"
    );
    let body = json!({"decision": "approve", "code": code});
    let (status, body) = asked.post_to(&link, 60, &body).await;
    assert_eq!(
        (status, &body["decidedBy"]),
        (200, &json!("boss@example.com"))
    );
}

#[tokio::test]
async fn a_colleague_who_was_asked_keeps_their_link() {
    let asked = asked().await;
    assert_eq!(asked.hand_over(0, TEAM[1]).await.0, 200);
    assert_eq!(
        secrets_in(&asked.function.mailer.sent()[0]),
        asked.secrets[1]
    );
    assert_eq!(asked.hand_over(1, TEAM[0]).await.0, 200);
    assert_eq!(
        asked.decide(0, "approve").await.0,
        410,
        "it comes back with a fresh link"
    );
    let (link, code) = secrets_in(&asked.function.mailer.sent()[1]);
    let body = json!({"decision": "approve", "code": code});
    assert_eq!(asked.post_to(&link, 60, &body).await.0, 200);
}

#[tokio::test]
async fn nobody_else_can_be_handed_a_case() {
    let asked = asked_with(|config| config.approvals = 3).await;
    for stranger in [
        "",
        "evil@example.com",
        "ada@example.com",
        TEAM[0],
        "boss@example.com",
    ] {
        let (status, body) = asked.hand_over(0, stranger).await;
        assert_eq!(
            (status, &body["errors"][0]["field"]),
            (422, &json!("to")),
            "{stranger}"
        );
    }
    let (status, body) = asked.hand_over(0, TEAM[1]).await;
    let message = body["errors"][0]["message"].as_str().unwrap();
    assert!(
        status == 422 && message.contains("too few"),
        "three of two people cannot approve"
    );
    let body = json!({"action": "hand-over", "code": asked.wrong_code(), "to": TEAM[1]});
    assert_eq!(
        asked.post_at(0, 60, &body).await.0,
        403,
        "not without the code"
    );
    assert!(asked.function.mailer.sent().is_empty());
}

#[tokio::test]
async fn the_customer_is_asked_once_and_the_case_stays_open() {
    let asked = asked().await;
    for _ in 0..2 {
        let (status, body) = asked.ask(0, " Which month?\n").await;
        assert_eq!((status, &body["question"]), (200, &json!(1)));
    }
    let sent = asked.function.mailer.sent();
    assert_eq!(sent.len(), 1, "the same form sent twice is one question");
    assert!(sent[0].to == "ada@example.com" && sent[0].text.contains("Which month?"));
    assert!(!sent[0].subject.contains("month") && !sent[0].text.contains(TEAM[0]));
    assert_eq!(asked.actions(), ["submitted", "question_asked"]);
    let (_, page) = asked.form(1, &format!("code={}", asked.secrets[1].1)).await;
    assert!(page.contains("Which month?") && page.contains("has not answered yet"));
    assert_eq!(asked.decide(1, "approve").await.0, 200, "the clock goes on");
}

#[tokio::test]
async fn questions_have_a_text_a_length_and_a_number() {
    let asked = asked().await;
    for bad in ["", " \n ", &"x".repeat(1_001)] {
        assert_eq!(asked.ask(0, bad).await.0, 422);
    }
    for n in 0..10 {
        assert_eq!(asked.ask(0, &format!("Question {n}?")).await.0, 200);
    }
    let (status, body) = asked.ask(0, "One more?").await;
    assert_eq!(
        (status, &body["errors"][0]["field"]),
        (422, &json!("question"))
    );
    let code = &asked.secrets[0].1;
    let (status, page) = asked
        .form(0, &format!("action=ask&code={code}&question=Yet+%3Cone%3E"))
        .await;
    assert!(
        status == 422 && page.contains("Yet &lt;one&gt;"),
        "what was written is not lost"
    );
}

#[tokio::test]
async fn a_question_that_cannot_be_mailed_stands_on_the_status_page() {
    let asked = asked().await;
    asked
        .function
        .mailer
        .fail_next(MailError::RecipientRefused("MessageRejected".into()));
    let (status, body) = asked.ask(0, "Which month?").await;
    assert_eq!((status, &body["mailed"]), (200, &json!(false)));
    let request = asked
        .function
        .store
        .request(asked.id)
        .await
        .unwrap()
        .unwrap()
        .value;
    assert_eq!(request.inquiries.len(), 1);
}
