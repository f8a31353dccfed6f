//! What SES says of mails: one is delivered, and one comes back.

use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};

use crate::{
    Checks,
    rig::aws::{
        events::Listener,
        stack::{REVIEW, Stack},
        until,
    },
};

/// How long it may take until a function has started and done its work.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);
/// The mailbox of SES's simulator that bounces for good, and is not suppressed for it.
pub(super) const BOUNCES: &str = "bounce";
/// How long a mail and the event about it may be under way.
const DELIVERY: Duration = Duration::from_mins(5);

pub(super) fn play(stack: &Stack, listener: &Listener<'_>, checks: &mut Checks<'_>) {
    checks.attempt(
        "SES delivers a reviewer's mail, and a bounce marks the one whom it does not reach",
        || {
            hear_deliveries(stack, listener)?;
            let request = stack.submit("5");
            let reviewer = &stack.people.reviewers[0];
            stack.asked(&request, reviewer, REVIEW)?;
            listener.wait_for(&["Delivery", &request.id, reviewer], DELIVERY)?;
            until(DELIVERY, || {
                let approval = stack.approval(&request, REVIEW)?;
                let mut unreachable = approval.unreachable().map(|it| it.email.as_str());
                let is_marked = unreachable.any(|it| it.starts_with(BOUNCES));
                ensure!(is_marked, "{:?}", approval.approvers);
                ensure!(
                    approval.unreachable().count() == 1,
                    "{:?}",
                    approval.approvers
                );
                Ok(())
            })?;
            stack.approve_review(&request)?;
            stack.client.wait_for_status(&request, "refunded");
            Ok(())
        },
    );
}

/// The topic for deliveries, which the stack itself does not listen to.
pub(super) fn topic(stack: &str) -> Value {
    json!({"Name": format!("{stack}-rig")})
}

fn hear_deliveries(stack: &Stack, listener: &Listener<'_>) -> anyhow::Result<()> {
    let topic = stack.aws(
        "sns",
        "create_topic",
        &topic(&stack.deployment.target.stack),
    )?;
    let topic = topic["TopicArn"].as_str().unwrap_or_default();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "ses.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
        }],
    });
    let policy = json!({
        "TopicArn": topic,
        "AttributeName": "Policy",
        "AttributeValue": policy.to_string(),
    });
    stack.aws("sns", "set_topic_attributes", &policy)?;
    listener.hear(topic)?;
    let destination = json!({
        "ConfigurationSetName": stack.deployment.resource("MailConfiguration")?,
        "EventDestinationName": "rig",
        "EventDestination": {
            "Enabled": true,
            "MatchingEventTypes": ["DELIVERY"],
            "SnsDestination": {"TopicArn": topic},
        },
    });
    let operation = "create_configuration_set_event_destination";
    stack.aws("sesv2", operation, &destination).map(drop)
}
