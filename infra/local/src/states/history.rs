//! What the outside sees of an execution, in Step Functions' own terms: derived from its records.

use std::{fmt, io};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::EventType as E;
use super::{
    ExecutionStatus, TaskError,
    asl::State,
    jsonata::StateError,
    record::{Fact, Record},
    retry,
    run::Run,
    store::Store,
};

/// An execution at one moment, with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionView {
    /// The definition that it runs by: the one that was published when it started.
    pub definition: String,
    /// Its name, which is the request's id.
    pub name: String,
    /// How it is.
    pub status: ExecutionStatus,
    /// What it was started with.
    pub input: Value,
    /// What it ended with, when it succeeded.
    pub output: Option<Value>,
    /// The error's name, when it failed and the error has one.
    pub error: Option<String>,
    /// What the error says, when it failed and the error says something.
    pub cause: Option<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// How often it was redriven.
    pub redrives: u32,
    /// Why it cannot be redriven, if it cannot.
    pub not_redrivable: Option<&'static str>,
    /// The state it is in, while it runs.
    pub current_state: Option<String>,
    /// Everything that happened, oldest first.
    pub history: Vec<HistoryEvent>,
}

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// When it happened, by the stack's clock.
    pub at: Timestamp,
    /// What happened.
    pub event_type: EventType,
    /// The state it happened in, when it happened in one.
    pub state: Option<String>,
    /// What more there is to tell, by the names of `GetExecutionHistory`. Values are JSON as text, as there.
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
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variants are named as Step Functions names them.
        fmt::Debug::fmt(self, f)
    }
}

/// All there is to show of an execution with these records.
pub(crate) fn view(records: &[Record], store: &Store, now: Timestamp) -> io::Result<ExecutionView> {
    let mut history = Vec::new();
    let run = Run::replay(records, store, |run, record| {
        extend(&mut history, run, record);
    })?;
    // Nothing but a redrive follows the end, so the last event tells how it came to it.
    let end = history.last().filter(|_| run.is_over());
    let end = |detail: &str| end?.details[detail].as_str().filter(|it| !it.is_empty());
    Ok(ExecutionView {
        status: run.status,
        definition: run.machine.definition.clone(),
        not_redrivable: run.obstacle_to_redrive(now),
        current_state: run.current_state().map(str::to_string),
        output: end("output").and_then(|text| serde_json::from_str(text).ok()),
        error: end("error").map(str::to_string),
        cause: end("cause").map(str::to_string),
        name: run.start.name,
        input: run.start.input,
        started_at: run.started_at,
        redrives: run.redrives,
        history,
    })
}

/// Adds the events of a record that has not been applied to the run yet.
fn extend(history: &mut Vec<HistoryEvent>, run: &Run, record: &Record) {
    let fact = &record.fact;
    let about_all = fact.ends_execution()
        || matches!(fact, Fact::ExecutionStarted(_) | Fact::ExecutionRedriven);
    let state = run.current_state().filter(|_| !about_all);
    for (event_type, details) in events_of(run, fact) {
        history.push(HistoryEvent {
            at: record.at,
            event_type,
            state: state.map(str::to_string),
            details,
        });
    }
}

/// The types and details of the events that a fact adds. Values are told as JSON text.
fn events_of(run: &Run, fact: &Fact) -> Vec<(E, Value)> {
    let of_state = || events_of_state(run.definition());
    let event = match fact {
        Fact::WaitStarted { .. }
        | Fact::RetryScheduled { .. }
        | Fact::StateFailed(StateError { location: None, .. }) => return Vec::new(),
        Fact::ExecutionStarted(start) => (E::ExecutionStarted, text("input", &start.input)),
        Fact::ExecutionSucceeded => (E::ExecutionSucceeded, text("output", &run.input)),
        Fact::ExecutionFailed(failure) => (E::ExecutionFailed, json!(failure)),
        Fact::ExecutionTimedOut => (E::ExecutionTimedOut, json!({})),
        Fact::ExecutionRedriven => {
            let details = json!({"redriveCount": run.redrives + 1});
            (E::ExecutionRedriven, details)
        }
        Fact::StateEntered { input, .. } => (of_state().0, text("input", input)),
        Fact::StateExited { output, assign, .. } => (of_state().1, exit(output, assign)),
        Fact::StateFailed(failure) => (E::EvaluationFailed, json!(failure)),
        Fact::TaskScheduled {
            function, payload, ..
        } => {
            let parameters = json!({"FunctionName": function, "Payload": payload});
            let scheduled = (E::TaskScheduled, text("parameters", &parameters));
            return vec![scheduled, (E::TaskStarted, json!({}))];
        }
        Fact::TaskSubmitted { answer } => {
            let output = result_of_invocation(answer.clone());
            (E::TaskSubmitted, text("output", &output))
        }
        Fact::TaskSucceeded { output } => (E::TaskSucceeded, text("output", output)),
        Fact::TaskFailed(failure) => (E::TaskFailed, json!(failure)),
        Fact::TaskTimedOut => (E::TaskTimedOut, json!(TaskError::new(retry::TIMEOUT, ""))),
    };
    vec![event]
}

/// What `lambda:invoke` makes of a function's answer.
pub(crate) fn result_of_invocation(answer: Value) -> Value {
    let mut result = json!({"ExecutedVersion": "$LATEST", "Payload": null, "StatusCode": 200});
    result["Payload"] = answer;
    result
}

fn text(field: &str, value: &Value) -> Value {
    json!({field: value.to_string()})
}

fn exit(output: &Value, assign: &Map<String, Value>) -> Value {
    let mut details = text("output", output);
    if !assign.is_empty() {
        let texts = assign.iter();
        let texts = texts.map(|(name, value)| (name.clone(), json!(value.to_string())));
        details["assignedVariables"] = Value::Object(texts.collect());
    }
    details
}

/// The events of entering a state and of leaving it.
fn events_of_state(state: &State) -> (E, E) {
    match state {
        State::Pass(_) => (E::PassStateEntered, E::PassStateExited),
        State::Task(_) => (E::TaskStateEntered, E::TaskStateExited),
        State::Choice(_) => (E::ChoiceStateEntered, E::ChoiceStateExited),
        State::Wait(_) => (E::WaitStateEntered, E::WaitStateExited),
    }
}
