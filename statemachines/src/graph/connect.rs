//! One connection after the other: which ways out a phase has, and which phase each leads to.
//!
//! A slip is reported and then taken for what was probably meant, so that it is reported only once.

use domain::task::outcome;

use super::{Edge, Graph};
use crate::definition::{Connection, Exits, NEXT, Way};
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
        let expected = exits.and_then(ways_out);
        let given: Vec<&str> = connection
            .ways
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
        let single = expected.is_some_and(|ways| *ways == [NEXT]);
        if (given == [NEXT]) != single && exits.is_some() {
            let help = match expected {
                Some([NEXT]) => format!("Write `{}: ` and the phase that follows.", from.value),
                Some(ways) => format!("Write a line for each way out below it: {}.", list(ways.iter().copied())),
                None => "Write a line `condition: phase` for each condition below it, and a last one `otherwise: phase`.".to_owned(),
            };
            report.refuse(
                from.span,
                format!("the connections of `{}` do not fit its type", from.value),
                help,
            );
            // Not worth going through the ways one by one.
            for way in &connection.ways {
                if let Some(to) = self.definition.index(&way.to.value) {
                    self.edges.push(edge(index, &way.name.value, to, way));
                }
            }
            return;
        }
        let mut found = Vec::new();
        for way in &connection.ways {
            let name = check_way(report, &from.value, way, expected, &given);
            found.push(name);
            if let Some(to) = self.resolve(report, &way.to.value, way.to.span) {
                self.edges.push(edge(index, name, to, way));
            }
        }
        check_missing(report, connection, exits, &found);
    }
}

fn edge(from: usize, way: &str, to: usize, written: &Way) -> Edge {
    Edge {
        from,
        way: way.to_owned(),
        to,
        at: written.to.span,
    }
}

/// The ways out that a phase has; `None` where the definition names them.
fn ways_out(exits: &Exits) -> Option<Vec<&str>> {
    match exits {
        Exits::Next => Some(vec![NEXT]),
        Exits::Named(names) => Some(names.iter().map(String::as_str).collect()),
        Exits::Conditions => None,
        Exits::End => Some(Vec::new()),
    }
}

/// The name of a way out; one that the phase does not have is reported, and then taken for the one
/// that was probably meant.
fn check_way<'w>(
    report: &mut Report<'_>,
    from: &str,
    way: &'w Way,
    expected: Option<&[&'w str]>,
    given: &[&str],
) -> &'w str {
    let name = way.name.value.as_str();
    let Some(expected) = expected else {
        return name;
    };
    if expected.contains(&name) {
        return name;
    }
    let open = || expected.iter().copied().filter(|way| !given.contains(way));
    report.refuse(
        way.name.span,
        format!("`{from}` has no way out `{name}`"),
        suggestion(name, open()),
    );
    let mut rest = open();
    let only = rest.next().filter(|_| rest.next().is_none());
    nearest(name, open()).or(only).unwrap_or(name)
}

fn check_missing(
    report: &mut Report<'_>,
    connection: &Connection,
    exits: Option<&Exits>,
    found: &[&str],
) {
    let from = &connection.from;
    let mut missing = |way: &str, help: &str| {
        report.refuse(
            from.span,
            format!("`{}` lacks the way out `{way}`", from.value),
            help,
        );
    };
    if let Some(Exits::Conditions) = exits {
        if found.iter().all(|way| *way == outcome::OTHERWISE) {
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
        for way in exits.and_then(ways_out).unwrap_or_default() {
            if !found.contains(&way) {
                missing(
                    way,
                    &format!("Add a line `{way}: ` with the phase that follows."),
                );
            }
        }
    }
}
