//! Mail that comes back, where the addresses of SES's mailbox simulator do here what they do on AWS; and mail that SES
//! does not take, for the recipient's sake or the sender's.

use std::path::Path;

use e2e::{LocalStack, TestClient, form};
use serde_json::{Value, json};

const GOOD: &str = "csm-2@example.com";
const BAD: &str = "bounce+csm@simulator.amazonses.com";
const SPAM: &str = "complaint+csm@simulator.amazonses.com";
/// SES does not send to it.
const REFUSED: &str = "csm-1@unverified.example.com";
const BOSS: &str = "csm-manager@example.com";
const UNREACHABLE: &str = "approver_unreachable";

fn teams(csm_team: &[&str]) -> String {
    let teams = json!({
        "csm-team": csm_team,
        "csm-manager": [BOSS],
        "finance-team": ["finance-1@example.com"],
    });
    teams.to_string()
}

/// A stack whose CSM team has these members.
fn client(csm_team: &[&str]) -> LocalStack {
    LocalStack::with_teams(&teams(csm_team))
}

/// The actions of a request's audit log, once one of them is there so often.
fn actions_with(
    client: &TestClient,
    request: &e2e::Submitted,
    action: &str,
    times: usize,
) -> Vec<String> {
    let wanted = format!("{action} in the audit log, {times} times");
    client.eventually(&wanted, || {
        let records = client.audit_log(request);
        let actions: Vec<String> = records.into_iter().map(|(action, _, _)| action).collect();
        if actions.iter().filter(|it| *it == action).count() == times {
            Ok(actions)
        } else {
            Err(format!("{actions:?}"))
        }
    })
}

#[test]
fn where_one_of_two_bounces_the_other_decides_and_the_one_is_left_alone() {
    let client = client(&[BAD, GOOD]);
    let request = client.submit(&form());
    client.mail(BAD, &request.id);
    actions_with(&client, &request, UNREACHABLE, 1);
    // It is noted first; then the approval is woken, which is to be over before time jumps.
    client.settled_items();
    client.advance("24h");
    client.mail(GOOD, "Reminder: ");
    client.settled_items();
    assert_eq!(client.mails(BAD).len(), 1, "no reminder to nowhere");
    assert!(client.mails(BOSS).is_empty(), "one who can decide is left");

    client.mail(GOOD, &request.id).approve(&client);
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_2000").len(), 1);

    // The next request does not even try.
    let next = client.submit(&form());
    client.mail(GOOD, &next.id);
    actions_with(&client, &next, UNREACHABLE, 1);
    assert_eq!(client.mails(BAD).len(), 1);
}

#[test]
fn where_all_bounce_the_manager_is_asked_at_once() {
    let client = client(&[BAD, SPAM]);
    let request = client.submit(&form());
    let mail = client.mail(BOSS, &request.id);
    let actions = actions_with(&client, &request, UNREACHABLE, 2);
    assert!(actions.contains(&"escalated".to_owned()), "{actions:?}");
    mail.approve(&client);
    client.wait_for_status(&request, "refunded");

    for item in client.settled_items() {
        if item["kind"]["S"] == "badAddress" {
            let text = item.to_string();
            assert!(
                !text.contains("simulator") && !text.contains("csm"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_customers_bounce_stands_in_the_audit_log_of_the_request() {
    let client = client(&[GOOD]);
    let customer = json!("bounce+customer@simulator.amazonses.com");
    let request = client.submit(&form().with("customerEmail", customer));
    let mail = client.mail(GOOD, &request.id);
    mail.reject(&client, "It was used.");
    client.wait_for_end(&request);
    // Each mail to them: that their request arrived, and what became of it.
    let actions = actions_with(&client, &request, "customer_mail_bounced", 2);
    client.settled_items();
    assert_eq!(
        client
            .mails("bounce+customer@simulator.amazonses.com")
            .len(),
        2
    );
    assert!(!actions.contains(&UNREACHABLE.to_owned()), "{actions:?}");
    assert_eq!(client.status(&request)["status"], "denied");
}

#[test]
fn where_one_of_two_is_refused_the_other_decides() {
    let client = client(&[REFUSED, GOOD]);
    let request = client.submit(&form());
    client.mail(GOOD, &request.id).approve(&client);
    client.wait_for_status(&request, "refunded");
    let actions = actions_with(&client, &request, UNREACHABLE, 1);
    assert!(!actions.contains(&"escalated".to_owned()), "{actions:?}");
    assert!(client.mails(REFUSED).is_empty());
}

#[test]
fn where_all_are_refused_the_manager_is_asked_at_once() {
    let client = client(&[REFUSED]);
    let request = client.submit(&form());
    client.mail(BOSS, &request.id).approve(&client);
    client.wait_for_status(&request, "refunded");
    actions_with(&client, &request, UNREACHABLE, 1);
}

#[test]
fn a_customer_whom_ses_does_not_write_to_finds_the_answer_on_their_page() {
    let client = client(&[GOOD]);
    let customer = json!("customer@unverified.example.com");
    let request = client.submit(&form().with("customerEmail", customer));
    client
        .mail(GOOD, &request.id)
        .reject(&client, "It was used.");
    client.wait_for_end(&request);
    // That their request arrived, and what became of it.
    actions_with(&client, &request, "mail_refused", 2);
    assert_eq!(client.status(&request)["status"], "denied");
}

/// Pauses SES for the whole account, or enables it again, by SES's own action.
fn set_sending(client: &TestClient, enabled: &str) {
    let action = ("Action", "UpdateAccountSendingEnabled");
    let (status, body) = client.post_form("/_local/aws/ses", &[action, ("Enabled", enabled)]);
    assert_eq!(status, 200, "{body}");
}

/// The outcomes of all measurements `MailsRefused` that functions wrote.
fn refusals(data: &Path) -> Vec<String> {
    let logs = std::fs::read_dir(data.join("logs")).expect("functions log");
    let logs = logs.map(|file| std::fs::read_to_string(file.expect("a file").path()));
    let logs: Vec<String> = logs.map(|log| log.expect("a log is text")).collect();
    let lines = logs.iter().flat_map(|log| log.lines());
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines
        .filter(|line| line["MailsRefused"] == 1)
        .map(|line| {
            assert!(line["_aws"]["Timestamp"].as_i64() > Some(0), "{line}");
            line["Outcome"].as_str().unwrap_or_default().to_owned()
        })
        .collect()
}

#[test]
fn a_refused_sender_delays_the_question_and_nobody_is_taken_for_unreachable() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--port", "0", "--data-dir", data.path().to_str().unwrap()];
    let client = LocalStack::with_environment(&arguments, &[("TEAMS", &teams(&[GOOD]))]);
    set_sending(&client, "false");
    let request = client.submit(&form());
    client.settled_items();
    // The state gives up after eight retries, the last of which are minutes apart.
    for _ in 0..3 {
        client.advance("5s");
    }
    assert!(client.mails(GOOD).is_empty());
    assert_eq!(client.status(&request)["status"], "in_review");

    set_sending(&client, "true");
    client.advance("5m");
    client.mail(GOOD, &request.id).approve(&client);
    client.wait_for_status(&request, "refunded");
    let actions = actions_with(&client, &request, "approval_requested", 1);
    for never in [UNREACHABLE, "escalated", "reminded", "mail_refused"] {
        assert!(!actions.contains(&never.to_owned()), "{actions:?}");
    }
    let outcomes = refusals(data.path());
    assert!(!outcomes.is_empty(), "the alarm MailRefused has a metric");
    assert!(outcomes.iter().all(|it| it == "sender"), "{outcomes:?}");
}
