//! Where nothing was paid: whoever is not paid by other means is told, and where too little is left of a charge
//! nothing else pays.

use serde_json::{Map, Value};

use super::NEEDS_ATTENTION;

type States = Map<String, Value>;

pub(super) fn check(states: &States) {
    for (name, state) in states.iter().filter(|(_, state)| pays(state)) {
        let outcome = &states[state["Next"].as_str().unwrap()];
        let choices = outcome["Choices"].as_array().unwrap();
        let after = |outcome: &str| {
            let condition = format!("{{% $states.input.outcome = '{outcome}' %}}");
            let choice = choices
                .iter()
                .find(|choice| choice["Condition"] == condition.as_str());
            choice.unwrap_or_else(|| panic!("{name} knows no {outcome}"))["Next"]
                .as_str()
                .unwrap()
        };
        assert!(
            !may_pay(states, after("exhausted")),
            "{name} pays all the same"
        );
        for outcome in ["error", "exhausted"] {
            assert!(
                is_told(states, after(outcome)),
                "{name} tells nobody of {outcome}"
            );
        }
    }
}

fn pays(state: &Value) -> bool {
    let action = &state["Arguments"]["Payload"]["config"]["action"];
    action == "createRefund" || action == "createCredit"
}

fn tells_customer(state: &Value) -> bool {
    let arguments = &state["Arguments"];
    arguments["FunctionName"] == "${SendEmail}"
        && arguments["Payload"]["config"]["to"]["field"].is_string()
}

fn may_pay(states: &States, name: &str) -> bool {
    let state = &states[name];
    pays(state) || goes_on(state).any(|next| may_pay(states, next))
}

/// Whether the customer gets a mail, or something else is tried, on every path from here on.
fn is_told(states: &States, name: &str) -> bool {
    let state = &states[name];
    let mut next = goes_on(state).peekable();
    let ends = next.peek().is_none();
    pays(state) || tells_customer(state) || (!ends && next.all(|next| is_told(states, next)))
}

/// The states that follow while nothing breaks.
fn goes_on(state: &Value) -> impl Iterator<Item = &str> {
    let choices = state["Choices"].as_array().into_iter().flatten();
    let all = choices
        .map(|choice| &choice["Next"])
        .chain([&state["Next"], &state["Default"]]);
    let named = all.filter_map(Value::as_str);
    named.filter(|next| *next != NEEDS_ATTENTION)
}
