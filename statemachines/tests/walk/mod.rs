//! A walk through a generated state machine that knows nothing of how it was generated.

mod unpaid;

use std::collections::{BTreeMap, BTreeSet};

use domain::task::{
    AskConfig, ClosingTask, ConditionConfig, ConnectorConfig, ConnectorTask, EmailConfig, Offering,
    Task, WaitingTask,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Every expression that a generated state machine may hold.
const EXPRESSIONS: [&str; 10] = [
    "$states.context.Execution.Input.requestId",
    "$states.context.State.EnteredTime",
    "$states.context.Task.Token",
    "$states.context.Execution.RedriveCount",
    "$states.result",
    "$states.result.Payload",
    "$states.errorOutput.Error",
    "$exists($states.input.error) ? $states.input.error : 'Outcome.Unknown'",
    // Of a Choice, followed by an outcome in quotes.
    "$states.input.outcome = ",
    // Of the Choice that a redriven execution goes on with, followed by a state in quotes.
    "$resumeAt = ",
];

/// The only Task that nothing catches: it fails the execution on purpose.
const STOPPED: &str = "Stopped";
/// Where the execution then goes on when it is redriven.
const RESUME: &str = "Resume";
/// Where whatever broke leads to.
const NEEDS_ATTENTION: &str = "Needs Attention";

/// Checks everything that must hold of every generated state machine.
#[track_caller]
pub(crate) fn check(asl: &str) {
    let machine: Value = serde_json::from_str(asl).unwrap();
    assert_eq!(machine["QueryLanguage"], "JSONata");
    assert!(machine["TimeoutSeconds"].as_u64().unwrap() <= 31_536_000);
    let states = machine["States"].as_object().unwrap();
    let mut next = BTreeMap::new();
    for (name, state) in states {
        assert!(name.chars().count() <= 80, "{name} is too long for a state");
        check_state(name, state);
        check_strings(name, state);
        next.insert(name.as_str(), followers(state));
    }
    for (name, followers) in &next {
        for follower in followers {
            assert!(
                states.contains_key(*follower),
                "{name} leads to {follower}, which is no state"
            );
        }
    }
    let start = machine["StartAt"].as_str().unwrap();
    let reached = closure([start], &next);
    let unreached: Vec<_> = states
        .keys()
        .filter(|name| !reached.contains(name.as_str()))
        .collect();
    assert!(unreached.is_empty(), "no path leads to {unreached:?}");
    check_resume(states);
    check_choices(states);
    unpaid::check(states);
    // Nothing goes on from where the execution fails but by a redrive, which is a person's doing.
    next.insert(STOPPED, Vec::new());
    next.remove(RESUME);
    check_ends(&next);
}

/// Whatever leads to a person's attention says first where a redrive is to go on, and it does so.
fn check_resume(states: &Map<String, Value>) {
    let choices = states[RESUME]["Choices"].as_array().unwrap();
    let resumes = |name: &Value| {
        let condition = format!("{{% $resumeAt = {name} %}}");
        choices
            .iter()
            .any(|choice| choice["Condition"] == condition && choice["Next"] == *name)
    };
    for (name, state) in states.iter().filter(|(name, _)| *name != RESUME) {
        let catchers = state["Catch"].as_array().into_iter().flatten();
        let caught = catchers.filter(|catcher| catcher["Next"] == NEEDS_ATTENTION);
        for catcher in caught {
            assert_eq!(catcher["Assign"]["resumeAt"], *name);
            assert!(resumes(&catcher["Assign"]["resumeAt"]), "{name}");
        }
        if state["Default"] == NEEDS_ATTENTION {
            let back = &state["Assign"]["resumeAt"];
            assert!(resumes(back), "{name}");
            assert!(followers(&states[back.as_str().unwrap()]).contains(&name.as_str()));
        }
    }
    assert_eq!(followers(&states[STOPPED]), [RESUME]);
}

/// Whatever the customer can choose leads on, and so does no answer.
fn check_choices(states: &Map<String, Value>) {
    for (name, state) in states {
        let Some(options) = state.pointer("/Arguments/Payload/config/options") else {
            continue;
        };
        let options = options.as_array().unwrap().iter();
        let options = options.map(|option| option["outcome"].as_str().unwrap());
        let expected: Vec<String> = options
            .chain(["expire"])
            .map(|outcome| format!("{{% $states.input.outcome = '{outcome}' %}}"))
            .collect();
        let outcome = &states[state["Next"].as_str().unwrap()];
        let rules = outcome["Choices"].as_array().unwrap().iter();
        let mut led: Vec<&str> = rules.map(|r| r["Condition"].as_str().unwrap()).collect();
        led.sort_unstable();
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(led, expected, "{name}");
    }
}

/// From every state an end is reached, whichever way is taken: but for the approvals' own timeouts,
/// each of which is bounded by its function, no path comes back to where it was.
fn check_ends(next: &BTreeMap<&str, Vec<&str>>) {
    let mut ended: BTreeSet<&str> = BTreeSet::new();
    loop {
        let more: Vec<&str> = next
            .iter()
            .filter(|(name, followers)| {
                let ends = |follower: &&str| follower == *name || ended.contains(follower);
                !ended.contains(**name) && followers.iter().all(ends)
            })
            .map(|(name, _)| *name)
            .collect();
        if more.is_empty() {
            break;
        }
        ended.extend(more);
    }
    let endless: Vec<_> = next.keys().filter(|name| !ended.contains(**name)).collect();
    assert!(endless.is_empty(), "these need not end: {endless:?}");
}

fn closure<'a>(
    from: impl IntoIterator<Item = &'a str>,
    next: &BTreeMap<&'a str, Vec<&'a str>>,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = from.into_iter().collect();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(&next[name]);
        }
    }
    reached
}

