//! From a state machine's definition to phases and labelled edges.
//!
//! A phase `X` is a state followed by a Choice `X Outcome` that branches on how it ended: the Choice is not drawn,
//! its branches become `X`'s edges. What catches errors of several phases and is reached in no other way is
//! plumbing: it is left out until an execution gets there, so that the picture stays the one of the process.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// What is drawn.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Graph {
    /// In the order of the definition.
    pub(crate) phases: Vec<Phase>,
    pub(crate) edges: Vec<Edge>,
    /// The phase where it starts.
    pub(crate) start: usize,
    /// Which phase stands for a state: itself, or the one before an outcome.
    drawn_as: BTreeMap<String, usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    pub(crate) name: String,
    /// Nothing follows it when all goes well.
    pub(crate) ends: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) label: String,
    /// Taken only when something went wrong.
    pub(crate) exceptional: bool,
}

/// An edge before its ends are numbered.
struct Link {
    from: String,
    to: String,
    label: String,
    exceptional: bool,
}

type States = Map<String, Value>;

/// The Choice that a redriven execution goes on with.
const RESUME: &str = "Resume";

impl Graph {
    /// Reads a definition. `entered` are the states an execution entered: they are drawn in any case.
    pub(crate) fn read(definition: &str, entered: &[String]) -> Option<Self> {
        let definition: Value = serde_json::from_str(definition).ok()?;
        let states = definition.get("States")?.as_object()?;
        let start_at = definition.get("StartAt")?.as_str()?;
        let links: Vec<Link> = states
            .keys()
            .filter(|name| outcome_of(states, name).is_none())
            .flat_map(|name| links_from(states, name))
            .filter(|link| states.contains_key(&link.to))
            .collect();
        let hidden = plumbing(&links, start_at, entered);
        let names: Vec<&String> = states
            .keys()
            .filter(|name| outcome_of(states, name).is_none() && !hidden.contains(name.as_str()))
            .collect();
        let position = |name: &str| names.iter().position(|known| *known == name);

        let phases = names.iter().map(|name| Phase {
            name: (*name).clone(),
            ends: !links
                .iter()
                .any(|link| link.from == **name && (!link.exceptional || link.from == RESUME)),
        });
        let drawn_as = states.keys().filter_map(|name| {
            let phase = outcome_of(states, name).unwrap_or(name);
            Some((name.clone(), position(phase)?))
        });
        Some(Self {
            phases: phases.collect(),
            edges: merged(&links, position, entered),
            start: position(start_at)?,
            drawn_as: drawn_as.collect(),
        })
    }

    /// The phase that stands for a state.
    pub(crate) fn drawn_as(&self, state: &str) -> Option<usize> {
        self.drawn_as.get(state).copied()
    }
}

/// The phase whose outcome a state is: `CSM Review` for a Choice `CSM Review Outcome`.
fn outcome_of<'a>(states: &'a States, name: &'a str) -> Option<&'a str> {
    let phase = name.strip_suffix(" Outcome")?;
    let is_choice = states.get(name)?.get("Type")? == "Choice";
    let leads_here = states.get(phase)?.get("Next")? == name;
    (is_choice && leads_here).then_some(phase)
}

/// Everything that can come after a phase.
fn links_from(states: &States, name: &str) -> Vec<Link> {
    let Some(state) = states.get(name) else {
        return Vec::new();
    };
    let link = |to: Option<&Value>, label: String, exceptional: bool| {
        Some(Link {
            from: name.to_owned(),
            to: to?.as_str()?.to_owned(),
            label,
            exceptional,
        })
    };
    // Back to where it broke, for whoever mended it: no way of the process.
    let of_redrive = name == RESUME;
    let choice = match state.get("Next").and_then(Value::as_str) {
        Some(next) if outcome_of(states, next) == Some(name) => states.get(next),
        _ => Some(state),
    };
    let mut links = Vec::new();
    if let Some(choice) = choice {
        for rule in array(choice, "Choices") {
            let label = condition_label(rule, state);
            links.extend(link(rule.get("Next"), label, of_redrive));
        }
        // An outcome that nobody named is a fault; another Choice's default is an ordinary way.
        let of_outcome = !std::ptr::eq(choice, state);
        let label = if of_outcome { "on error" } else { "otherwise" };
        let exceptional = of_outcome || of_redrive;
        links.extend(link(choice.get("Default"), label.to_owned(), exceptional));
        if !of_outcome {
            links.extend(link(state.get("Next"), String::new(), false));
        }
    }
    for catcher in array(state, "Catch") {
        links.extend(link(catcher.get("Next"), catch_label(catcher), true));
    }
    links
}

