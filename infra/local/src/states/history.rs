//! An execution's history, derived from its records: details have the field names that
//! `GetExecutionHistory` uses, with values as JSON text, as there.

use serde_json::{Map, Value, json};

use super::{
    asl::State,
    event::{EventType, HistoryEvent},
    position::Position,
    record::{Fact, Record, Start},
    retry,
    run::Run,
};

/// An event that has no id and time yet.
type Draft = (EventType, Value);

/// Adds the events of a record that has not been applied to the run yet.
pub(crate) fn extend(history: &mut Vec<HistoryEvent>, run: &Run, record: &Record) {
    let fact = &record.fact;
    let about_all = fact.ends_execution()
        || matches!(fact, Fact::ExecutionStarted(_) | Fact::ExecutionRedriven);
    let state = run.current_state().filter(|_| !about_all);
    for (event_type, details) in events_of(run, fact) {
        let id = history.len() as u64 + 1;
        history.push(HistoryEvent {
            id,
            // As on AWS, where the first state's entry names no predecessor.
            previous_event_id: if id <= 2 { 0 } else { id - 1 },
            at: record.at,
            event_type,
            state: state.map(str::to_string),
            details,
        });
    }
}

fn events_of(run: &Run, fact: &Fact) -> Vec<Draft> {
    let event = match fact {
        Fact::TaskScheduled {
            function, payload, ..
        } => return schedule(run, function, payload),
        Fact::StateExited { output, assign, .. } => return exit(run, output, assign),
        Fact::WaitStarted { .. }
        | Fact::RetryScheduled { .. }
        | Fact::StateFailed { location: None, .. } => return Vec::new(),
        Fact::ExecutionStarted(started) => (EventType::ExecutionStarted, start(started)),
        Fact::StateEntered { state, input } => {
            let Some(kind) = run.machine().states.get(state) else {
                return Vec::new();
            };
            let (entered, _) = events_of_state(kind);
            (entered, with_text(json!({"name": state}), "input", input))
        }
        Fact::TaskSubmitted { answer } => {
            let output = result_of_invocation(answer.clone());
            let details = with_text(task(run), "output", &output);
            (EventType::TaskSubmitted, details)
        }
        Fact::TaskSucceeded { output } => {
            let details = with_text(task(run), "output", output);
            (EventType::TaskSucceeded, details)
        }
        Fact::TaskFailed { error, cause } => {
            let details = failure(task(run), Some(error), Some(cause));
            (EventType::TaskFailed, details)
        }
        Fact::TaskTimedOut => {
            let details = failure(task(run), Some(retry::TIMEOUT), None);
            (EventType::TaskTimedOut, details)
        }
        Fact::StateFailed {
            error,
            cause,
            location: Some(location),
        } => {
            let place = json!({"state": run.current_state(), "location": location});
            let details = failure(place, Some(error), Some(cause));
            (EventType::EvaluationFailed, details)
        }
        Fact::ExecutionSucceeded => {
            let output = final_output(run).unwrap_or(&Value::Null);
            let details = with_text(json!({}), "output", output);
            (EventType::ExecutionSucceeded, details)
        }
        Fact::ExecutionFailed { error, cause } => {
            let details = failure(json!({}), error.as_deref(), cause.as_deref());
            (EventType::ExecutionFailed, details)
        }
        Fact::ExecutionTimedOut => (EventType::ExecutionTimedOut, json!({})),
        Fact::ExecutionRedriven => {
            let details = json!({"redriveCount": run.redrives() + 1});
            (EventType::ExecutionRedriven, details)
        }
    };
    vec![event]
}

/// What an execution that is about to succeed ends with.
pub(crate) fn final_output(run: &Run) -> Option<&Value> {
    if let Position::Finished { output } = run.position() {
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

fn start(started: &Start) -> Value {
    let role = json!({"roleArn": started.role_arn()});
    with_text(role, "input", &started.input)
}

fn exit(run: &Run, output: &Value, assign: &Map<String, Value>) -> Vec<Draft> {
    let name = run.current_state().unwrap_or_default();
    let state = run.machine().states.get(name);
    let Some(exited) = state.and_then(|state| events_of_state(state).1) else {
        return Vec::new();
    };
    let mut details = with_text(json!({"name": name}), "output", output);
    if !assign.is_empty() {
        let texts = assign.iter();
        let texts = texts.map(|(name, value)| (name.clone(), json!(value.to_string())));
        details["assignedVariables"] = Value::Object(texts.collect());
        details["assignedVariablesDetails"] = json!({"truncated": false});
    }
    vec![(exited, details)]
}

fn schedule(run: &Run, function: &str, payload: &Value) -> Vec<Draft> {
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

fn failure(mut details: Value, error: Option<&str>, cause: Option<&str>) -> Value {
    for (field, text) in [("error", error), ("cause", cause)] {
        if let Some(text) = text {
            details[field] = json!(text);
        }
    }
    details
}

/// The events of entering a state and of leaving it. A Fail state is never left.
fn events_of_state(state: &State) -> (EventType, Option<EventType>) {
    use EventType as E;
    match state {
        State::Pass(_) => (E::PassStateEntered, Some(E::PassStateExited)),
        State::Task(_) => (E::TaskStateEntered, Some(E::TaskStateExited)),
        State::Choice(_) => (E::ChoiceStateEntered, Some(E::ChoiceStateExited)),
        State::Wait(_) => (E::WaitStateEntered, Some(E::WaitStateExited)),
        State::Succeed(_) => (E::SucceedStateEntered, Some(E::SucceedStateExited)),
        State::Fail(_) => (E::FailStateEntered, None),
    }
}
