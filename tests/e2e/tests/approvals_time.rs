//! Reminders, escalation, expiry, and links that are guessed at.

use std::thread;

use e2e::{LocalStack, form};
use serde_json::json;

const CSM: &str = "csm-1@example.com";
const CUSTOMER: &str = "customer@example.com";
const MANAGER: &str = "csm-manager@example.com";

#[test]
fn reminded_after_a_day_escalated_after_three_and_expired_after_fourteen() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let first = client.mail(CSM, "CSM Review");
    client.advance("23h");
    assert_eq!(client.mails(CSM).len(), 1);
    client.advance("1h");
    let reminder = client.mail(CSM, "Reminder: ");
    assert_eq!(
        (first.address(), first.code()),
        (reminder.address(), reminder.code())
    );
    client.advance("47h");
    assert!(client.mails(MANAGER).is_empty());
    client.advance("1h");
    let escalated = client.mail(MANAGER, "Escalated: CSM Review");
    assert_ne!(
        escalated.address(),
        first.address(),
        "with links of their own"
    );
    assert_eq!(client.mails(CSM).len(), 4, "the team is reminded too");
    client.advance("10d");
    assert_eq!(client.status(&request)["status"], "in_review");
    client.advance("1d");
    client.wait_for_status(&request, "denied");
    let end = client.wait_for_end(&request);
    assert_eq!(end["status"], "SUCCEEDED");
    let events = end["history"].as_array().unwrap().len();
    assert!(events < 500, "far under 25,000: {events}");
    let (status, body) = escalated.decide(&client, "approve", "");
    assert_eq!((status, &body["outcome"]), (200, &json!("expire")));
    assert!(client.refunds("ch_demo_2000").is_empty());
    let told = client.mail_about(&request, CUSTOMER, "We did not decide");
    assert!(told.text.contains("We are sorry") && !told.text.contains("approved"));
    let form = "/services/customer-success/refund-request?chargeIdToRefund=ch_demo_2000&refundAmount=50.00&reason=";
    assert!(told.text.contains(form), "{}", told.text);
    let (_, page) = client.get(&request.status_url, "text/html");
    assert!(page.contains("We did not decide in time") && page.contains("Send it again"));
    assert!(!page.contains("approved"), "{page}");
}

#[test]
fn whom_it_was_escalated_to_decides_like_the_team() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    client.mail(CSM, "CSM Review");
    client.advance("3d");
    client.mail(MANAGER, "Escalated").approve(&client);
    client.wait_for_status(&request, "refunded");
    let records = client.audit_log(&request);
    assert!(
        records
            .iter()
            .any(|(action, _, to)| action == "escalated" && to == "CSM Manager")
    );
}

#[test]
fn a_locked_link_is_followed_by_a_fresh_one_and_the_request_stays_decidable() {
    let client = LocalStack::open();
    let request = client.submit(&form());
    let mail = client.mail(CSM, "CSM Review");
    let codes = [
        mail.code(),
        client.mail("csm-2@example.com", "CSM Review").code(),
    ];
    let mut wrong = (0..)
        .map(|n| format!("{n:06}"))
        .filter(|code| !codes.contains(code));
    let mut statuses = Vec::new();
    for code in wrong.by_ref().take(5) {
        let guess = json!({"decision": "approve", "code": code});
        statuses.push(client.post_json(mail.address(), &guess).0);
    }
    assert_eq!(statuses, [403, 403, 403, 403, 423]);
    assert_eq!(
        mail.decide(&client, "approve", "").0,
        423,
        "nor with the right code"
    );
    let (_, page) = client.get(&mail.link("approve"), "text/html");
    assert!(page.contains("This link is locked"));
    let fresh = client.mail(CSM, "New link: ");
    assert_ne!(
        (fresh.address(), fresh.code()),
        (mail.address(), mail.code())
    );
    fresh.approve(&client);
    client.wait_for_status(&request, "refunded");
}

#[test]
fn guesses_at_the_same_moment_are_counted_one_by_one() {
    let client = LocalStack::open();
    client.submit(&form());
    let mail = client.mail(CSM, "CSM Review");
    let wrong = (0..)
        .map(|n| format!("{n:06}"))
        .filter(|code| *code != mail.code());
    let codes: Vec<String> = wrong.take(30).collect();
    let address = mail.address();
    let answers: Vec<u16> = thread::scope(|scope| {
        let guess = |code| {
            let guess = json!({"decision": "approve", "code": code});
            client.post_json(&address, &guess).0
        };
        let guesses: Vec<_> = codes
            .iter()
            .map(|code| scope.spawn(move || guess(code)))
            .collect();
        let answers = guesses.into_iter().map(|it| it.join().expect("an answer"));
        answers.collect()
    });
    let wrong = answers.iter().filter(|status| **status == 403).count();
    assert_eq!(wrong, 4, "the fifth locked it");
    client.mail(CSM, "New link: ");
    assert_eq!(client.mails(CSM).len(), 2, "locked once, mailed once");
}
