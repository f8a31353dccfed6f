//! An execution's history, derived from its records.

use serde_json::{Map, Value, json};

use super::{
    asl::State,
    event::{EventType, HistoryEvent},
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

/// The types and details of the events that a fact adds.
fn events_of(run: &Run, fact: &Fact) -> Vec<(EventType, Value)> {
    let event = match fact {
        Fact::TaskScheduled {
            function, payload, ..
        } => return schedule(run, function, payload),
        Fact::StateExited { output, assign, .. } => return exit(run, output, assign),
        Fact::WaitStarted { .. }
        | Fact::RetryScheduled { .. }
        | Fact::StateFailed { location: None, .. } => return Vec::new(),
        Fact::ExecutionStarted(started) => (
            EventType::ExecutionStarted,
            json!({"input": started.input.to_string()}),
        ),
        Fact::StateEntered { state, input } => {
            let Some(kind) = run.machine.states.get(state) else {
                return Vec::new();
            };
            let details = json!({"name": state, "input": input.to_string()});
            (events_of_state(kind).0, details)
        }
        Fact::TaskSubmitted { answer } => {
            let output = result_of_invocation(answer.clone());
            (
                EventType::TaskSubmitted,
                task(run, "output", output.to_string()),
            )
        }
        Fact::TaskSucceeded { output } => (
            EventType::TaskSucceeded,
            task(run, "output", output.to_string()),
        ),
        Fact::TaskFailed { error, cause } => {
            let mut details = task(run, "error", error.clone());
            details["cause"] = json!(cause);
            (EventType::TaskFailed, details)
        }
        Fact::TaskTimedOut => {
            let details = task(run, "error", retry::TIMEOUT.to_string());
            (EventType::TaskTimedOut, details)
        }
        Fact::StateFailed {
            error,
            cause,
            location: Some(location),
        } => {
            let state = run.current_state();
            let details =
                json!({"state": state, "location": location, "error": error, "cause": cause});
            (EventType::EvaluationFailed, details)
        }
        Fact::ExecutionSucceeded => {
            let output = final_output(run).unwrap_or(&Value::Null);
            let details = json!({"output": output.to_string()});
            (EventType::ExecutionSucceeded, details)
        }
        Fact::ExecutionFailed { error, cause } => {
            let details = json!({"error": error, "cause": cause});
            (EventType::ExecutionFailed, details)
        }
        Fact::ExecutionTimedOut => (EventType::ExecutionTimedOut, json!({})),
        Fact::ExecutionRedriven => {
            let details = json!({"redriveCount": run.redrives + 1});
            (EventType::ExecutionRedriven, details)
        }
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

fn exit(run: &Run, output: &Value, assign: &Map<String, Value>) -> Vec<(EventType, Value)> {
    let name = run.current_state().unwrap_or_default();
    let Some(state) = run.machine.states.get(name) else {
        return Vec::new();
    };
    let mut details = json!({"name": name, "output": output.to_string()});
    if !assign.is_empty() {
        let texts = assign.iter();
        let texts = texts.map(|(name, value)| (name.clone(), json!(value.to_string())));
        details["assignedVariables"] = Value::Object(texts.collect());
    }
    vec![(events_of_state(state).1, details)]
}

fn schedule(run: &Run, function: &str, payload: &Value) -> Vec<(EventType, Value)> {
    let parameters = json!({"FunctionName": function, "Payload": payload});
    let scheduled = task(run, "parameters", parameters.to_string());
    let action = run.current_task().map(|task| task.resource.action());
    vec![
        (EventType::TaskScheduled, scheduled),
        (EventType::TaskStarted, json!({"resource": action})),
    ]
}

/// What each event of a Task tells, and one detail more.
fn task(run: &Run, field: &str, text: String) -> Value {
    let action = run.current_task().map(|task| task.resource.action());
    json!({"resource": action, field: text})
}

/// The events of entering a state and of leaving it.
fn events_of_state(state: &State) -> (EventType, EventType) {
    use EventType as E;
    match state {
        State::Pass(_) => (E::PassStateEntered, E::PassStateExited),
        State::Task(_) => (E::TaskStateEntered, E::TaskStateExited),
        State::Choice(_) => (E::ChoiceStateEntered, E::ChoiceStateExited),
        State::Wait(_) => (E::WaitStateEntered, E::WaitStateExited),
    }
}
