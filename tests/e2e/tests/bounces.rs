//! Mail that comes back: the addresses of SES's mailbox simulator do here what they do on AWS.

use e2e::{LocalStack, TestClient, form};
use serde_json::json;

const GOOD: &str = "csm-2@example.com";
const BAD: &str = "bounce+csm@simulator.amazonses.com";
const SPAM: &str = "complaint+csm@simulator.amazonses.com";
const BOSS: &str = "csm-manager@example.com";
const UNREACHABLE: &str = "approver_unreachable";

/// A stack whose CSM team has these members.
fn client(csm_team: &[&str]) -> LocalStack {
    let teams = json!({
        "csm-team": csm_team,
        "csm-manager": [BOSS],
        "finance-team": ["finance-1@example.com"],
    });
    LocalStack::with_teams(&teams.to_string())
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
    let actions = actions_with(&client, &request, "customer_mail_bounced", 1);
    assert!(!actions.contains(&UNREACHABLE.to_owned()), "{actions:?}");
    assert_eq!(client.status(&request)["status"], "denied");
}
