//! The state machine in Amazon States Language, with `JSONata`.
//!
//! A phase becomes a Task that hands the phase's configuration to a function, and where there is more
//! than one way out, a Choice on the function's answer. A state never carries an answer of the
//! customer: only the request's id, what the definition says, and outcomes.

mod connector;
mod retry;
mod task;

use domain::task::{
    AskConfig, CloseConfig, EmailConfig, OFFERING_VARIABLE, Recipient, START_STATE, Stop,
};
use serde_json::{Map, Value, json};

use crate::process::{
    Action, Exit, NEEDS_ATTENTION, NEEDS_ATTENTION_EMAIL, OUTCOME_SUFFIX, Process, RESUME, STOPPED,
    Step,
};
use task::{Function, RESUME_AT, Task};

/// A Standard workflow runs for a year at most. The checks keep every path well below it.
const EXECUTION_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The whole state machine.
pub(crate) fn state_machine(process: &Process) -> Value {
    let path = &process.offering.path;
    let mut states = Map::new();
    for step in &process.steps {
        add_step(&mut states, process, step);
    }
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

fn add_step(states: &mut Map<String, Value>, process: &Process, step: &Step) {
    let name = step.name.as_str();
    let choice = format!("{name}{OUTCOME_SUFFIX}");
    let mut add = |name: &str, state: Value| states.insert(name.to_owned(), state);
    let only_exit = || step.exits.first().map(|exit| exit.state.as_str());
    match &step.action {
        Action::Start => {
            let state = json!({
                "Type": "Pass",
                "Assign": { OFFERING_VARIABLE: process.offering },
                "Next": only_exit(),
            });
            add(name, state);
        }
        Action::Approval { config, look_up } => {
            let ask = AskConfig::Approval(config.clone());
            add(name, task::ask(name, &ask, config.remind_seconds, &choice));
            add(&choice, outcome_choice(name, &step.exits));
            if let Some(look_up) = look_up {
                connector::add_lookup(states, name, look_up);
            }
        }
        Action::Choice(config) => {
            let ask = AskConfig::Choice(config.clone());
            add(name, task::ask(name, &ask, config.expire_seconds, &choice));
            add(&choice, outcome_choice(name, &step.exits));
        }
        Action::Condition(config) => {
            add(
                name,
                Task::new(Function::Decide, name, config).next(&choice),
            );
            add(&choice, outcome_choice(name, &step.exits));
        }
        Action::Connector(connector) => connector::add(states, step, connector),
        Action::Email(config) => {
            let email = Task::new(Function::SendEmail, name, config);
            add(name, email.next(only_exit().unwrap_or(NEEDS_ATTENTION)));
        }
        Action::Wait { seconds } => {
            let state = json!({ "Type": "Wait", "Seconds": seconds, "Next": only_exit() });
            add(name, state);
        }
        Action::End(end) => {
            let close = Task::closing(name, &CloseConfig::End(*end));
            add(name, close.end(*end));
        }
    }
}

/// Where a request gets when something broke for good: it is recorded, the team is told, and the
/// execution fails, so that it shows up in Step Functions and its alarms.
///
/// It fails by a Task, and by none but this without a Catch: a redrive runs the state again that
/// failed, and a Fail state could only fail again. The function then lets the execution go on to where
/// it had stopped.
fn add_needs_attention(states: &mut Map<String, Value>, process: &Process) {
    let stop = || Stop {
        // From a Catch there is the error's name. From the Default of a Choice there is the outcome
        // that no rule knows.
        error: "{% $exists($states.input.error) ? $states.input.error : 'Outcome.Unknown' %}"
            .to_owned(),
    };
    let email = EmailConfig {
        to: Recipient::Team(process.attention.id.clone()),
        subject: "A request needs your attention: {{ requestId }}".to_owned(),
        body: "Something broke while a request was processed, and it cannot go on by itself.\n\n\
               The request's audit log and its execution in Step Functions say what happened.\n\
               Once the cause is mended, redrive the execution: it goes on from where it stopped.\n\
               That is possible for 14 days.\n\n\
               Request {{ requestId }}: {{ statusUrl }}"
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
fn resume_choice(states: &Map<String, Value>) -> Value {
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

/// Branches on what a task's function answered. The outcomes are ours and hold no quotes.
fn outcome_choice(task: &str, exits: &[Exit]) -> Value {
    let choices: Vec<Value> = exits
        .iter()
        .map(|exit| {
            json!({
                "Condition": format!("{{% $states.input.outcome = '{}' %}}", exit.outcome),
                "Next": exit.state,
            })
        })
        .collect();
    json!({
        "Type": "Choice",
        "Choices": choices,
        "Default": NEEDS_ATTENTION,
        // Only where the default is taken.
        "Assign": { RESUME_AT: task },
    })
}
