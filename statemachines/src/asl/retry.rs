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

/// The retriers of a function's state.
pub(super) fn of(function: Function) -> Vec<Value> {
    let mut outages = CRASHES_AND_OUTAGES.to_vec();
    // Where a person is waited for, the time limit is the reminder.
    if function != Function::RequestApproval {
        outages.push("States.Timeout");
    }
    let mut retriers = vec![
        json!({
            "ErrorEquals": LAMBDA,
            "IntervalSeconds": 1,
            "MaxAttempts": 6,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL",
        }),
        json!({
            "ErrorEquals": outages,
            "IntervalSeconds": 2,
            "MaxAttempts": 8,
            "BackoffRate": 2,
            "MaxDelaySeconds": 300,
            "JitterStrategy": "FULL",
        }),
    ];
    if function == Function::IssueRefund {
        retriers.extend(stripe());
    }
    retriers
}

fn stripe() -> [Value; 2] {
    [
        // An outage: about four hours.
        json!({
            "ErrorEquals": ["Stripe.Unavailable"],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 900,
            "JitterStrategy": "FULL",
        }),
        // A refund that Stripe has not settled yet: every hour for ten days.
        json!({
            "ErrorEquals": ["Stripe.Pending"],
            "IntervalSeconds": 3600,
            "MaxAttempts": 240,
            "BackoffRate": 1,
        }),
    ]
}