/// Every state that can come next.
fn followers(state: &Value) -> Vec<&str> {
    let below = |key: &str| state[key].as_array().into_iter().flatten();
    let nested = below("Choices")
        .chain(below("Catch"))
        .map(|rule| &rule["Next"]);
    let own = [&state["Next"], &state["Default"]]
        .into_iter()
        .filter(|next| !next.is_null());
    own.chain(nested)
        .map(|next| next.as_str().unwrap())
        .collect()
}

fn check_state(name: &str, state: &Value) {
    match state["Type"].as_str().unwrap() {
        "Pass" => {
            let offering: Offering = parse(name, &state["Assign"]["offering"]);
            assert!(!offering.form.fields.is_empty());
        }
        "Choice" => {
            assert!(state["Default"].is_string(), "{name} has no Default");
            assert!(!state["Choices"].as_array().unwrap().is_empty());
        }
        "Wait" => assert!(state["Seconds"].as_u64().unwrap() > 0, "{name}"),
        "Fail" => assert!(state["Error"].is_string() && state["Cause"].is_string()),
        "Task" => check_task(name, state),
        other => panic!("{name} is a {other}"),
    }
}

fn check_task(name: &str, state: &Value) {
    let retry = state["Retry"].as_array().unwrap();
    let recommended = &retry[0]["ErrorEquals"];
    assert!(
        recommended
            .as_array()
            .unwrap()
            .contains(&"Lambda.TooManyRequestsException".into())
    );
    let catch = state["Catch"].as_array().map_or(&[][..], Vec::as_slice);
    if name == STOPPED {
        assert!(catch.is_empty(), "{name} must fail the execution");
    } else {
        let last = &catch.last().unwrap()["ErrorEquals"];
        assert_eq!(*last, serde_json::json!(["States.ALL"]), "{name}");
    }
    assert!(
        state["TimeoutSeconds"].as_u64().unwrap() > 0,
        "{name} has no time limit"
    );
    let arguments = &state["Arguments"];
    let payload = substituted(&arguments["Payload"]);
    match arguments["FunctionName"].as_str().unwrap() {
        "${AskApprovers}" => {
            let task: WaitingTask<AskConfig> = parse(name, &payload);
            let limit = state["TimeoutSeconds"].as_u64().unwrap();
            match task.task.config {
                AskConfig::Approval(config) => {
                    assert_eq!(u64::from(config.expire_seconds) % limit, 0);
                }
                // It is asked once, and nobody is reminded.
                AskConfig::Choice(config) => assert_eq!(u64::from(config.expire_seconds), limit),
            }
            // A time limit must not be retried: it is the reminder.
            let timeout = Value::from("States.Timeout");
            let retried = |r: &Value| r["ErrorEquals"].as_array().unwrap().contains(&timeout);
            assert!(!retry.iter().any(retried), "{name} retries its reminder");
            assert_eq!(
                catch[0]["ErrorEquals"],
                serde_json::json!(["States.Timeout", "Approval.AskOthers"])
            );
            assert_eq!(catch[0]["Next"], name);
        }
        "${Decide}" => drop(parse::<Task<ConditionConfig>>(name, &payload)),
        "${IssueRefund}" => check_connector(name, state, &payload),
        "${SendEmail}" => drop(parse::<Task<EmailConfig>>(name, &payload)),
        "${CloseRequest}" => drop(parse::<ClosingTask>(name, &payload)),
        other => panic!("{name} runs {other}"),
    }
}

