//! An execution's history in Step Functions' own terms: event types, ids from 1, and details with the
//! field names that `GetExecutionHistory` uses (values as JSON text, as there).

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    asl::State,
    record::{Fact, Start},
    retry,
    run::{Run, result_of_invocation},
};

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// Counts from 1.
    pub id: u64,
    /// The event that led to this one; 0 for the first two, as on AWS.
    pub previous_event_id: u64,
    /// When it happened, by the stack's clock.
    pub at: Timestamp,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The state it happened in, when it happened in one.
    pub state: Option<String>,
    /// What AWS puts into the field named by [`EventType::details_field`].
    pub details: Value,
}

/// Step Functions' event types, as far as this executor makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the names are Step Functions' own")]
pub enum EventType {
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionFailed,
    ExecutionTimedOut,
    ExecutionRedriven,
    EvaluationFailed,
    PassStateEntered,
    PassStateExited,
    TaskStateEntered,
    TaskStateExited,
    ChoiceStateEntered,
    ChoiceStateExited,
    WaitStateEntered,
    WaitStateExited,
    SucceedStateEntered,
    SucceedStateExited,
    FailStateEntered,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
}

impl EventType {
    /// The field of a `HistoryEvent` of the AWS API that holds the details of this type.
    pub fn details_field(self) -> &'static str {
        match self {
            EventType::ExecutionStarted => "executionStartedEventDetails",
            EventType::ExecutionSucceeded => "executionSucceededEventDetails",
            EventType::ExecutionFailed => "executionFailedEventDetails",
            EventType::ExecutionTimedOut => "executionTimedOutEventDetails",
            EventType::ExecutionRedriven => "executionRedrivenEventDetails",
            EventType::EvaluationFailed => "evaluationFailedEventDetails",
            EventType::PassStateEntered
            | EventType::TaskStateEntered
            | EventType::ChoiceStateEntered
            | EventType::WaitStateEntered
            | EventType::SucceedStateEntered
            | EventType::FailStateEntered => "stateEnteredEventDetails",
            EventType::PassStateExited
            | EventType::TaskStateExited
            | EventType::ChoiceStateExited
            | EventType::WaitStateExited
            | EventType::SucceedStateExited => "stateExitedEventDetails",
            EventType::TaskScheduled => "taskScheduledEventDetails",
            EventType::TaskStarted => "taskStartedEventDetails",
            EventType::TaskSubmitted => "taskSubmittedEventDetails",
            EventType::TaskSucceeded => "taskSucceededEventDetails",
            EventType::TaskFailed => "taskFailedEventDetails",
            EventType::TaskTimedOut => "taskTimedOutEventDetails",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants are named as Step Functions names them.
        fmt::Debug::fmt(self, f)
    }
}

/// An event that has no id and time yet.
pub(crate) type Draft = (EventType, Value);

/// The events that a fact adds to the history of a run it has not been applied to yet.
pub(crate) fn events_of(run: &Run, fact: &Fact) -> Vec<Draft> {
    match fact {
        Fact::ExecutionStarted(started) => vec![(EventType::ExecutionStarted, start(started))],
        Fact::StateEntered { state, input } => match run.machine().states.get(state) {
            Some(kind) => vec![(
                entered(kind),
                with_text(json!({"name": state}), "input", input),
            )],
            None => Vec::new(),
        },
        Fact::StateExited { output, assign, .. } => exit(run, output, assign),
        Fact::TaskScheduled { .. } => schedule(run, fact),
        Fact::TaskSubmitted { answer } => {
            let output = result_of_invocation(answer.clone());
            vec![(
                EventType::TaskSubmitted,
                with_text(task(run), "output", &output),
            )]
        }
        Fact::TaskSucceeded { output } => {
            vec![(
                EventType::TaskSucceeded,
                with_text(task(run), "output", output),
            )]
        }
        Fact::TaskFailed { error, cause } => {
            vec![(
                EventType::TaskFailed,
                failure(task(run), Some(error), Some(cause)),
            )]
        }
        Fact::TaskTimedOut => {
            let error = retry::TIMEOUT.to_string();
            vec![(
                EventType::TaskTimedOut,
                failure(task(run), Some(&error), None),
            )]
        }
        Fact::EvaluationFailed { cause, location } => {
            let error = retry::QUERY_EVALUATION_ERROR.to_string();
            let place = json!({"state": run.current_state(), "location": location});
            vec![(
                EventType::EvaluationFailed,
                failure(place, Some(&error), Some(cause)),
            )]
        }
        Fact::ExecutionSucceeded => {
            let output = run.final_output().unwrap_or(&Value::Null);
            vec![(
                EventType::ExecutionSucceeded,
                with_text(json!({}), "output", output),
            )]
        }
        Fact::ExecutionFailed { error, cause } => {
            let details = failure(json!({}), error.as_ref(), cause.as_ref());
            vec![(EventType::ExecutionFailed, details)]
        }
        Fact::ExecutionTimedOut => vec![(EventType::ExecutionTimedOut, json!({}))],
        Fact::ExecutionRedriven => {
            let details = json!({"redriveCount": run.redrives() + 1});
            vec![(EventType::ExecutionRedriven, details)]
        }
        Fact::WaitStarted { .. } | Fact::RetryScheduled { .. } | Fact::DataLimitExceeded { .. } => {
            Vec::new()
        }
    }
}

