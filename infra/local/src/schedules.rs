//! Schedules of `EventBridge`: functions that are invoked at a rate, by the stack's clock.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{
    clock::{Clock, later},
    lambda::Functions,
    template::{ACCOUNT, REGION, Schedule},
};

/// The first time comes soon, also for what is due once a day: a stack on a laptop seldom runs for so long.
const FIRST: SignedDuration = SignedDuration::from_mins(10);

/// Invokes a function whenever its schedule is due. Where the clock jumps past several times it is invoked once.
/// Never ends by itself.
pub async fn run(schedule: Schedule, functions: Functions, clock: Clock) {
    let mut due = later(clock.now(), schedule.rate.min(FIRST));
    loop {
        clock.sleep_until(due).await;
        let now = clock.now();
        let event = event(now).to_string();
        if let Err(error) = functions.invoke(&schedule.function, event.into()).await {
            tracing::warn!(function = schedule.function, %error, "what was scheduled failed");
        }
        due = later(now, schedule.rate);
    }
}

fn event(now: Timestamp) -> serde_json::Value {
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": format!("{now:.0}"),
        "region": REGION,
        "resources": [],
        "detail": {},
    })
}
