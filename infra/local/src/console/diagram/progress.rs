//! How far an execution came, as a mark on each phase.

use super::graph::{Edge, Graph};

/// How far an execution came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The states it entered, in order.
    pub(crate) entered: Vec<String>,
    /// Where it is now; None once it ended.
    pub(crate) current: Option<String>,
    /// It ended otherwise than by succeeding.
    pub(crate) failed: bool,
}

/// How a phase is marked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Ahead,
    Done,
    Current,
    Failed,
}

impl Mark {
    /// The class of the style sheet, and the words for who does not see it.
    pub(crate) fn class_and_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ahead => ("phase ahead", "not reached"),
            Self::Done => ("phase done", "done"),
            Self::Current => ("phase current", "here now"),
            Self::Failed => ("phase failed", "failed here"),
        }
    }
}

/// The phases of a graph with their marks.
pub(crate) struct Marked {
    /// The phases that were visited, in order.
    pub(crate) visited: Vec<usize>,
    /// One for each phase.
    pub(crate) marks: Vec<Mark>,
}

impl Marked {
    pub(crate) fn of(graph: &Graph, progress: &Progress) -> Self {
        let visited = visited(graph, progress);
        let current = progress.current.as_deref();
        let current = current.and_then(|state| graph.drawn_as(state));
        let mark = |phase: usize| {
            if current == Some(phase) {
                Mark::Current
            } else if progress.failed && visited.last() == Some(&phase) {
                Mark::Failed
            } else if visited.contains(&phase) {
                Mark::Done
            } else {
                Mark::Ahead
            }
        };
        Self {
            marks: (0..graph.phases.len()).map(mark).collect(),
            visited,
        }
    }

    /// Whether the execution took an edge.
    pub(crate) fn took(&self, edge: &Edge) -> bool {
        let mut pairs = self.visited.windows(2);
        pairs.any(|pair| pair == [edge.from, edge.to])
    }
}

fn visited(graph: &Graph, progress: &Progress) -> Vec<usize> {
    let mut visited = Vec::new();
    let mut last_state = "";
    for state in &progress.entered {
        let Some(phase) = graph.drawn_as(state) else {
            continue;
        };
        // A phase's outcome is the same visit.
        let is_outcome = last_state.len() < state.len() && state.starts_with(last_state);
        if visited.last() != Some(&phase) || !is_outcome {
            visited.push(phase);
        }
        last_state = state;
    }
    visited
}