fn start(started: &Start) -> Value {
    let role = json!({"roleArn": started.role_arn()});
    with_text(role, "input", &started.input)
}

fn exit(run: &Run, output: &Value, assign: &Map<String, Value>) -> Vec<Draft> {
    let Some((name, event)) = run
        .current_state()
        .and_then(|name| Some((name, exited(run.machine().states.get(name)?)?)))
    else {
        return Vec::new();
    };
    let mut details = with_text(json!({"name": name}), "output", output);
    if !assign.is_empty() {
        let texts: Map<String, Value> = assign
            .iter()
            .map(|(name, value)| (name.clone(), json!(value.to_string())))
            .collect();
        details["assignedVariables"] = Value::Object(texts);
        details["assignedVariablesDetails"] = json!({"truncated": false});
    }
    vec![(event, details)]
}

fn schedule(run: &Run, fact: &Fact) -> Vec<Draft> {
    let Fact::TaskScheduled {
        function, payload, ..
    } = fact
    else {
        return Vec::new();
    };
    let started = task(run);
    let mut scheduled = started.clone();
    let parameters = json!({"FunctionName": function, "Payload": payload});
    scheduled["region"] = json!(run.start().region());
    scheduled["parameters"] = json!(parameters.to_string());
    if let Some(seconds) = run.current_task().and_then(|task| task.timeout_seconds) {
        scheduled["timeoutInSeconds"] = json!(seconds);
    }
    vec![
        (EventType::TaskScheduled, scheduled),
        (EventType::TaskStarted, started),
    ]
}

fn task(run: &Run) -> Value {
    let action = run.current_task().map(|task| task.resource.action());
    json!({"resourceType": "lambda", "resource": action})
}

fn with_text(mut details: Value, field: &str, value: &Value) -> Value {
    details[field] = json!(value.to_string());
    details[format!("{field}Details")] = json!({"truncated": false});
    details
}

fn failure(mut details: Value, error: Option<&String>, cause: Option<&String>) -> Value {
    for (field, text) in [("error", error), ("cause", cause)] {
        if let Some(text) = text {
            details[field] = json!(text);
        }
    }
    details
}

fn entered(state: &State) -> EventType {
    match state {
        State::Pass(_) => EventType::PassStateEntered,
        State::Task(_) => EventType::TaskStateEntered,
        State::Choice(_) => EventType::ChoiceStateEntered,
        State::Wait(_) => EventType::WaitStateEntered,
        State::Succeed(_) => EventType::SucceedStateEntered,
        State::Fail(_) => EventType::FailStateEntered,
    }
}

fn exited(state: &State) -> Option<EventType> {
    match state {
        State::Pass(_) => Some(EventType::PassStateExited),
        State::Task(_) => Some(EventType::TaskStateExited),
        State::Choice(_) => Some(EventType::ChoiceStateExited),
        State::Wait(_) => Some(EventType::WaitStateExited),
        State::Succeed(_) => Some(EventType::SucceedStateExited),
        State::Fail(_) => None,
    }
}

/// As Step Functions writes times: RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339_millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
