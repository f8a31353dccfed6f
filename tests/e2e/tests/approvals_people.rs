//! Which people decide: not the same twice, not about themselves, or a colleague in their place.

use e2e::{Mail, TestClient, form};
use serde_json::json;

/// Mia is a reviewer, works for Finance too, and may be a customer.
const SMALL_COMPANY: &str = r#"{
    "csm-team": ["mia@example.com", "max@example.com"],
    "csm-manager": ["moe@example.com"],
    "finance-team": ["Mia@example.com", "fay@example.com"]
}"#;

/// The page that a mail's reader sees once they entered their code.
async fn case(client: &TestClient, mail: &Mail) -> String {
    let (status, page) = client
        .post_form(&mail.link("approve"), &[("code", &mail.code())])
        .await;
    assert_eq!(status, 200, "{page}");
    page
}

#[tokio::test]
async fn who_decided_csm_review_cannot_decide_finance_approval() {
    let client = TestClient::with_teams(SMALL_COMPANY).await;
    let request = client.submit(&form().amount("1500")).await;
    client
        .mail("mia@example.com", "CSM Review")
        .await
        .approve(&client)
        .await;
    let mail = client.mail("Mia@example.com", "Finance Approval").await;
    assert!(
        mail.text.contains("you decided CSM Review of this request"),
        "{}",
        mail.text
    );
    let (status, body) = mail.decide(&client, "approve", "").await;
    assert_eq!(status, 403);
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.contains("you decided CSM Review"), "{detail}");
    let page = case(&client, &mail).await;
    assert!(page.contains("you decided CSM Review") && !page.contains("Record my decision"));
    assert!(client.refunds("ch_demo_2000").await.is_empty());

    client
        .mail("fay@example.com", "Finance Approval")
        .await
        .approve(&client)
        .await;
    client.wait_for_status(&request, "refunded").await;
}

#[tokio::test]
async fn nobody_decides_a_request_of_their_own() {
    let client = TestClient::with_teams(SMALL_COMPANY).await;
    let own = form().with("customerEmail", json!("MAX@example.com"));
    let request = client.submit(&own).await;
    let mail = client.mail("max@example.com", "CSM Review").await;
    for decision in ["approve", "reject"] {
        let (status, body) = mail.decide(&client, decision, "Because.").await;
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(
            status == 403 && detail.contains("your own request"),
            "{body}"
        );
    }
    assert_eq!(client.status(&request).await["status"], "in_review");
    client
        .mail("mia@example.com", "CSM Review")
        .await
        .reject(&client, "No.")
        .await;
    client.wait_for_status(&request, "denied").await;
}

