//! Mail that comes back: the addresses of SES's mailbox simulator do here what they do on AWS.

use e2e::{TestClient, form};
use serde_json::json;

const GOOD: &str = "csm-2@example.com";
const BAD: &str = "bounce+csm@simulator.amazonses.com";
const SPAM: &str = "complaint+csm@simulator.amazonses.com";
const BOSS: &str = "csm-manager@example.com";
const UNREACHABLE: &str = "approver_unreachable";

/// A client whose CSM team has these members.
async fn client(csm_team: &[&str]) -> TestClient {
    let teams = json!({
        "csm-team": csm_team,
        "csm-manager": [BOSS],
        "finance-team": ["finance-1@example.com"],
    });
    TestClient::with_teams(&teams.to_string()).await
}

/// The actions of a request's trail, once one of them is there so often.
async fn trail_with(
    client: &TestClient,
    request: &e2e::Submitted,
    action: &str,
    times: usize,
) -> Vec<String> {
    let wanted = format!("{action} in the audit log, {times} times");
    client
        .eventually(&wanted, || async {
            let trail = client.trail(request).await;
            let actions: Vec<String> = trail.into_iter().map(|(action, _, _)| action).collect();
            if actions.iter().filter(|it| *it == action).count() == times {
                Ok(actions)
            } else {
                Err(format!("{actions:?}"))
            }
        })
        .await
}

#[tokio::test]
async fn where_one_of_two_bounces_the_other_decides_and_the_one_is_left_alone() {
    let client = client(&[BAD, GOOD]).await;
    let request = client.submit(&form()).await;
    client.mail(BAD, &request.id).await;
    trail_with(&client, &request, UNREACHABLE, 1).await;
    // It is noted first; then the approval is woken, which is to be over before time jumps.
    client.settled_items().await;
    client.advance("24h").await;
    client.mail(GOOD, "Reminder: ").await;
    client.settled_items().await;
    assert_eq!(client.mails(BAD).await.len(), 1, "no reminder to nowhere");
    assert!(
        client.mails(BOSS).await.is_empty(),
        "one who can decide is left"
    );

    client.mail(GOOD, &request.id).await.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;
    assert_eq!(client.refunds("ch_demo_2000").await.len(), 1);

    // The next request does not even try.
    let next = client.submit(&form()).await;
    client.mail(GOOD, &next.id).await;
    trail_with(&client, &next, UNREACHABLE, 1).await;
    assert_eq!(client.mails(BAD).await.len(), 1);
}

#[tokio::test]
async fn where_all_bounce_the_manager_is_asked_at_once() {
    let client = client(&[BAD, SPAM]).await;
    let request = client.submit(&form()).await;
    let mail = client.mail(BOSS, &request.id).await;
    let actions = trail_with(&client, &request, UNREACHABLE, 2).await;
    assert!(actions.contains(&"escalated".to_owned()), "{actions:?}");
    mail.approve(&client).await;
    client.wait_for_status(&request, "refunded").await;

    for item in client.settled_items().await {
        if item["kind"]["S"] == "badAddress" {
            let text = item.to_string();
            assert!(
                !text.contains("simulator") && !text.contains("csm"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn a_customers_bounce_stands_in_the_trail_of_the_request() {
    let client = client(&[GOOD]).await;
    let customer = json!("bounce+customer@simulator.amazonses.com");
    let request = client.submit(&form().with("customerEmail", customer)).await;
    let mail = client.mail(GOOD, &request.id).await;
    mail.reject(&client, "It was used.").await;
    client.wait_for_end(&request).await;
    let actions = trail_with(&client, &request, "customer_mail_bounced", 1).await;
    assert!(!actions.contains(&UNREACHABLE.to_owned()), "{actions:?}");
    assert_eq!(client.status(&request).await["status"], "denied");
}