fn check_connector(name: &str, state: &Value, payload: &Value) {
    let task: ConnectorTask = parse(name, payload);
    let catch = &state["Catch"][0];
    match task.task.config {
        // Without what a lookup finds the review goes on, and soon.
        ConnectorConfig::LookUp => {
            assert_eq!(catch["Next"], state["Next"]);
            let tries = |r: &Value| r["MaxAttempts"].as_u64().unwrap();
            let retry = state["Retry"].as_array().unwrap();
            assert!(retry.iter().all(|retrier| tries(retrier) <= 6), "{name}");
        }
        ConnectorConfig::AwaitRefund => {
            assert!(task.task_token.is_some());
            assert_eq!(catch["ErrorEquals"], serde_json::json!(["States.Timeout"]));
            assert_eq!(catch["Next"], name, "{name} asks again");
        }
        ConnectorConfig::CreateRefund(_) | ConnectorConfig::CreateCredit(_) => {
            assert_eq!(task.task_token, None);
        }
    }
}

/// The payload as a function gets it.
fn substituted(payload: &Value) -> Value {
    let text = payload.to_string();
    let context = |name: &str| format!("{{% $states.context.{name} %}}");
    let text = text
        .replace(
            &context("Execution.Input.requestId"),
            "0b5dbd26-9a1e-4d52-8f4c-6cf3b0c1d7a1",
        )
        .replace(&context("State.EnteredTime"), "2026-11-24T06:00:00.000Z")
        .replace(&context("Task.Token"), "token")
        .replace(&format!("\"{}\"", context("Execution.RedriveCount")), "0");
    serde_json::from_str(&text).unwrap()
}

/// A payload in the type that the function reads it with; what that type does not know is refused.
fn parse<T: DeserializeOwned + serde::Serialize>(name: &str, value: &Value) -> T {
    let parsed: T = T::deserialize(value).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut again = serde_json::to_value(&parsed).unwrap();
    // Step Functions writes milliseconds, and they are not kept.
    if let Some(entered) = again.get_mut("enteredAt") {
        *entered = value["enteredAt"].clone();
    }
    assert_eq!(&again, value, "{name}");
    parsed
}

/// No text is taken for an expression or a substitution that is none.
fn check_strings(name: &str, value: &Value) {
    match value {
        Value::String(text) => {
            let text = text.as_str();
            if text.contains("${") {
                assert!(
                    text.starts_with("${") && text.ends_with('}'),
                    "{name}: {text}"
                );
            }
            let edges = (text.starts_with("{%"), text.ends_with("%}"));
            let expression = text.strip_prefix("{% ").and_then(|t| t.strip_suffix(" %}"));
            match (edges, expression) {
                ((false, false), _) => {}
                ((true, true), Some(expression)) => {
                    let known = EXPRESSIONS.iter().any(|e| expression.starts_with(e));
                    assert!(known, "{name} evaluates {expression}");
                }
                _ => panic!("{name}: {text}"),
            }
            // The validators of Amazon States Language refuse these.
            assert!(!text.is_empty() && !text.contains('\n'), "{name}: {text:?}");
        }
        Value::Array(values) => values.iter().for_each(|value| check_strings(name, value)),
        Value::Object(values) => values.values().for_each(|value| check_strings(name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