#[tokio::test]
async fn where_a_team_has_nobody_else_the_next_one_is_asked_at_once() {
    let teams = SMALL_COMPANY.replace(r#", "fay@example.com""#, "");
    let client = TestClient::with_teams(&teams).await;
    let request = client.submit(&form().amount("1500")).await;
    client
        .mail("mia@example.com", "CSM Review")
        .await
        .approve(&client)
        .await;
    let mail = client
        .mail("moe@example.com", "Escalated: Finance Approval")
        .await;
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
}

#[tokio::test]
async fn where_nobody_at_all_may_decide_the_team_is_told_in_plain_words() {
    let teams = r#"{"csm-team": ["mia@example.com"], "csm-manager": ["mia@example.com"], "finance-team": ["mia@example.com"]}"#;
    let client = TestClient::with_teams(teams).await;
    let request = client.submit(&form().amount("1500")).await;
    client
        .mail("mia@example.com", "CSM Review")
        .await
        .approve(&client)
        .await;
    client
        .mail("mia@example.com", "Nobody of the Finance Team may decide")
        .await;
    assert_eq!(client.status(&request).await["status"], "in_review");
}

#[tokio::test]
async fn a_case_is_handed_to_a_colleague_whose_link_then_decides() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    let page = case(&client, &mail).await;
    assert!(page.contains(r#"<option value="csm-manager@example.com">"#));
    let hand_over = [
        ("action", "hand-over"),
        ("code", &mail.code()),
        ("to", "csm-manager@example.com"),
    ];
    let (status, page) = client.post_form(&mail.address(), &hand_over).await;
    assert!(
        status == 200 && page.contains("You handed this request over"),
        "{page}"
    );
    let (status, _) = mail.decide(&client, "approve", "").await;
    assert_eq!(status, 410, "the old link decides nothing");
    let handed = client
        .mail("csm-manager@example.com", "Handed to you")
        .await;
    assert_ne!(
        (handed.address(), handed.code()),
        (mail.address(), mail.code())
    );
    handed.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
    let trail = client.trail(&request).await;
    let entry = trail
        .iter()
        .find(|(action, ..)| action == "handed_over")
        .unwrap();
    assert_eq!(
        (entry.1.as_str(), entry.2.as_str()),
        ("csm-1@example.com", "csm-manager@example.com")
    );
}

#[tokio::test]
async fn the_customer_is_asked_back_and_the_answer_is_on_the_decision_page() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    let ask = [
        ("action", "ask"),
        ("code", &mail.code()),
        ("question", "Which invoice was it?"),
    ];
    let (status, page) = client.post_form(&mail.address(), &ask).await;
    assert!(
        status == 200 && page.contains("The customer was asked"),
        "{page}"
    );

    let question = client
        .mail("customer@example.com", "Which invoice was it?")
        .await;
    assert!(!question.subject.contains("invoice") && !question.text.contains("csm-1"));
    assert!(question.links().contains(&request.status_url));
    let (_, page) = client.get(&request.status_url, "text/html").await;
    assert!(page.contains("Which invoice was it?") && page.contains("Send my answer"));
    assert!(
        !page.contains("http-equiv"),
        "what is being written is not lost"
    );

    let answers = format!("{}/answers", request.status_url);
    let code = question.code();
    let (status, page) = client
        .post_form(
            &answers,
            &[("question", "1"), ("answer", " "), ("code", &code)],
        )
        .await;
    assert!(status == 422 && page.contains("Your answer was not taken"));
    let answer = [
        ("question", "1"),
        ("answer", "The one of May."),
        ("code", &code),
    ];
    let wrong = request.status_url.replace("/requests/", "/requests/x");
    assert_eq!(
        client
            .post_form(&format!("{wrong}/answers"), &answer)
            .await
            .0,
        404
    );
    let junk = [
        ("question", "1"),
        ("answer", "Junk."),
        ("code", &mail.code()),
    ];
    let (status, page) = client.post_form(&answers, &junk).await;
    assert!(
        status == 403 && page.contains("not the code in our mail"),
        "an approver's code is no customer's: {page}"
    );
    assert_eq!(client.post_form(&answers, &answer).await.0, 303);
    let again = [
        ("question", "1"),
        ("answer", "No, of June."),
        ("code", &code),
    ];
    assert_eq!(
        client.post_form(&answers, &again).await.0,
        409,
        "once per question"
    );

    let told = client.mail("csm-1@example.com", "The one of May.").await;
    assert!(told.subject.starts_with("Answered: ") && !told.subject.contains("May"));
    let page = case(&client, &told).await;
    assert!(page.contains("The one of May.") && !page.contains("June"));
    let (_, page) = client.get(&request.status_url, "text/html").await;
    assert!(page.contains("You answered at") && !page.contains("Send my answer"));
    assert!(
        client.mails("csm-2@example.com").await.len() == 1,
        "only who asked is told"
    );
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
    let trail = format!("{:?}", client.trail(&request).await);
    assert!(trail.contains("question_asked") && trail.contains("question_answered"));
    assert!(!trail.contains("of May"), "the audit log holds no answers");
}

#[tokio::test]
async fn a_question_does_not_stop_the_clock() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    let ask = json!({"action": "ask", "code": mail.code(), "question": "Which one?"});
    assert_eq!(client.post_json(mail.address(), &ask).await.0, 200);
    client.advance("24h").await;
    client.mail("csm-1@example.com", "Reminder").await;
    client.advance("13d").await;
    client.wait_for_status(&request, "denied").await;
    let (_, page) = client.get(&request.status_url, "text/html").await;
    assert!(page.contains("An answer is no longer needed"));
    let late = json!({"question": 1, "answer": "That one."});
    let (status, _) = client
        .post_json(format!("{}/answers", request.status_url), &late)
        .await;
    assert_eq!(status, 409);
}
