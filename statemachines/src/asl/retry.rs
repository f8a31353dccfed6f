//! When a function is run again.
//!
//! All functions are idempotent, so running one again is always safe; the question is only for how
//! long it is worth it.

use serde_json::{Value, json};

use super::function::Function;

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
    if function != Function::AskApprovers {
        outages.push(TIMEOUT);
    }
    // What is not recorded at a request's end or stop, nobody hears of.
    let lambda = if function == Function::CloseRequest {
        retrier(&LAMBDA, 1, 12, Some(300))
    } else {
        lambda()
    };
    let mut retriers = vec![lambda, repeated(&outages)];
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
    vec![lambda(), retrier(&outages, 1, 3, None)]
}

fn lambda() -> Value {
    retrier(&LAMBDA, 1, 6, Some(60))
}

fn repeated(outages: &[&str]) -> Value {
    retrier(outages, 2, 8, Some(300))
}

/// An outage of Stripe's: about four hours.
fn stripe() -> Value {
    retrier(&[STRIPE], 2, 20, Some(900))
}

/// Each time it is waited for twice as long, at most for so many seconds, less a random part.
fn retrier(errors: &[&str], seconds: u32, attempts: u32, most_seconds: Option<u32>) -> Value {
    let mut retrier = json!({
        "ErrorEquals": errors,
        "IntervalSeconds": seconds,
        "MaxAttempts": attempts,
        "BackoffRate": 2,
    });
    if let Some(most_seconds) = most_seconds {
        retrier["MaxDelaySeconds"] = json!(most_seconds);
    }
    retrier["JitterStrategy"] = json!("FULL");
    retrier
}