fn array<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The words a condition compares with: `approve` for `{% $states.input.outcome = 'approve' %}`. An outcome that the
/// phase's own configuration explains (`{"outcome":"branch-1","text":"refundAmount >= 500"}`) is called by that.
fn condition_label(rule: &Value, state: &Value) -> String {
    const LONGEST: usize = 24;
    let condition = rule.get("Condition").and_then(Value::as_str);
    let expression = condition.unwrap_or_default().trim();
    let inner = expression
        .strip_prefix("{%")
        .and_then(|rest| rest.strip_suffix("%}"))
        .unwrap_or(expression);
    let words = literals(inner);
    if !words.is_empty() {
        let explained = words.iter().map(|word| {
            let text = explanation(state.get("Arguments").unwrap_or(&Value::Null), word);
            text.map_or_else(|| word.replace('_', " "), str::to_owned)
        });
        return explained.collect::<Vec<_>>().join(" / ");
    }
    let mut label: String = inner.trim().chars().take(LONGEST).collect();
    if inner.trim().chars().count() > LONGEST {
        label.push('…');
    }
    label
}

/// The `text` beside an `outcome` of this name, wherever it is in a configuration.
fn explanation<'a>(config: &'a Value, outcome: &str) -> Option<&'a str> {
    match config {
        Value::Object(members) => {
            let own = members.get("outcome").is_some_and(|name| name == outcome);
            let text = members.get("text").and_then(Value::as_str);
            text.filter(|_| own).or_else(|| {
                members
                    .values()
                    .find_map(|value| explanation(value, outcome))
            })
        }
        Value::Array(values) => values.iter().find_map(|value| explanation(value, outcome)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The quoted texts in an expression.
fn literals(expression: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(open) = rest.find(['\'', '"']) {
        let quote = &rest[open..=open];
        let after = &rest[open + 1..];
        let Some(close) = after.find(quote) else {
            break;
        };
        found.push(&after[..close]);
        rest = &after[close + 1..];
    }
    found
}

fn catch_label(catcher: &Value) -> String {
    let is_timeout =
        |error: &Value| error == "States.Timeout" || error == "States.HeartbeatTimeout";
    let label = if array(catcher, "ErrorEquals").any(is_timeout) {
        "no answer"
    } else {
        "on error"
    };
    label.to_owned()
}

/// The states that only collect errors, and what only they lead to, except where an execution went.
fn plumbing(links: &[Link], start_at: &str, entered: &[String]) -> BTreeSet<String> {
    let is_entered = |name: &str| entered.iter().any(|state| state == name);
    let mut hidden = BTreeSet::new();
    loop {
        let next: Vec<String> = links
            .iter()
            .map(|link| link.to.as_str())
            .filter(|name| *name != start_at && !is_entered(name) && !hidden.contains(*name))
            .filter(|name| collects_errors(links, name, &hidden))
            .map(str::to_owned)
            .collect();
        if next.is_empty() {
            return hidden;
        }
        hidden.extend(next);
    }
}

fn collects_errors(links: &[Link], name: &str, hidden: &BTreeSet<String>) -> bool {
    let (mut sources, mut from_hidden) = (BTreeSet::new(), false);
    for link in links
        .iter()
        .filter(|link| link.to == name && link.from != name)
    {
        if hidden.contains(&link.from) {
            from_hidden = true;
        } else if link.exceptional {
            sources.insert(&link.from);
        } else {
            return false;
        }
    }
    from_hidden || sources.len() > 1
}

/// One edge for each pair of phases, with all its labels. Of the ways into what is shown only because an execution
/// went there, those that it did not go are left out.
fn merged(
    links: &[Link],
    position: impl Fn(&str) -> Option<usize>,
    entered: &[String],
) -> Vec<Edge> {
    let uncovered = plumbing(links, "", &[]);
    let mut edges: Vec<Edge> = Vec::new();
    for link in links {
        let (Some(from), Some(to)) = (position(&link.from), position(&link.to)) else {
            continue;
        };
        let taken = went(entered, &link.from, &link.to);
        // So is asking again after a time without an answer, until it happens, and a way back out.
        let on_demand =
            uncovered.contains(&link.to) || uncovered.contains(&link.from) || link.from == link.to;
        if link.exceptional && on_demand && !taken {
            continue;
        }
        match edges
            .iter_mut()
            .find(|edge| (edge.from, edge.to) == (from, to))
        {
            None => edges.push(Edge {
                from,
                to,
                label: link.label.clone(),
                exceptional: link.exceptional,
            }),
            // An ordinary edge says more than that errors go the same way.
            Some(edge) if edge.exceptional == link.exceptional => {
                if !edge.label.split(" / ").any(|part| part == link.label) {
                    edge.label = format!("{} / {}", edge.label, link.label);
                }
            }
            Some(edge) if edge.exceptional => {
                edge.label.clone_from(&link.label);
                edge.exceptional = false;
            }
            Some(_) => {}
        }
    }
    edges
}

/// Whether an execution went from one state to another, maybe by way of its outcome.
fn went(entered: &[String], from: &str, to: &str) -> bool {
    let outcome = format!("{from} Outcome");
    entered
        .windows(2)
        .any(|pair| (pair[0] == from || pair[0] == outcome) && pair[1] == to)
}
