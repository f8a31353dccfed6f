//! Mail to approvers comes back: what SES would publish goes to the deployed topic, and SNS invokes the
//! deployed function with it. And the sender is not verified, as before a domain's records are found.

use std::{thread, time::Duration};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use testing::test_client::Submitted;

use super::{
    scenarios::{CHARGE, form, review},
    stack::Stack,
};
use crate::Checks;

const CUSTOMER: &str = "customer@example.com";
/// How long something that must not happen is waited for.
const PAUSE: Duration = Duration::from_secs(3);
const TEAM: [&str; 2] = ["csm-1@example.com", "csm-2@example.com"];
/// Who is asked when nobody of the team is left.
pub(super) const MANAGER: &str = "csm-manager@example.com";

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt(
        "where every approver's mail comes back the manager is asked at once",
        || unreachable(stack),
    );
    checks.attempt(
        "a mail that is refused for the sender's sake is sent once the sender is verified",
        || refused_sender(stack),
    );
}

fn refused_sender(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("31", CHARGE));
    let mail = review(stack, &request);
    stack.forget_sender()?;
    mail.approve(&stack.client);
    thread::sleep(PAUSE);
    let told = stack.client.mails(CUSTOMER).into_iter();
    let told: Vec<_> = told.filter(|it| it.text.contains(&request.id)).collect();
    stack.verify_sender()?;
    ensure!(told.is_empty(), "the customer was told: {told:?}");
    stack.client.mail_about(&request, CUSTOMER, "refund");
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

fn unreachable(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("30", CHARGE));
    for approver in TEAM {
        stack.client.mail_about(&request, approver, "CSM Review");
    }
    all_bounce(stack, &request)?;
    manager_approves(stack, &request)?;
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

/// Publishes that no mail of the request's review reached the team.
pub(super) fn all_bounce(stack: &Stack, request: &Submitted) -> anyhow::Result<()> {
    let topics = stack.aws("sns", "list_topics", &json!({}))?;
    let topics = topics["Topics"].as_array().context("topics are a list")?;
    let mut topics = topics.iter().filter_map(|it| it["TopicArn"].as_str());
    let topic = topics.find(|arn| arn.contains("MailProblems"));
    let topic = topic.context("the topic for mail problems is deployed")?;
    for approver in TEAM {
        let message = bounce(approver, request).to_string();
        let publish = json!({"TopicArn": topic, "Message": message});
        stack.aws("sns", "publish", &publish)?;
    }
    Ok(())
}

/// Waits until the manager is asked, who approves. The team's marks are seen and taken away, so that it
/// is asked again the next time.
pub(super) fn manager_approves(stack: &Stack, request: &Submitted) -> anyhow::Result<()> {
    let mail = stack.client.mail_about(request, MANAGER, "CSM Review");
    let table = stack.aws("dynamodb", "list_tables", &json!({}))?;
    let table = table["TableNames"][0].clone();
    let scan = json!({"TableName": table, "ConsistentRead": true});
    let items = stack.aws("dynamodb", "scan", &scan)?;
    let items = items["Items"].as_array().context("items are a list")?;
    let marks = items.iter().filter(|it| it["kind"]["S"] == "badAddress");
    let marks: Vec<&Value> = marks.collect();
    ensure!(marks.len() == TEAM.len(), "marks: {marks:?}");
    for mark in marks {
        let key = json!({"pk": mark["pk"], "sk": mark["sk"]});
        let delete = json!({"TableName": table, "Key": key});
        stack.aws("dynamodb", "delete_item", &delete)?;
    }
    mail.approve(&stack.client);
    Ok(())
}

/// What SES publishes of a mail of the request's review, which came back for good.
fn bounce(address: &str, request: &Submitted) -> Value {
    json!({
        "eventType": "Bounce",
        "bounce": {
            "feedbackId": format!("feedback-{address}-{}", request.id),
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{
                "emailAddress": address,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }],
            "timestamp": "2026-11-01T12:00:00.000Z",
            "reportingMTA": "dsn; a8-70.smtp-out.amazonses.com",
        },
        "mail": {
            "timestamp": "2026-11-01T12:00:00.000Z",
            "source": "refunds@example.com",
            "sendingAccountId": "000000000000",
            "messageId": "0100-message",
            "destination": [address],
            "headersTruncated": false,
            "headers": [],
            "tags": {
                "ses:operation": ["SendRawEmail"],
                "request": [request.id],
                "phase": ["CSM_20Review"],
            },
        },
    })
}
