//! What a stack publishes, heard by a queue of the rig's own.

use std::{cell::RefCell, time::Duration};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{
    stack::{REVIEW, Stack},
    until,
};
use crate::Checks;

/// How long an event may be under way. AWS promises no time.
const DELIVERY: Duration = Duration::from_mins(3);

/// A queue that is subscribed to topics.
#[derive(Debug)]
pub(in crate::rig) struct Listener<'a> {
    stack: &'a Stack,
    url: String,
    arn: String,
    heard: RefCell<Vec<String>>,
}

impl<'a> Listener<'a> {
    /// A new queue that any topic of the account may send to.
    pub(in crate::rig) fn new(stack: &'a Stack) -> anyhow::Result<Self> {
        let name = queue_name(&stack.deployment.target.stack);
        let queue = stack.aws("sqs", "create_queue", &json!({"QueueName": name}))?;
        let url = text(&queue["QueueUrl"])?;
        let which = json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]});
        let attributes = stack.aws("sqs", "get_queue_attributes", &which)?;
        let arn = text(&attributes["Attributes"]["QueueArn"])?;
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }],
        });
        let policy = json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}});
        stack.aws("sqs", "set_queue_attributes", &policy)?;
        Ok(Self {
            stack,
            url,
            arn,
            heard: RefCell::default(),
        })
    }

    /// Hears a topic from now on.
    pub(in crate::rig) fn hear(&self, topic: &str) -> anyhow::Result<()> {
        let subscription = json!({
            "TopicArn": topic,
            "Protocol": "sqs",
            "Endpoint": self.arn,
            "Attributes": {"RawMessageDelivery": "true"},
        });
        self.stack.aws("sns", "subscribe", &subscription).map(drop)
    }

    /// Waits for a message with all of these words, and takes it out of what was heard.
    pub(in crate::rig) fn wait_for(&self, words: &[&str], limit: Duration) -> anyhow::Result<()> {
        until(limit, || {
            self.receive()?;
            let mut heard = self.heard.borrow_mut();
            let has_all = |it: &String| words.iter().all(|word| it.contains(word));
            let place = heard.iter().position(has_all);
            let place = place.with_context(|| format!("no {words:?} in {heard:#?}"))?;
            heard.remove(place);
            Ok(())
        })
    }

    fn receive(&self) -> anyhow::Result<()> {
        let receive =
            json!({"QueueUrl": self.url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 5});
        let received = self.stack.aws("sqs", "receive_message", &receive)?;
        for message in received["Messages"].as_array().into_iter().flatten() {
            self.heard.borrow_mut().push(text(&message["Body"])?);
            let done = json!({"QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"]});
            self.stack.aws("sqs", "delete_message", &done)?;
        }
        Ok(())
    }
}

/// The queue's name, by which it is torn down.
pub(in crate::rig) fn queue_name(stack: &str) -> String {
    format!("{stack}-rig")
}

/// An execution that stops is told to the operator's topic, with the request's id, and to its customer's page.
pub(in crate::rig) fn stopped_is_told(
    stack: &Stack,
    listener: &Listener<'_>,
    checks: &mut Checks<'_>,
) {
    checks.attempt(
        "EventBridge tells the operator's topic and the customer's page which request stopped, and nothing is left undelivered",
        || {
            listener.hear(&stack.deployment.resource("Alarms")?)?;
            let request = stack.submit("2");
            stack.asked(&request, &stack.people.reviewers[0], REVIEW)?;
            let machine = stack.deployment.resource("CustomerSuccessRefundRequest")?;
            let execution = machine.replace(":stateMachine:", ":execution:");
            let stop = json!({"executionArn": format!("{execution}:{}", request.id)});
            stack.aws("stepfunctions", "stop_execution", &stop)?;
            listener.wait_for(&[&request.id, "ABORTED"], DELIVERY)?;
            stack
                .client
                .wait_for_status(&request, "needs_attention");
            nothing_undelivered(stack)
        },
    );
}

fn nothing_undelivered(stack: &Stack) -> anyhow::Result<()> {
    let queue = stack.deployment.resource("UndeliveredEvents")?;
    let count = "ApproximateNumberOfMessages";
    let which = json!({"QueueUrl": queue, "AttributeNames": [count]});
    let attributes = stack.aws("sqs", "get_queue_attributes", &which)?;
    let waiting = &attributes["Attributes"][count];
    ensure!(waiting == "0", "undelivered: {waiting}");
    Ok(())
}

fn text(value: &Value) -> anyhow::Result<String> {
    let text = value.as_str().context("AWS's answer has a text here")?;
    Ok(text.to_owned())
}
