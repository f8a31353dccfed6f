//! An execution's history, derived from its records.

use serde_json::{Map, Value, json};

use super::{
    asl::State,
    event::{EventType as E, HistoryEvent},
    position::Position,
    record::{Fact, Record},
    retry,
    run::Run,
};

/// Adds the events of a record that has not been applied to the run yet.
pub(crate) fn extend(history: &mut Vec<HistoryEvent>, run: &Run, record: &Record) {
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
    let state = || run.machine.states.get(run.current_state()?);
    let event = match fact {
        Fact::WaitStarted { .. }
        | Fact::RetryScheduled { .. }
        | Fact::StateFailed { location: None, .. } => return Vec::new(),
        Fact::ExecutionStarted(start) => (E::ExecutionStarted, text("input", &start.input)),
        Fact::ExecutionSucceeded => {
            let output = final_output(run).unwrap_or(&Value::Null);
            (E::ExecutionSucceeded, text("output", output))
        }
        Fact::ExecutionFailed { error, cause } => (E::ExecutionFailed, failure(error, cause)),
        Fact::ExecutionTimedOut => (E::ExecutionTimedOut, json!({})),
        Fact::ExecutionRedriven => {
            let details = json!({"redriveCount": run.redrives + 1});
            (E::ExecutionRedriven, details)
        }
        Fact::StateEntered { input, .. } => match state() {
            Some(state) => (events_of_state(state).0, text("input", input)),
            None => return Vec::new(),
        },
        Fact::StateExited { output, assign, .. } => match state() {
            Some(state) => (events_of_state(state).1, exit(output, assign)),
            None => return Vec::new(),
        },
        Fact::StateFailed {
            error,
            cause,
            location: Some(location),
        } => {
            let mut details = failure(error, cause);
            details["location"] = json!(location);
            (E::EvaluationFailed, details)
        }
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
        Fact::TaskFailed { error, cause } => (E::TaskFailed, failure(error, cause)),
        Fact::TaskTimedOut => (E::TaskTimedOut, failure(retry::TIMEOUT, "")),
    };
    vec![event]
}

/// What an execution that is about to succeed ends with.
pub(crate) fn final_output(run: &Run) -> Option<&Value> {
    if let Position::Finished { output } = &run.position {
        Some(output)
    } else {
        None
    }
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

fn failure(error: &str, cause: &str) -> Value {
    json!({"error": error, "cause": cause})
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
