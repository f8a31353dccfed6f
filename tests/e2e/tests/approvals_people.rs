//! Which people decide: not the same twice, not about themselves, or a colleague in their place.

use e2e::{LocalStack, Mail, TestClient, form};
use serde_json::json;

/// Mia is a reviewer, works for Finance too, and may be a customer.
const SMALL_COMPANY: &str = r#"{
    "csm-team": ["mia@example.com", "max@example.com"],
    "csm-manager": ["moe@example.com"],
    "finance-team": ["Mia@example.com", "fay@example.com"]
}"#;

/// The page that a mail's reader sees once they entered their code.
fn case(client: &TestClient, mail: &Mail) -> String {
    let (status, page) = client.post_form(&mail.link("approve"), &[("code", &mail.code())]);
    assert_eq!(status, 200, "{page}");
    page
}

#[test]
fn who_decided_csm_review_cannot_decide_finance_approval() {
    let client = LocalStack::with_teams(SMALL_COMPANY);
    let request = client.submit(&form().amount("1500"));
    client
        .mail("mia@example.com", "CSM Review")
        .approve(&client);
    let mail = client.mail("Mia@example.com", "Finance Approval");
    assert!(
        mail.text.contains("you decided CSM Review of this request"),
        "{}",
        mail.text
    );
    let (status, body) = mail.decide(&client, "approve", "");
    assert_eq!(status, 403);
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.contains("you decided CSM Review"), "{detail}");
    let page = case(&client, &mail);
    assert!(page.contains("you decided CSM Review") && !page.contains("Record my decision"));
    assert!(client.refunds("ch_demo_2000").is_empty());

    client
        .mail("fay@example.com", "Finance Approval")
        .approve(&client);
    client.wait_for_status(&request, "refunded");
}

#[test]
fn nobody_decides_a_request_of_their_own() {
    let client = LocalStack::with_teams(SMALL_COMPANY);
    let own = form().with("customerEmail", json!("MAX@example.com"));
    let request = client.submit(&own);
    let mail = client.mail("max@example.com", "CSM Review");
    for decision in ["approve", "reject"] {
        let (status, body) = mail.decide(&client, decision, "Because.");
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(
            status == 403 && detail.contains("your own request"),
            "{body}"
        );
    }
    assert_eq!(client.status(&request)["status"], "in_review");
    client
        .mail("mia@example.com", "CSM Review")
        .reject(&client, "No.");
    client.wait_for_status(&request, "denied");
}

/// The row "same mailbox".
#[test]
fn a_tag_does_not_make_a_mailbox_somebody_elses() {
    let client = LocalStack::open();
    let own = form().with("customerEmail", json!("csm-2+shop@example.com"));
    let request = client.submit(&own.charge("ch_demo_guest"));
    let mail = client.mail("csm-2@example.com", &request.id);
    let page = case(&client, &mail);
    assert!(page.contains("your own request") && !page.contains("Record my decision"));
    for body in [
        json!({"decision": "approve", "confirmCharge": "ch_demo_guest"}),
        json!({"decision": "reject", "reason": "No."}),
        json!({"action": "identify", "stripeCustomerId": "cus_other"}),
        json!({"action": "confirm-ownership", "charge": "ch_demo_guest"}),
    ] {
        let mut body = body;
        body["code"] = mail.code().into();
        let (status, answer) = client.post_json(mail.address(), &body);
        let detail = answer["detail"].as_str().unwrap_or_default();
        assert!(
            status == 403 && detail.contains("your own request"),
            "{answer}"
        );
    }
    assert_eq!(client.status(&request)["status"], "in_review");
    client
        .mail("csm-1@example.com", &request.id)
        .reject(&client, "No.");
    client.wait_for_status(&request, "denied");
    // The customer is written to as they wrote it.
    client.mail("csm-2+shop@example.com", "About your refund request");
}

