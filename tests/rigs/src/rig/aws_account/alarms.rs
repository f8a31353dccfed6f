//! An alarm that goes off again, while what set it off is still there.

use std::time::Duration;

use anyhow::ensure;
use serde_json::json;

use crate::{
    Checks,
    rig::aws::{events::Listener, stack::Stack, until},
};

/// How long a metric of SQS and the alarm on its five minutes may take together.
const EVALUATION: Duration = Duration::from_mins(20);
const ALARM: &str = "EventsUndelivered";

pub(super) fn play(stack: &Stack, listener: &Listener<'_>, checks: &mut Checks<'_>) {
    checks.attempt(
        "a second undelivered event raises the alarm again, while the first still lies in the queue",
        || {
            let alarm = stack.deployment.resource(ALARM)?;
            arrive(stack)?;
            listener.wait_for(&[&alarm, "\"NewStateValue\":\"ALARM\""], EVALUATION)?;
            until(EVALUATION, || is_ok(stack, &alarm))?;
            arrive(stack)?;
            listener.wait_for(&[&alarm, "\"NewStateValue\":\"ALARM\""], EVALUATION)
        },
    );
}

fn arrive(stack: &Stack) -> anyhow::Result<()> {
    let queue = stack.deployment.resource("UndeliveredEvents")?;
    let message = json!({"QueueUrl": queue, "MessageBody": "of the rig"});
    stack.aws("sqs", "send_message", &message).map(drop)
}

fn is_ok(stack: &Stack, alarm: &str) -> anyhow::Result<()> {
    let which = json!({"AlarmNames": [alarm]});
    let alarms = stack.aws("cloudwatch", "describe_alarms", &which)?;
    let state = &alarms["MetricAlarms"][0]["StateValue"];
    ensure!(state == "OK", "the alarm is {state}");
    Ok(())
}
