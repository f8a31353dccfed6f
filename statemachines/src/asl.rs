//! The state machine in Amazon States Language, with `JSONata`.
//!
//! A phase becomes a Task that hands the phase's configuration to a function, and where there is more
//! than one way out, a Choice on the function's answer. A state never carries an answer of the
//! customer: only the request's id, what the definition says, and outcomes.

mod function;
mod retry;
pub(crate) mod task;

use domain::task::{CloseConfig, EmailConfig, OFFERING_VARIABLE, Recipient, START_STATE, Stop};
use serde_json::{Value, json};

use crate::process::{NEEDS_ATTENTION, NEEDS_ATTENTION_EMAIL, Process, RESUME, STOPPED, States};
use task::{Function, RESUME_AT, Task};

/// A Standard workflow runs for a year at most. The checks keep every path well below it.
const EXECUTION_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The whole state machine.
pub(crate) fn state_machine(process: &Process) -> Value {
    let path = &process.offering.path;
    let mut states = States::new();
    for step in &process.steps {
        states.extend(step.action.states.clone());
    }
    states[START_STATE]["Assign"][OFFERING_VARIABLE] = json!(process.offering);
    add_needs_attention(&mut states, process);
    json!({
        "Comment": format!(
            "Generated from statemachines/definitions/{path}.yaml. Do not edit: change the definition and run `cargo run -p statemachines`."
        ),
        "QueryLanguage": "JSONata",
        "StartAt": START_STATE,
        "TimeoutSeconds": EXECUTION_SECONDS,
        "States": states,
    })
}

/// Where a request gets when something broke for good: it is recorded, the team is told, and the
/// execution fails, so that it shows up in Step Functions and its alarms.
///
/// It fails by a Task, and by none but this without a Catch: a redrive runs the state again that
/// failed, and a Fail state could only fail again. The function then lets the execution go on to where
/// it had stopped.
fn add_needs_attention(states: &mut States, process: &Process) {
    let stop = || Stop {
        // From a Catch there is the error's name. From the Default of a Choice there is the outcome
        // that no rule knows.
        error: "{% $exists($states.input.error) ? $states.input.error : 'Outcome.Unknown' %}"
            .to_owned(),
    };
    let email = EmailConfig {
        to: Recipient::Team(process.attention.id.clone()),
        subject: "{{ requestSummary }} has stopped".to_owned(),
        body: "{{ stopCause }}\n\n\
               {{ requestSummary }} has stopped and needs your attention: it does not go on by itself.\n\n\
               See the request: {{ statusUrl }}\n\n\
               For the operator: {{ stopError }}. Once the cause is mended, redrive the execution \
               {{ requestId }} within 14 days; it goes on from where it stopped."
            .to_owned(),
        invites: None,
    };
    let resume = resume_choice(states);
    let record = Task::closing(NEEDS_ATTENTION, &CloseConfig::Stop(stop())).catch_to(STOPPED);
    let email = Task::new(Function::SendEmail, NEEDS_ATTENTION_EMAIL, &email)
        .of_phase(NEEDS_ATTENTION)
        .catch_to(STOPPED);
    let hold = Task::closing(STOPPED, &CloseConfig::Hold(stop()))
        .of_phase(NEEDS_ATTENTION)
        .without_catch();
    let mut add = |name: &str, state: Value| states.insert(name.to_owned(), state);
    add(NEEDS_ATTENTION, record.next(NEEDS_ATTENTION_EMAIL));
    add(NEEDS_ATTENTION_EMAIL, email.next(STOPPED));
    add(STOPPED, hold.next(RESUME));
    add(RESUME, resume);
}

/// Leads back to the state that had failed, by the variable that every way to
/// [`NEEDS_ATTENTION`] sets. Names hold no double quotes, but may hold an apostrophe.
fn resume_choice(states: &States) -> Value {
    let stops = |state: &Value| {
        let mut catchers = state["Catch"].as_array().into_iter().flatten();
        catchers.any(|catcher| catcher["Next"] == NEEDS_ATTENTION)
    };
    let stopping = states.iter().filter(|(_, state)| stops(state));
    let choices: Vec<Value> = stopping
        .map(|(name, _)| {
            json!({
                "Condition": format!("{{% ${RESUME_AT} = \"{name}\" %}}"),
                "Next": name,
            })
        })
        .collect();
    json!({ "Type": "Choice", "Choices": choices, "Default": NEEDS_ATTENTION })
}
