//! Mail to approvers comes back: what SES would publish goes to the deployed topic, and SNS invokes the
//! deployed function with it. And the sender is not verified, as before a domain's records are found.

use std::{thread, time::Duration};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use testing::test_client::Submitted;

use super::{
    emulator::{forget_sender, sent, verify_sender},
    scenarios::review,
};
use crate::{
    Checks,
    rig::aws::stack::{REVIEW, Stack},
};

/// How long something that must not happen is waited for.
const PAUSE: Duration = Duration::from_secs(3);

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
    let request = stack.submit("31");
    let mail = review(stack, &request);
    forget_sender(&stack.deployment)?;
    mail.approve(&stack.client);
    thread::sleep(PAUSE);
    let told = stack.client.mails(&stack.people.customer).into_iter();
    let told = told.filter(|it| it.text.contains(&request.id) && it.subject.contains("refund"));
    let told: Vec<_> = told.collect();
    verify_sender(&stack.deployment)?;
    ensure!(told.is_empty(), "the customer was told: {told:?}");
    let customer = &stack.people.customer;
    stack.client.mail_about(&request, customer, "refund");
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

fn unreachable(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.submit("30");
    all_bounce(stack, &request)?;
    manager_approves(stack, &request)?;
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

/// Publishes that no mail of the request's review reached the team, where each mail's configuration set says.
pub(super) fn all_bounce(stack: &Stack, request: &Submitted) -> anyhow::Result<()> {
    let names_it = |text: &Value| text.as_str().is_some_and(|it| it.contains(&request.id));
    for reviewer in &stack.people.reviewers {
        stack.client.mail_about(request, reviewer, REVIEW);
        let mails = sent(&stack.client);
        let mut mails = mails.iter().rev();
        let mail = mails.find(|it| it["To"] == json!([reviewer]) && names_it(&it["BodyText"]));
        let configuration = &mail.context("they were asked")?["Type"];
        let which = json!({"ConfigurationSetName": configuration});
        let operation = "get_configuration_set_event_destinations";
        let destinations = stack.aws("sesv2", operation, &which)?;
        let topic = &destinations["EventDestinations"][0]["SnsDestination"]["TopicArn"];
        let message = bounce(reviewer, request).to_string();
        let publish = json!({"TopicArn": topic, "Message": message});
        stack.aws("sns", "publish", &publish)?;
    }
    Ok(())
}

/// The marks of addresses that no mail reaches.
pub(super) fn marks(stack: &Stack) -> anyhow::Result<Vec<Value>> {
    let mut items = stack.items()?;
    items.retain(|item| item["kind"]["S"] == "badAddress");
    Ok(items)
}

/// Waits until the manager is asked, who approves. The team's marks are seen and taken away, so that it
/// is asked again the next time.
pub(super) fn manager_approves(stack: &Stack, request: &Submitted) -> anyhow::Result<()> {
    let manager = &stack.people.manager;
    let mail = stack.client.mail_about(request, manager, REVIEW);
    let (marks, reviewers) = (marks(stack)?, stack.people.reviewers.len());
    ensure!(marks.len() == reviewers, "marks: {marks:?}");
    let table = stack.deployment.resource("Table")?;
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
