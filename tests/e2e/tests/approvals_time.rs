//! Reminders, escalation, expiry, and links that are guessed at.

use e2e::{TestClient, form};
use serde_json::json;

const CSM: &str = "csm-1@example.com";
const MANAGER: &str = "csm-manager@example.com";

#[tokio::test]
async fn reminded_after_a_day_escalated_after_three_and_expired_after_fourteen() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let first = client.mail(CSM, "CSM Review").await;
    client.advance("23h").await;
    assert_eq!(client.mails(CSM).await.len(), 1);
    client.advance("1h").await;
    let reminder = client.mail(CSM, "Reminder: ").await;
    assert_eq!(
        (first.address(), first.code()),
        (reminder.address(), reminder.code())
    );
    client.advance("47h").await;
    assert!(client.mails(MANAGER).await.is_empty());
    client.advance("1h").await;
    let escalated = client.mail(MANAGER, "Escalated: CSM Review").await;
    assert_ne!(
        escalated.address(),
        first.address(),
        "with links of their own"
    );
    assert_eq!(client.mails(CSM).await.len(), 4, "the team is reminded too");
    client.advance("10d").await;
    assert_eq!(client.status(&request).await["status"], "in_review");
    client.advance("1d").await;
    client.wait_for_status(&request, "denied").await;
    let end = client.wait_for_end(&request).await;
    assert_eq!(end["status"], "SUCCEEDED");
    let events = end["history"].as_array().unwrap().len();
    assert!(events < 500, "far under 25,000: {events}");
    let (status, body) = escalated.decide(&client, "approve", "").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("expire")));
    assert!(client.refunds("ch_demo_2000").await.is_empty());
}

#[tokio::test]
async fn whom_it_was_escalated_to_decides_like_the_team() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    client.mail(CSM, "CSM Review").await;
    client.advance("3d").await;
    client
        .mail(MANAGER, "Escalated")
        .await
        .approve(&client)
        .await;
    client.wait_for_status(&request, "refunded").await;
    let trail = client.trail(&request).await;
    assert!(
        trail
            .iter()
            .any(|(action, _, to)| action == "escalated" && to == "CSM Manager")
    );
}

#[tokio::test]
async fn a_locked_link_is_followed_by_a_fresh_one_and_the_request_stays_decidable() {
    let client = TestClient::open().await;
    let request = client.submit(&form()).await;
    let mail = client.mail(CSM, "CSM Review").await;
    let codes = [
        mail.code(),
        client.mail("csm-2@example.com", "CSM Review").await.code(),
    ];
    let mut wrong = (0..)
        .map(|n| format!("{n:06}"))
        .filter(|code| !codes.contains(code));
    let mut statuses = Vec::new();
    for code in wrong.by_ref().take(5) {
        let guess = json!({"decision": "approve", "code": code});
        statuses.push(client.post_json(mail.address(), &guess).await.0);
    }
    assert_eq!(statuses, [403, 403, 403, 403, 423]);
    assert_eq!(
        mail.decide(&client, "approve", "").await.0,
        423,
        "nor with the right code"
    );
    let (_, page) = client.get(&mail.link("approve"), "text/html").await;
    assert!(page.contains("This link is locked"));
    let fresh = client.mail(CSM, "New link: ").await;
    assert_ne!(
        (fresh.address(), fresh.code()),
        (mail.address(), mail.code())
    );
    fresh.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_counted_one_by_one() {
    let client = TestClient::open().await;
    client.submit(&form()).await;
    let mail = client.mail(CSM, "CSM Review").await;
    let wrong = (0..)
        .map(|n| format!("{n:06}"))
        .filter(|code| *code != mail.code());
    let codes: Vec<String> = wrong.take(30).collect();
    let address = mail.address();
    let guesses = codes.iter().map(|code| {
        let body = json!({"decision": "approve", "code": code});
        let (client, address) = (&client, &address);
        async move { client.post_json(address, &body).await.0 }
    });
    let mut guesses: Vec<_> = guesses.map(Box::pin).collect();
    let mut wrong = 0;
    let mut answered = vec![false; guesses.len()];
    std::future::poll_fn(|context| {
        for (guess, answered) in guesses.iter_mut().zip(&mut answered) {
            if !*answered && let std::task::Poll::Ready(status) = guess.as_mut().poll(context) {
                *answered = true;
                wrong += usize::from(status == 403);
            }
        }
        if answered.iter().all(|answered| *answered) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    assert_eq!(wrong, 4, "the fifth locked it");
    client.mail(CSM, "New link: ").await;
    assert_eq!(client.mails(CSM).await.len(), 2, "locked once, mailed once");
}
