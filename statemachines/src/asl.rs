//! The state machine in Amazon States Language, with `JSONata`.
//!
//! A phase becomes a Task that hands the phase's configuration to a function, and where there is more
//! than one way out, a Choice on the function's answer. A state never carries an answer of the
//! customer: only the request's id, what the definition says, and outcomes.

mod retry;
mod task;

use serde_json::{Map, Value, json};
use shared::task::{
    CloseConfig, EmailConfig, EndStatus, OFFERING_VARIABLE, Recipient, START_STATE, outcome,
};

use crate::process::{
    Action, ERROR_EMAIL_SUFFIX, Exit, NEEDS_ATTENTION, NEEDS_ATTENTION_EMAIL, OUTCOME_SUFFIX,
    Process, STOPPED, Step,
};
use task::{Function, Task};

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
    let only_exit = || step.exits.first().map(|exit| exit.to.as_str());
    match &step.action {
        Action::Start => {
            let state = json!({
                "Type": "Pass",
                "Assign": { OFFERING_VARIABLE: process.offering },
                "Next": only_exit(),
            });
            add(name, state);
        }
        Action::Approval {
            config,
            remind_seconds,
        } => {
            add(name, task::approval(name, config, *remind_seconds, &choice));
            add(&choice, outcome_choice(&step.exits));
        }
        Action::Condition(config) => {
            add(
                name,
                Task::new(Function::Decide, name, config).next(&choice),
            );
            add(&choice, outcome_choice(&step.exits));
        }
        Action::Refund { config, on_error } => {
            let error_email = format!("{name}{ERROR_EMAIL_SUFFIX}");
            add(
                name,
                Task::new(Function::IssueRefund, name, config).next(&choice),
            );
            // The team is told before the request goes where the definition sends it.
            let told = |exit: &Exit| match exit.outcome.as_str() {
                outcome::ERROR => error_email.clone(),
                _ => exit.to.to_string(),
            };
            add(&choice, outcome_choice_to(&step.exits, told));
            if let Some(error) = step.exits.iter().find(|e| e.outcome == outcome::ERROR) {
                let email = Task::new(Function::SendEmail, &error_email, on_error);
                add(&error_email, email.of_phase(name).next(error.to.as_str()));
            }
        }
        Action::Email(config) => {
            let email = Task::new(Function::SendEmail, name, config);
            add(name, email.next(only_exit().unwrap_or(NEEDS_ATTENTION)));
        }
        Action::End(end) => {
            let config = CloseConfig {
                status: *end,
                error: None,
            };
            add(
                name,
                Task::new(Function::CloseRequest, name, &config).end(*end),
            );
        }
    }
}

/// Where a request gets when something broke for good: it is recorded, the team is told, and the
/// execution fails, so that it shows up in Step Functions and its alarms.
fn add_needs_attention(states: &mut Map<String, Value>, process: &Process) {
    let close = CloseConfig {
        status: EndStatus::NeedsAttention,
        // From a Catch there is the error's name. From the Default of a Choice there is the outcome
        // that no rule knows.
        error: Some(
            "{% $exists($states.input.error) ? $states.input.error : 'Outcome.Unknown' %}"
                .to_owned(),
        ),
    };
    let email = EmailConfig {
        to: Recipient::Team(process.attention.id.clone()),
        subject: "A request needs your attention: {{ requestId }}".to_owned(),
        body: "Something broke while a request was processed, and it cannot go on by itself.\n\n\
               The request's audit trail and its execution in Step Functions say what happened.\n\n\
               Request {{ requestId }}: {{ statusUrl }}"
            .to_owned(),
    };
    let close = Task::new(Function::CloseRequest, NEEDS_ATTENTION, &close).catch_to(STOPPED);
    let email = Task::new(Function::SendEmail, NEEDS_ATTENTION_EMAIL, &email)
        .of_phase(NEEDS_ATTENTION)
        .catch_to(STOPPED);
    let stopped = json!({
        "Type": "Fail",
        "Error": "Request.NeedsAttention",
        "Cause": "The request needs attention. Its audit trail says why.",
    });
    states.insert(
        NEEDS_ATTENTION.to_owned(),
        close.next(NEEDS_ATTENTION_EMAIL),
    );
    states.insert(NEEDS_ATTENTION_EMAIL.to_owned(), email.next(STOPPED));
    states.insert(STOPPED.to_owned(), stopped);
}

fn outcome_choice(exits: &[Exit]) -> Value {
    outcome_choice_to(exits, |exit| exit.to.to_string())
}

/// Branches on what a function answered. The outcomes are ours and hold no quotes.
fn outcome_choice_to(exits: &[Exit], target: impl Fn(&Exit) -> String) -> Value {
    let choices: Vec<Value> = exits
        .iter()
        .map(|exit| {
            json!({
                "Condition": format!("{{% $states.input.outcome = '{}' %}}", exit.outcome),
                "Next": target(exit),
            })
        })
        .collect();
    json!({ "Type": "Choice", "Choices": choices, "Default": NEEDS_ATTENTION })
}
