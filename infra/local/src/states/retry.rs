//! What happens after a Task failed: pure decisions from its Retry and Catch.
//!
//! As Step Functions documents: `States.ALL` matches every error but the two that end an execution,
//! `States.TaskFailed` matches every error of a task but `States.Timeout`, and all other names match
//! themselves alone.

use jiff::SignedDuration;

use super::asl::{Catcher, Jitter, Retrier};

pub(crate) const ALL: &str = "States.ALL";
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const TIMEOUT: &str = "States.Timeout";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
pub(crate) const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";

/// No delay is longer, whatever the backoff comes to: Step Functions' own limit.
const LONGEST_DELAY_SECONDS: u32 = 31_622_400;

/// What to do after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again after `delay`, by the retrier with this index.
    Retry {
        retrier: usize,
        delay: SignedDuration,
    },
    /// Go on by the catcher with this index.
    Catch { catcher: usize },
    /// Nothing matches: the execution fails.
    Fail,
}

/// Decides. `attempts` says how often each retrier has retried in this visit of the state, and
/// `fraction` draws from 0 up to 1 for jitter.
pub(crate) fn decide(
    retry: &[Retrier],
    catch: &[Catcher],
    error: &str,
    attempts: impl Fn(usize) -> u32,
    fraction: impl FnOnce() -> f64,
) -> Verdict {
    // Only the first retrier that matches counts, even when its attempts are used up.
    let matching = retry
        .iter()
        .enumerate()
        .find(|(_, retrier)| matches(&retrier.error_equals, error));
    if let Some((index, retrier)) = matching
        && attempts(index) < retrier.max_attempts
    {
        return Verdict::Retry {
            retrier: index,
            delay: delay(retrier, attempts(index), fraction),
        };
    }
    catch
        .iter()
        .position(|catcher| matches(&catcher.error_equals, error))
        .map_or(Verdict::Fail, |catcher| Verdict::Catch { catcher })
}

fn matches(names: &[String], error: &str) -> bool {
    names.iter().any(|name| match name.as_str() {
        ALL => ![DATA_LIMIT_EXCEEDED, RUNTIME].contains(&error),
        TASK_FAILED => ![TIMEOUT, DATA_LIMIT_EXCEEDED, RUNTIME].contains(&error),
        other => other == error,
    })
}

fn delay(retrier: &Retrier, attempts: u32, fraction: impl FnOnce() -> f64) -> SignedDuration {
    let longest = retrier
        .max_delay_seconds
        .unwrap_or(LONGEST_DELAY_SECONDS)
        .min(LONGEST_DELAY_SECONDS);
    let growth = retrier
        .backoff_rate
        .powi(i32::try_from(attempts).unwrap_or(i32::MAX));
    // `min` also turns an infinite growth into the longest delay.
    let full = (f64::from(retrier.interval_seconds) * growth).min(f64::from(longest));
    let seconds = match retrier.jitter_strategy {
        Jitter::None => full,
        Jitter::Full => full * fraction(),
    };
    SignedDuration::from_secs_f64(seconds)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Retriers of these fields, in place of an interval of 1 second that doubles, and 3 attempts.
    fn retriers(fields: &[Value]) -> Vec<Retrier> {
        let retrier = |fields: &Value| {
            let mut retrier = json!({"IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2.0});
            let members = fields.as_object().unwrap().clone();
            retrier.as_object_mut().unwrap().extend(members);
            serde_json::from_value(retrier).unwrap()
        };
        fields.iter().map(retrier).collect()
    }

    fn catchers(names: &[&[&str]]) -> Vec<Catcher> {
        names
            .iter()
            .map(|names| {
                serde_json::from_value(json!({"ErrorEquals": names, "Next": "X"})).unwrap()
            })
            .collect()
    }

    fn delays(retrier: &Value, chance: f64) -> Vec<f64> {
        let retry = retriers(std::slice::from_ref(retrier));
        (0..)
            .map_while(
                |attempt| match decide(&retry, &[], "E", |_| attempt, || chance) {
                    Verdict::Retry { delay, .. } => Some(delay.as_secs_f64()),
                    Verdict::Catch { .. } | Verdict::Fail => None,
                },
            )
            .collect()
    }

    #[test]
    fn delays_grow_by_the_backoff_rate_up_to_the_longest() {
        let defaults = json!({"ErrorEquals": ["E"]});
        assert_eq!(delays(&defaults, 0.5), [1.0, 2.0, 4.0]);
        let capped = json!({"ErrorEquals": ["E"], "IntervalSeconds": 3, "BackoffRate": 1.5,
            "MaxAttempts": 5, "MaxDelaySeconds": 8});
        assert_eq!(delays(&capped, 0.5), [3.0, 4.5, 6.75, 8.0, 8.0]);
        let never = json!({"ErrorEquals": ["E"], "MaxAttempts": 0});
        assert_eq!(delays(&never, 0.5), [0.0; 0]);
    }

    #[test]
    fn full_jitter_takes_a_part_of_the_delay() {
        let full = json!({"ErrorEquals": ["E"], "IntervalSeconds": 4, "JitterStrategy": "FULL"});
        assert_eq!(delays(&full, 0.0), [0.0, 0.0, 0.0]);
        assert_eq!(delays(&full, 0.25), [1.0, 2.0, 4.0]);
    }

    #[test]
    fn a_growth_beyond_all_numbers_is_the_longest_delay() {
        let retry =
            retriers(&[json!({"ErrorEquals": ["E"], "BackoffRate": 1e300, "MaxAttempts": 99_999})]);
        let verdict = decide(&retry, &[], "E", |_| 9_999, || 0.0);
        let delay = SignedDuration::from_secs(i64::from(LONGEST_DELAY_SECONDS));
        assert_eq!(verdict, Verdict::Retry { retrier: 0, delay });
    }

    #[test]
    fn the_first_matching_retrier_decides_even_when_used_up() {
        let retry = retriers(&[
            json!({"ErrorEquals": ["Other"]}),
            json!({"ErrorEquals": ["E"], "MaxAttempts": 1}),
            json!({"ErrorEquals": ["States.ALL"], "MaxAttempts": 9}),
        ]);
        let catch = catchers(&[&["Other"], &["States.ALL"]]);
        assert_eq!(
            decide(&retry, &catch, "E", |_| 1, || 0.0),
            Verdict::Catch { catcher: 1 }
        );
        assert!(matches!(
            decide(&retry, &catch, "E", |_| 0, || 0.0),
            Verdict::Retry { retrier: 1, .. }
        ));
    }

    #[test]
    fn wildcards_match_as_documented() {
        let caught = |name: &str, error: &str| {
            decide(&[], &catchers(&[&[name]]), error, |_| 0, || 0.0) != Verdict::Fail
        };
        for error in ["Stripe.Pending", QUERY_EVALUATION_ERROR, TIMEOUT] {
            assert!(caught(ALL, error), "{error}");
        }
        for error in [DATA_LIMIT_EXCEEDED, RUNTIME] {
            assert!(!caught(ALL, error), "{error}");
            assert!(!caught(TASK_FAILED, error), "{error}");
        }
        assert!(caught(TASK_FAILED, "Stripe.Pending"));
        assert!(!caught(TASK_FAILED, TIMEOUT));
        assert!(caught(TIMEOUT, TIMEOUT));
        assert!(!caught("Stripe", "Stripe.Pending"));
        assert!(caught(DATA_LIMIT_EXCEEDED, DATA_LIMIT_EXCEEDED));
    }
}
