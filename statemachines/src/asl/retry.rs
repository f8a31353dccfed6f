//! When a function is run again.
//!
//! All functions are idempotent, so running one again is always safe; the question is only for how
//! long it is worth it.

use serde_json::{Value, json};

use super::task::Function;

/// Lambda itself could not run the function. The first five are the block that AWS recommends.
const LAMBDA: [&str; 5] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
];

/// The function crashed, or something that it needs did not answer.
const CRASHES_AND_OUTAGES: [&str; 6] = [
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Store.Unavailable",
    "Workflow.Unavailable",
    "Mail.Unavailable",
];

pub(super) const TIMEOUT: &str = "States.Timeout";
const STRIPE: &str = "Stripe.Unavailable";

/// The retriers of a function's state.
pub(super) fn of(function: Function) -> Vec<Value> {
    let mut outages = CRASHES_AND_OUTAGES.to_vec();
    // Where a person is waited for, the time limit is the reminder.
    if function != Function::RequestApproval {
        outages.push(TIMEOUT);
    }
    let mut retriers = vec![lambda(), repeated(&outages)];
    if function == Function::IssueRefund {
        retriers.push(stripe());
    }
    retriers
}

/// The retriers of a state that waits for Stripe, whose time limit is when it asks again.
pub(super) fn while_waiting() -> Vec<Value> {
    vec![lambda(), repeated(&CRASHES_AND_OUTAGES), stripe()]
}

/// The retriers of a state that others wait for, and can do without.
pub(super) fn briefly() -> Vec<Value> {
    let outages = [&CRASHES_AND_OUTAGES[..], &[TIMEOUT, STRIPE]].concat();
    let outages = json!({
        "ErrorEquals": outages,
        "IntervalSeconds": 1,
        "MaxAttempts": 3,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    });
    vec![lambda(), outages]
}

fn lambda() -> Value {
    json!({
        "ErrorEquals": LAMBDA,
        "IntervalSeconds": 1,
        "MaxAttempts": 6,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    })
}

fn repeated(outages: &[&str]) -> Value {
    json!({
        "ErrorEquals": outages,
        "IntervalSeconds": 2,
        "MaxAttempts": 8,
        "BackoffRate": 2,
        "MaxDelaySeconds": 300,
        "JitterStrategy": "FULL",
    })
}

/// An outage of Stripe's: about four hours.
fn stripe() -> Value {
    json!({
        "ErrorEquals": [STRIPE],
        "IntervalSeconds": 2,
        "MaxAttempts": 20,
        "BackoffRate": 2,
        "MaxDelaySeconds": 900,
        "JitterStrategy": "FULL",
    })
}
