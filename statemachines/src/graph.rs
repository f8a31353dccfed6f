//! The phases as a graph: where each way out leads, and that every path ends.

mod connect;

use std::collections::VecDeque;

use crate::definition::{Connection, Definition, Exits, Facts, NEXT, Phase};
use crate::diagnostic::{Report, nearest};
use crate::source::Span;

/// A way from one phase to another, by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) outcome: String,
    pub(crate) to: usize,
    /// Where it is written.
    pub(crate) at: Span,
}

/// All ways of a definition.
#[derive(Debug)]
pub(crate) struct Graph<'d> {
    definition: &'d Definition,
    edges: Vec<Edge>,
    start: Option<usize>,
}

impl<'d> Graph<'d> {
    /// Resolves the connections and reports every one that does not fit, every phase that no path
    /// reaches, and every path that does not end.
    pub(crate) fn build(report: &mut Report<'_>, definition: &'d Definition) -> Self {
        let before = report.count();
        let mut graph = Self {
            definition,
            edges: Vec::new(),
            start: definition.start(),
        };
        for connection in &definition.connections {
            graph.connect(report, connection);
        }
        graph.check_unconnected(report);
        graph.check_circles(report);
        // A way that leads nowhere leaves phases unreached; that one mistake is enough to report.
        if report.count() == before {
            graph.check_reached(report);
        }
        graph
    }

    /// Every phase but an end must lead somewhere.
    fn check_unconnected(&self, report: &mut Report<'_>) {
        for phase in &self.definition.phases {
            let name = &phase.name.value;
            let connected = |c: &Connection| {
                c.from.value == *name
                    || self.definition.index(&c.from.value).is_none()
                        && nearest(&c.from.value, [name.as_str()]).is_some()
            };
            let leads = |facts: &Facts| !matches!(facts.exits, Exits::End);
            let ends = !phase.facts.as_ref().is_some_and(leads);
            if !ends && !self.definition.connections.iter().any(connected) {
                report.refuse(
                    phase.name.span,
                    format!("`{name}` leads nowhere: a request would stay there for ever"),
                    format!("Add `{name}` to the connections, with the phase that follows."),
                );
            }
        }
    }

    fn check_reached(&self, report: &mut Report<'_>) {
        for (index, phase) in self.definition.phases.iter().enumerate() {
            // What comes after an unreached phase needs no complaint of its own.
            let follows = self.edges.iter().any(|edge| edge.to == index);
            if !follows && self.start.is_some_and(|start| start != index) {
                report.refuse(
                    phase.name.span,
                    format!("no path leads to `{}`", phase.name.value),
                    "Connect a phase to it, or remove it.",
                );
            }
        }
    }

    /// No path comes back to where it was: a path that can go round need not end, and a phase's
    /// decision, mail and refund happen once per request.
    fn check_circles(&self, report: &mut Report<'_>) {
        for (position, closing) in self.edges.iter().enumerate() {
            // Of a circle, the way written last is reported.
            let earlier = |edge: &Edge| !self.edges[..position].contains(edge);
            if let Some(path) = self.path_from(closing.to, closing.from, earlier) {
                report.refuse(
                    closing.at,
                    format!(
                        "this path need not end: {}, {} again",
                        self.describe(closing.to, &path),
                        self.name(closing.to)
                    ),
                    "A request passes each phase at most once. Lead this way to a later phase, or to an end.",
                );
            }
        }
    }

    fn name(&self, index: usize) -> &str {
        &self.definition.phases[index].name.value
    }

    /// A shortest path from the start that takes none of the ways to avoid.
    pub(crate) fn path(&self, to: usize, avoid: impl Fn(&Edge) -> bool) -> Option<Vec<&Edge>> {
        self.path_from(self.start?, to, avoid)
    }

    /// Where a phase is left with that outcome, if it is connected.
    pub(crate) fn edge(&self, from: usize, outcome: &str) -> Option<&Edge> {
        let mut edges = self.edges.iter();
        edges.find(|edge| edge.from == from && edge.outcome == outcome)
    }

    /// A shortest path between two phases that takes none of the ways to avoid.
    pub(crate) fn path_from(
        &self,
        from: usize,
        to: usize,
        avoid: impl Fn(&Edge) -> bool,
    ) -> Option<Vec<&Edge>> {
        let mut arrived: Vec<Option<&Edge>> = vec![None; self.definition.phases.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(here) = queue.pop_front() {
            if here == to {
                let mut path = Vec::new();
                let mut place = to;
                while place != from {
                    let edge = arrived[place]?;
                    path.insert(0, edge);
                    place = edge.from;
                }
                return Some(path);
            }
            for edge in self.edges.iter().filter(|e| e.from == here && !avoid(e)) {
                if edge.to != from && arrived[edge.to].is_none() {
                    arrived[edge.to] = Some(edge);
                    queue.push_back(edge.to);
                }
            }
        }
        None
    }

    /// `Start, CSM Review (reject), Send Denial Email`
    pub(crate) fn describe(&self, from: usize, path: &[&Edge]) -> String {
        let mut text = self.name(from).to_owned();
        for edge in path {
            if edge.outcome != NEXT {
                text = format!("{text} ({})", edge.outcome);
            }
            text = format!("{text}, {}", self.name(edge.to));
        }
        text
    }

    /// The longest that all phases from here on can take together, by what each can take.
    pub(crate) fn longest(&self, cost: &impl Fn(&Phase) -> u64) -> u64 {
        // As many rounds as there are phases settle every path without circles.
        let phases = &self.definition.phases;
        let mut longest = vec![0; phases.len()];
        for _ in phases {
            for (index, phase) in phases.iter().enumerate() {
                let after = self.edges.iter().filter(|edge| edge.from == index);
                let after = after.map(|edge| longest[edge.to]);
                longest[index] = cost(phase).saturating_add(after.max().unwrap_or(0));
            }
        }
        self.start.map_or(0, |start| longest[start])
    }
}