#[test]
fn where_a_team_has_nobody_else_the_next_one_is_asked_at_once() {
    let teams = SMALL_COMPANY.replace(r#", "fay@example.com""#, "");
    let client = LocalStack::with_teams(&teams);
    let request = client.submit(&form().amount("1500"));
    client
        .mail("mia@example.com", "CSM Review")
        .approve(&client);
    let mail = client.mail("moe@example.com", "Escalated: Finance Approval");
    let nobody_may = "Nobody in the Finance Team may decide this one";
    assert!(mail.text.contains(nobody_may) && !mail.text.contains("has not decided"));
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");
}

#[test]
fn where_nobody_at_all_may_decide_the_team_is_told_in_plain_words() {
    let teams = r#"{"csm-team": ["mia@example.com"], "csm-manager": ["mia@example.com"], "finance-team": ["mia@example.com"]}"#;
    let client = LocalStack::with_teams(teams);
    let request = client.submit(&form().amount("1500"));
    client
        .mail("mia@example.com", "CSM Review")
        .approve(&client);
    let nobody_may = "Nobody in the Finance Team may decide this one";
    let told = client.mail(
        "mia@example.com",
        "Nobody may decide: $1,500.00 for ch_demo_2000",
    );
    assert!(told.text.starts_with(nobody_may), "{}", told.text);
    assert!(
        told.text
            .contains("mia@example.com decided CSM Review of this request")
    );
    assert_eq!(client.status(&request)["status"], "in_review");
}

#[test]
fn a_case_is_handed_to_a_colleague_whose_link_then_decides() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    let page = case(&client, &mail);
    assert!(page.contains(r#"<option value="csm-manager@example.com">"#));
    let hand_over = [
        ("action", "hand-over"),
        ("code", &mail.code()),
        ("to", "csm-manager@example.com"),
    ];
    let (status, page) = client.post_form(&mail.address(), &hand_over);
    assert!(
        status == 200 && page.contains("You handed this request over"),
        "{page}"
    );
    let (status, _) = mail.decide(&client, "approve", "");
    assert_eq!(status, 410, "the old link decides nothing");
    let handed = client.mail("csm-manager@example.com", "Handed to you");
    assert_ne!(
        (handed.address(), handed.code()),
        (mail.address(), mail.code())
    );
    handed.approve(&client);
    client.wait_for_status(&request, "refunded");
    let records = client.audit_log(&request);
    let entry = records
        .iter()
        .find(|(action, ..)| action == "handed_over")
        .unwrap();
    assert_eq!(
        (entry.1.as_str(), entry.2.as_str()),
        ("csm-1@example.com", "csm-manager@example.com")
    );
}

#[test]
fn the_customer_is_asked_back_and_the_answer_is_on_the_decision_page() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    let ask = [
        ("action", "ask"),
        ("code", &mail.code()),
        ("question", "Which invoice was it?"),
    ];
    let (status, page) = client.post_form(&mail.address(), &ask);
    assert!(
        status == 200 && page.contains("The customer was asked"),
        "{page}"
    );

    let question = client.mail("customer@example.com", "Which invoice was it?");
    assert!(!question.subject.contains("invoice") && !question.text.contains("csm-1"));
    assert!(question.links().contains(&request.status_url));
    let (_, page) = client.get(&request.status_url, "text/html");
    assert!(page.contains("Which invoice was it?") && page.contains("Send my answer"));
    assert!(
        !page.contains("http-equiv"),
        "what is being written is not lost"
    );

    let answers = format!("{}/answers", request.status_url);
    let code = question.code();
    let (status, page) = client.post_form(
        &answers,
        &[("question", "1"), ("answer", " "), ("code", &code)],
    );
    assert!(status == 422 && page.contains("Your answer was not taken"));
    let answer = [
        ("question", "1"),
        ("answer", "The one of May."),
        ("code", &code),
    ];
    let wrong = request.status_url.replace("/requests/", "/requests/x");
    assert_eq!(
        client.post_form(&format!("{wrong}/answers"), &answer).0,
        404
    );
    let junk = [
        ("question", "1"),
        ("answer", "Junk."),
        ("code", &mail.code()),
    ];
    let (status, page) = client.post_form(&answers, &junk);
    assert!(
        status == 403 && page.contains("not the code in our mail"),
        "an approver's code is no customer's: {page}"
    );
    assert_eq!(client.post_form(&answers, &answer).0, 303);
    let again = [
        ("question", "1"),
        ("answer", "No, of June."),
        ("code", &code),
    ];
    assert_eq!(
        client.post_form(&answers, &again).0,
        409,
        "once per question"
    );

    let told = client.mail("csm-1@example.com", "The one of May.");
    assert!(told.subject.starts_with("Answered: ") && !told.subject.contains("May"));
    let page = case(&client, &told);
    assert!(page.contains("The one of May.") && !page.contains("June"));
    let (_, page) = client.get(&request.status_url, "text/html");
    assert!(page.contains("You answered on") && !page.contains("Send my answer"));
    assert!(
        client.mails("csm-2@example.com").len() == 1,
        "only who asked is told"
    );
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");
    let records = format!("{:?}", client.audit_log(&request));
    assert!(records.contains("question_asked") && records.contains("question_answered"));
    assert!(
        !records.contains("of May"),
        "the audit log holds no answers"
    );
}

#[test]
fn a_question_does_not_stop_the_clock() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail("csm-1@example.com", "CSM Review");
    let ask = json!({"action": "ask", "code": mail.code(), "question": "Which one?"});
    assert_eq!(client.post_json(mail.address(), &ask).0, 200);
    client.advance("24h");
    client.mail("csm-1@example.com", "Reminder");
    client.advance("13d");
    client.wait_for_status(&request, "denied");
    let (_, page) = client.get(&request.status_url, "text/html");
    assert!(page.contains("An answer is no longer needed"));
    let late = json!({"question": 1, "answer": "That one."});
    let (status, _) = client.post_json(format!("{}/answers", request.status_url), &late);
    assert_eq!(status, 409);
}
