//! The states of a Stripe connector, and of the lookup before an approval.
//!
//! ```text
//! Process Refund -> Outcome -> done
//!                           -> error:   Error Email -> where the definition leads
//!                           -> pending: Pending Email -> Pending -> Pending Outcome -> done, error
//! ```

use domain::task::{ConnectorConfig, LookUpConfig, outcome};
use serde_json::{Map, Value};

use super::outcome_choice;
use super::task::{self, Function, Task};
use crate::process::{
    Connector, ERROR_EMAIL_SUFFIX, Exit, LOOKUP_SUFFIX, OUTCOME_SUFFIX, PENDING_EMAIL_SUFFIX,
    PENDING_SUFFIX, Step,
};

/// The states of a connector's phase.
pub(super) fn add(states: &mut Map<String, Value>, step: &Step, connector: &Connector) {
    let name = step.name.as_str();
    let choice = format!("{name}{OUTCOME_SUFFIX}");
    let act = Task::new(Function::IssueRefund, name, &connector.config);
    states.insert(name.to_owned(), act.next(&choice));
    let mut exits = step.exits.clone();
    for exit in exits.iter_mut().filter(|e| e.outcome == outcome::ERROR) {
        // The team is told before the request goes where the definition sends it.
        let email = format!("{name}{ERROR_EMAIL_SUFFIX}");
        let task = Task::new(Function::SendEmail, &email, &connector.on_error).of_phase(name);
        states.insert(email.clone(), task.next(&exit.state));
        exit.state = email;
    }
    if connector.may_be_pending() {
        let state = add_pending(states, name, connector, &exits);
        exits.push(Exit {
            outcome: outcome::PENDING.to_owned(),
            label: None,
            to: step.name.clone(),
            state,
        });
    }
    states.insert(choice, outcome_choice(name, &exits));
}

/// The states of a refund that was taken and is not paid yet; the name of the first.
fn add_pending(
    states: &mut Map<String, Value>,
    name: &str,
    connector: &Connector,
    exits: &[Exit],
) -> String {
    let pending = format!("{name}{PENDING_SUFFIX}");
    let choice = format!("{pending}{OUTCOME_SUFFIX}");
    states.insert(pending.clone(), task::pending(&pending, name, &choice));
    states.insert(choice, outcome_choice(&pending, exits));
    let Some(mail) = &connector.while_pending else {
        return pending;
    };
    let email = format!("{name}{PENDING_EMAIL_SUFFIX}");
    let task = Task::new(Function::SendEmail, &email, mail).of_phase(name);
    states.insert(email.clone(), task.next(&pending));
    email
}

/// The state that looks a charge up before the phase of that name asks about it. Its failing does not
/// stop the review.
pub(super) fn add_lookup(states: &mut Map<String, Value>, name: &str, config: &LookUpConfig) {
    let lookup = format!("{name}{LOOKUP_SUFFIX}");
    let config = ConnectorConfig::LookUp(config.clone());
    let task = Task::new(Function::IssueRefund, &lookup, &config)
        .of_phase(name)
        .retried_briefly()
        .catch_to(name);
    states.insert(lookup, task.next(name));
}
