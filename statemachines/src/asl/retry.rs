//! When a function is run again.
//!
//! All functions are idempotent, so running one again is always safe; the question is only for how long it is worth
//! it. A request waits days for people, so it can wait a day for a service that is away: nobody is denied for it, and
//! nobody has to let it go on by hand. A function that crashes rarely heals by itself, so a person is called sooner.

use serde_json::{Value, json};

use super::function::Function;

/// What a function needs did not answer, or Lambda itself could not run the function: the first five are the block that
/// AWS recommends.
const OUTAGES: [&str; 9] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Store.Unavailable",
    "Workflow.Unavailable",
    "Mail.Unavailable",
    "Settings.Unavailable",
];

/// The function crashed, or was ended by Lambda.
const CRASHES: [&str; 3] = ["Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError"];

pub(super) const TIMEOUT: &str = "States.Timeout";
const STRIPE: &str = "Stripe.Unavailable";

/// The retriers of a function's state.
pub(super) fn of(function: Function) -> Vec<Value> {
    let mut outages = OUTAGES.to_vec();
    if function == Function::IssueRefund {
        outages.push(STRIPE);
    }
    let mut crashes = CRASHES.to_vec();
    // Where a person is waited for, the time limit is the reminder.
    if function != Function::AskApprovers {
        crashes.push(TIMEOUT);
    }
    vec![for_a_day(&outages), for_half_an_hour(&crashes)]
}

/// The retriers of a state that waits for Stripe, whose time limit is when it asks again.
pub(super) fn while_waiting() -> Vec<Value> {
    let outages = [&OUTAGES[..], &[STRIPE]].concat();
    vec![for_a_day(&outages), for_half_an_hour(&CRASHES)]
}

/// The retriers of a state that others wait for, and can do without.
pub(super) fn briefly() -> Vec<Value> {
    let all = [&OUTAGES[..], &CRASHES, &[TIMEOUT, STRIPE]].concat();
    vec![retrier(&all, 1, 3, None)]
}

/// Seconds to half an hour apart. The delays are drawn between nothing and their bound, so they take half of what they
/// look like: 30 hours on average, and more than a day in all but one of some thousand times.
fn for_a_day(errors: &[&str]) -> Value {
    retrier(errors, 1, 130, Some(1800))
}

fn for_half_an_hour(errors: &[&str]) -> Value {
    retrier(errors, 2, 18, Some(300))
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
