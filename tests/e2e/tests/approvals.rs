//! Who decides, and what does not decide.

use e2e::{TestClient, form};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn of_two_approvers_at_the_same_moment_one_counts_and_both_are_told_which() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let one = client.mail("csm-1@example.com", "CSM Review").await;
    let two = client.mail("csm-2@example.com", "CSM Review").await;
    let (yes, no) = tokio::join!(
        one.decide(&client, "approve", ""),
        two.decide(&client, "reject", "No.")
    );
    assert_eq!((yes.0, no.0), (200, 200));
    assert_eq!(yes.1, no.1, "both are told the same decision");
    let (outcome, by) = (
        yes.1["outcome"].as_str().unwrap(),
        yes.1["decidedBy"].as_str().unwrap(),
    );
    assert!(
        (outcome, by) == ("approve", "csm-1@example.com")
            || (outcome, by) == ("reject", "csm-2@example.com")
    );
    client.wait_for_end(&request).await;
    let status = if outcome == "approve" {
        "refunded"
    } else {
        "denied"
    };
    assert_eq!(client.status(&request).await["status"], status);
    let decisions = client.trail(&request).await;
    let decisions = decisions
        .iter()
        .filter(|(action, ..)| action == "approved" || action == "rejected")
        .count();
    assert_eq!(decisions, 1);
    let refunds = client.refunds("ch_demo_2000").await.len();
    assert_eq!(refunds, usize::from(outcome == "approve"));
}

#[tokio::test]
async fn looking_decides_nothing() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    client.mail("csm-2@example.com", "CSM Review").await;
    let before = client.settled_items().await;
    for approver in ["csm-1@example.com", "csm-2@example.com"] {
        for link in client.mail(approver, "CSM Review").await.links() {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                client.call(method, &link, &[], String::new()).await;
            }
        }
    }
    assert_eq!(client.items().await, before);
    assert_eq!(client.execution(&request).await["status"], "RUNNING");
    assert_eq!(client.status(&request).await["status"], "in_review");
}

#[tokio::test]
async fn without_the_right_code_nothing_is_decided() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    let others = client.mail("csm-2@example.com", "CSM Review").await.code();
    let before = client.settled_items().await;
    for code in ["", "1", "junk", "1234567"] {
        let (status, _) = client
            .post_json(
                mail.address(),
                &json!({"decision": "approve", "code": code}),
            )
            .await;
        assert_eq!(status, 403);
    }
    for body in [
        json!({}),
        json!({"decision": "approve"}),
        json!({"code": mail.code()}),
        json!("approve"),
    ] {
        let (status, _) = client.post_json(mail.address(), &body).await;
        assert!((400..500).contains(&status), "{body}: {status}");
    }
    assert_eq!(client.items().await, before);
    let (status, _) = mail.decide(&client, "reject", "  ").await;
    assert_eq!(status, 422, "a rejection needs a reason");
    let another = json!({"decision": "approve", "code": others});
    let (status, _) = client.post_json(mail.address(), &another).await;
    assert_eq!(status, 403, "each has their own code");
    assert_eq!(client.status(&request).await["status"], "in_review");
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
}

#[tokio::test]
async fn a_link_works_once_and_then_says_what_came_of_it() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let mail = client.mail("csm-1@example.com", "CSM Review").await;
    mail.approve(&client).await;
    client.wait_for_end(&request).await;
    let (status, body) = mail.decide(&client, "reject", "Changed my mind").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("approve")));
    let other = client.mail("csm-2@example.com", "CSM Review").await;
    let (status, page) = client.get(&other.link("reject"), "text/html").await;
    assert_eq!(status, 200);
    assert!(
        page.contains("already approved by csm-1@example.com"),
        "{page}"
    );
    assert_eq!(client.status(&request).await["status"], "refunded");
}

#[tokio::test]
async fn the_team_is_reminded_and_in_the_end_the_customer_is_told() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let first = client.mail("csm-1@example.com", "CSM Review").await;
    client.advance("24h").await;
    let reminder = client.mail("csm-1@example.com", "Reminder").await;
    assert_eq!(
        first.link("approve"),
        reminder.link("approve"),
        "the same link, the same code"
    );
    client.advance("13d").await;
    client.wait_for_status(&request, "denied").await;
    let end = client.wait_for_end(&request).await;
    assert_eq!(end["status"], "SUCCEEDED");
    client.mail("customer@example.com", "request").await;
    let (status, _) = first.decide(&client, "approve", "").await;
    assert_eq!(status, 200, "a late approver is told what came of it");
    assert!(client.refunds("ch_demo_2000").await.is_empty());
}

#[tokio::test]
async fn a_reminded_approver_can_still_decide_with_the_first_mail() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let first = client.mail("csm-1@example.com", "CSM Review").await;
    client.advance("3d").await;
    first.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
}
