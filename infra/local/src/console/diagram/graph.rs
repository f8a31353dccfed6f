//! From a state machine's definition to phases and labelled edges.
//!
//! A phase `X` is a state followed by a Choice `X Outcome` that branches on how it ended: the Choice is not drawn,
//! its branches become `X`'s edges. What catches errors of several phases and is reached in no other way is left
//! out until an execution gets there, so that the picture stays the one of the process.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Graph {
    /// In the order of the definition.
    pub(crate) phases: Vec<Phase>,
    pub(crate) edges: Vec<Edge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Phase {
    pub(crate) name: String,
    /// Nothing follows it when all goes well.
    pub(crate) ends: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) label: String,
    /// Taken only when something went wrong.
    pub(crate) exceptional: bool,
}

/// An edge before its ends are numbered.
struct Link<'a> {
    from: &'a str,
    to: &'a str,
    label: &'a str,
    exceptional: bool,
}

type States = Map<String, Value>;

/// The Choice that a redriven execution goes on with.
const RESUME: &str = "Resume";

impl Graph {
    /// Reads a definition. `entered` are the states an execution entered: they are drawn in any case.
    pub(crate) fn read(definition: &str, entered: &[String]) -> Option<Self> {
        let definition: Value = serde_json::from_str(definition).ok()?;
        let states = definition["States"].as_object()?;
        states.get(definition["StartAt"].as_str()?)?;
        let names = states.keys().map(String::as_str);
        let phase_names = names.filter(|name| outcome_of(states, name).is_none());
        let mut links: Vec<Link<'_>> = phase_names
            .clone()
            .flat_map(|it| links_from(states, it))
            .collect();
        links.retain(|link| states.contains_key(link.to));
        // Of two ways between the same phases the ordinary one says more.
        links.sort_by_key(|link| link.exceptional);

        let collectors = error_collectors(&links);
        let is_entered = |name: &str| entered.iter().any(|state| state == name);
        let drawn: Vec<&str> = phase_names
            .filter(|name| !collectors.contains(name) || is_entered(name))
            .collect();
        let position = |name: &str| drawn.iter().position(|known| *known == name);
        let goes_on = |link: &Link<'_>| !link.exceptional || link.from == RESUME;
        let phases = drawn.iter().map(|name| Phase {
            name: (*name).to_owned(),
            ends: !links.iter().any(|link| link.from == *name && goes_on(link)),
        });
        let phase_of = |state| outcome_of(states, state).unwrap_or(state);
        let was_taken = |link: &Link<'_>| {
            let mut pairs = entered.windows(2);
            pairs.any(|pair| phase_of(&pair[0]) == link.from && pair[1] == link.to)
        };
        // Where errors are collected, and asking again after a time without an answer, shows once it happened.
        let shown = links.iter().filter(|link| {
            let on_demand = link.from == link.to
                || collectors.contains(link.from)
                || collectors.contains(link.to);
            !(link.exceptional && on_demand) || was_taken(link)
        });
        Some(Self {
            phases: phases.collect(),
            edges: merged(shown, position),
        })
    }

    /// The phase that a state is. None for a phase's outcome.
    pub(crate) fn phase(&self, state: &str) -> Option<usize> {
        self.phases.iter().position(|phase| phase.name == state)
    }
}

/// The phase whose outcome a state is: `CSM Review` for a Choice `CSM Review Outcome`.
fn outcome_of<'a>(states: &States, name: &'a str) -> Option<&'a str> {
    let phase = name.strip_suffix(" Outcome")?;
    let is_choice = states.get(name)?["Type"] == "Choice";
    (is_choice && states.get(phase)?["Next"] == name).then_some(phase)
}

/// Everything that can come after a phase.
fn links_from<'a>(states: &'a States, from: &'a str) -> Vec<Link<'a>> {
    let state = &states[from];
    let next = state["Next"].as_str();
    let outcome = next.filter(|next| outcome_of(states, next) == Some(from));
    let choice = outcome.map_or(state, |outcome| &states[outcome]);
    // Back to where it broke, for whoever mended it: no way of the process.
    let of_redrive = from == RESUME;
    let mut links = Vec::new();
    let mut add = |to: &'a Value, label: &'a str, exceptional: bool| {
        links.extend(to.as_str().map(|to| Link {
            from,
            to,
            label,
            exceptional,
        }));
    };
    for rule in array(&choice["Choices"]) {
        add(&rule["Next"], condition_label(rule, state), of_redrive);
    }
    if outcome.is_some() {
        // An outcome that nobody named is a fault.
        add(&choice["Default"], "on error", true);
    } else {
        add(&choice["Default"], "otherwise", of_redrive);
        add(&state["Next"], "", false);
    }
    for catcher in array(&state["Catch"]) {
        let mut errors = array(&catcher["ErrorEquals"]);
        let is_timeout = errors.any(|it| it == "States.Timeout" || it == "States.HeartbeatTimeout");
        let label = if is_timeout { "no answer" } else { "on error" };
        add(&catcher["Next"], label, true);
    }
    links
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What a condition compares with: `approve` for `{% $states.input.outcome = 'approve' %}`. A branch that the
/// phase's own configuration explains is called by that: `refundAmount >= 500`.
fn condition_label<'a>(rule: &'a Value, state: &'a Value) -> &'a str {
    let condition = rule["Condition"].as_str().unwrap_or_default();
    let Some(outcome) = condition.split(['\'', '"']).nth(1) else {
        return condition.trim_matches(['{', '%', ' ', '}']);
    };
    let branches = &state["Arguments"]["Payload"]["config"]["branches"];
    let branch = array(branches).find(|branch| branch["outcome"] == outcome);
    branch
        .and_then(|branch| branch["text"].as_str())
        .unwrap_or(outcome)
}

/// The states that only collect errors of several phases, and what only they lead to.
fn error_collectors<'a>(links: &[Link<'a>]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let is_collector = |name: &str, found: &BTreeSet<&str>| {
        let incoming = links
            .iter()
            .filter(|link| link.to == name && link.from != name);
        let (inner, outer): (Vec<_>, Vec<_>) = incoming.partition(|link| found.contains(link.from));
        let sources: BTreeSet<&str> = outer.iter().map(|link| link.from).collect();
        outer.iter().all(|link| link.exceptional) && (!inner.is_empty() || sources.len() > 1)
    };
    let next = |found: &BTreeSet<&str>| {
        let mut names = links.iter().map(|link| link.to);
        names.find(|name| !found.contains(name) && is_collector(name, found))
    };
    while let Some(name) = next(&found) {
        found.insert(name);
    }
    found
}

/// One edge for each pair of phases, with all its labels.
fn merged<'l>(
    links: impl Iterator<Item = &'l Link<'l>>,
    position: impl Fn(&str) -> Option<usize>,
) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for link in links {
        let (Some(from), Some(to)) = (position(link.from), position(link.to)) else {
            continue;
        };
        let label = link.label.replace('_', " ");
        let mut known = edges.iter_mut();
        let Some(edge) = known.find(|edge| (edge.from, edge.to) == (from, to)) else {
            edges.push(Edge {
                from,
                to,
                label,
                exceptional: link.exceptional,
            });
            continue;
        };
        let is_new = !edge.label.split(" / ").any(|part| part == label);
        if is_new && edge.exceptional == link.exceptional {
            edge.label = format!("{} / {label}", edge.label);
        }
    }
    edges
}
