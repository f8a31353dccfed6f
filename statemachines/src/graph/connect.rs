//! One connection after the other: which ways out a phase has, and which phase each leads to.
//!
//! A slip is reported and then taken for what was probably meant, so that it is reported only once.

use domain::task::outcome;

use super::{Edge, Graph};
use crate::definition::{Connection, Exits, NEXT, Transition};
use crate::diagnostic::{Report, list, nearest, suggestion};
use crate::source::Span;

impl Graph<'_> {
    /// The phase of that name. A slip is reported, and then taken for what was probably meant.
    fn resolve(&self, report: &mut Report<'_>, name: &str, at: Span) -> Option<usize> {
        if let Some(index) = self.definition.index(name) {
            return Some(index);
        }
        let names = || self.definition.phases.iter().map(|p| p.name.value.as_str());
        report.refuse(
            at,
            format!("there is no phase `{name}`"),
            suggestion(name, names()),
        );
        nearest(name, names()).and_then(|near| self.definition.index(near))
    }

    pub(super) fn connect(&mut self, report: &mut Report<'_>, connection: &Connection) {
        let from = &connection.from;
        let Some(index) = self.resolve(report, &from.value, from.span) else {
            return;
        };
        let facts = self.definition.phases[index].facts.as_ref();
        let exits = facts.map(|facts| &facts.exits);
        let expected = exits.and_then(outcomes_of);
        let optional = facts.and_then(|facts| facts.optional_exit);
        let given: Vec<&str> = connection
            .transitions
            .iter()
            .map(|w| w.name.value.as_str())
            .collect();
        if matches!(exits, Some(Exits::End)) {
            report.refuse(
                from.span,
                format!("`{}` is an end, and nothing comes after it", from.value),
                "Remove these connections, or make it another type of phase.",
            );
            return;
        }
        let expected = expected.as_deref();
        let single = expected.is_some_and(|transitions| *transitions == [NEXT]);
        if (given == [NEXT]) != single && exits.is_some() {
            let help = match expected {
                Some([NEXT]) => format!("Write `{}: ` and the phase that follows.", from.value),
                Some(transitions) => format!("Write a line for each way out below it: {}.", list(transitions.iter().copied())),
                None => "Write a line `condition: phase` for each condition below it, and a last one `otherwise: phase`.".to_owned(),
            };
            report.refuse(
                from.span,
                format!("the connections of `{}` do not fit its type", from.value),
                help,
            );
            // Not worth going through the ways one by one.
            for transition in &connection.transitions {
                if let Some(to) = self.definition.index(&transition.to.value) {
                    self.edges
                        .push(edge(index, &transition.name.value, to, transition));
                }
            }
            return;
        }
        let mut found = Vec::new();
        for transition in &connection.transitions {
            let exits = (expected, optional);
            let name = check_transition(report, &from.value, transition, exits, &given);
            found.push(name);
            if let Some(to) = self.resolve(report, &transition.to.value, transition.to.span) {
                self.edges.push(edge(index, name, to, transition));
            }
        }
        check_missing(report, connection, exits, &found);
    }
}

fn edge(from: usize, outcome: &str, to: usize, written: &Transition) -> Edge {
    Edge {
        from,
        outcome: outcome.to_owned(),
        to,
        at: written.to.span,
    }
}

/// The ways out that a phase has; `None` where the definition names them.
fn outcomes_of(exits: &Exits) -> Option<Vec<&str>> {
    match exits {
        Exits::Next => Some(vec![NEXT]),
        Exits::Named(names) => Some(names.iter().map(String::as_str).collect()),
        Exits::Conditions => None,
        Exits::End => Some(Vec::new()),
    }
}

/// The name of a way out; one that the phase neither has to nor may have is reported, and then taken for the
/// one that was probably meant.
fn check_transition<'w>(
    report: &mut Report<'_>,
    from: &str,
    transition: &'w Transition,
    (expected, optional): (Option<&[&'w str]>, Option<&'w str>),
    given: &[&str],
) -> &'w str {
    let name = transition.name.value.as_str();
    let Some(expected) = expected else {
        return name;
    };
    if expected.contains(&name) || optional == Some(name) {
        return name;
    }
    let open = || {
        expected
            .iter()
            .copied()
            .filter(|outcome| !given.contains(outcome))
    };
    report.refuse(
        transition.name.span,
        format!("`{from}` has no way out `{name}`"),
        suggestion(name, open().chain(optional)),
    );
    let mut rest = open();
    let only = rest.next().filter(|_| rest.next().is_none());
    let near = nearest(name, open().chain(optional));
    near.or(only).unwrap_or(name)
}

fn check_missing(
    report: &mut Report<'_>,
    connection: &Connection,
    exits: Option<&Exits>,
    found: &[&str],
) {
    let from = &connection.from;
    let mut missing = |outcome: &str, help: &str| {
        report.refuse(
            from.span,
            format!("`{}` lacks the way out `{outcome}`", from.value),
            help,
        );
    };
    if let Some(Exits::Conditions) = exits {
        if found.iter().all(|outcome| *outcome == outcome::OTHERWISE) {
            missing(
                "condition",
                "Add a line with a condition before `otherwise`, such as `refundAmount >= 500: Finance Approval`.",
            );
        }
        if !found.contains(&outcome::OTHERWISE) {
            missing(
                outcome::OTHERWISE,
                "Add a line `otherwise: ` with the phase that follows when no condition holds.",
            );
        }
    } else {
        for outcome in exits.and_then(outcomes_of).unwrap_or_default() {
            if !found.contains(&outcome) {
                missing(
                    outcome,
                    &format!("Add a line `{outcome}: ` with the phase that follows."),
                );
            }
        }
    }
}
