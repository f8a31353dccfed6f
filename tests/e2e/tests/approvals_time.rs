//! Reminders, escalation, expiry, and links that are guessed at.

use e2e::{Desk, form};
use serde_json::json;

const CSM: &str = "csm-1@example.com";
const MANAGER: &str = "csm-manager@example.com";

#[tokio::test]
async fn reminded_after_a_day_escalated_after_three_and_expired_after_fourteen() {
    let desk = Desk::open().await;
    let request = desk.submit(&form()).await;
    let first = desk.mail(CSM, "CSM Review").await;
    desk.advance("23h").await;
    assert_eq!(desk.mails(CSM).await.len(), 1);
    desk.advance("1h").await;
    let reminder = desk.mail(CSM, "Reminder: ").await;
    assert_eq!(
        (first.address(), first.code()),
        (reminder.address(), reminder.code())
    );
    desk.advance("47h").await;
    assert!(desk.mails(MANAGER).await.is_empty());
    desk.advance("1h").await;
    let escalated = desk.mail(MANAGER, "Escalated: CSM Review").await;
    assert_ne!(
        escalated.address(),
        first.address(),
        "with links of their own"
    );
    assert_eq!(desk.mails(CSM).await.len(), 4, "the team is reminded too");
    desk.advance("10d").await;
    assert_eq!(desk.status(&request).await["status"], "in_review");
    desk.advance("1d").await;
    desk.wait_for_status(&request, "denied").await;
    let end = desk.wait_for_end(&request).await;
    assert_eq!(end["status"], "SUCCEEDED");
    let events = end["history"].as_array().unwrap().len();
    assert!(events < 500, "far under 25,000: {events}");
    let (status, body) = escalated.decide(&desk, "approve", "").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("expire")));
    assert!(desk.refunds("ch_demo_2000").await.is_empty());
}

#[tokio::test]
async fn whom_it_was_escalated_to_decides_like_the_team() {
    let desk = Desk::open().await;
    let request = desk.submit(&form()).await;
    desk.mail(CSM, "CSM Review").await;
    desk.advance("3d").await;
    desk.mail(MANAGER, "Escalated").await.approve(&desk).await;
    desk.wait_for_status(&request, "refunded").await;
    let trail = desk.trail(&request).await;
    assert!(
        trail
            .iter()
            .any(|(action, _, to)| action == "escalated" && to == "CSM Manager")
    );
}

#[tokio::test]
async fn a_locked_link_is_followed_by_a_fresh_one_and_the_request_stays_decidable() {
    let desk = Desk::open().await;
    let request = desk.submit(&form()).await;
    let mail = desk.mail(CSM, "CSM Review").await;
    let codes = [
        mail.code(),
        desk.mail("csm-2@example.com", "CSM Review").await.code(),
    ];
    let mut wrong = (0..)
        .map(|n| format!("{n:06}"))
        .filter(|code| !codes.contains(code));
    let mut statuses = Vec::new();
    for code in wrong.by_ref().take(5) {
        let guess = json!({"decision": "approve", "code": code});
        statuses.push(desk.post_json(mail.address(), &guess).await.0);
    }
    assert_eq!(statuses, [403, 403, 403, 403, 423]);
    assert_eq!(
        mail.decide(&desk, "approve", "").await.0,
        423,
        "nor with the right code"
    );
    let (_, page) = desk.get(&mail.link("approve"), "text/html").await;
    assert!(page.contains("This link is locked"));
    let fresh = desk.mail(CSM, "New link: ").await;
    assert_ne!(
        (fresh.address(), fresh.code()),
        (mail.address(), mail.code())
    );
    fresh.approve(&desk).await;
    desk.wait_for_status(&request, "refunded").await;
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_counted_one_by_one() {
    let desk = Desk::open().await;
    desk.submit(&form()).await;
    let mail = desk.mail(CSM, "CSM Review").await;
    let wrong = (0..)
        .map(|n| format!("{n:06}"))
        .filter(|code| *code != mail.code());
    let codes: Vec<String> = wrong.take(30).collect();
    let address = mail.address();
    let guesses = codes.iter().map(|code| {
        let body = json!({"decision": "approve", "code": code});
        let (desk, address) = (&desk, &address);
        async move { desk.post_json(address, &body).await.0 }
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
    desk.mail(CSM, "New link: ").await;
    assert_eq!(desk.mails(CSM).await.len(), 2, "locked once, mailed once");
}
