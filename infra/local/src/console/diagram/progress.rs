//! How far an execution came, as a mark on each phase.

use super::graph::{Edge, Graph};

/// How far an execution came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The states it entered, in order.
    pub(crate) entered: Vec<String>,
    /// How the last phase that it entered is marked.
    pub(crate) last: Mark,
}

/// How a phase is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Ahead,
    Completed,
    Current,
    Failed,
}

impl Mark {
    /// The class of the style sheet, and the words for who does not see it.
    pub(crate) fn class_and_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ahead => ("phase ahead", "not reached"),
            Self::Completed => ("phase done", "done"),
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
        let entered = progress.entered.iter();
        let visited: Vec<usize> = entered.filter_map(|state| graph.phase(state)).collect();
        let mut marks = vec![Mark::Ahead; graph.phases.len()];
        for phase in &visited {
            marks[*phase] = Mark::Completed;
        }
        if let Some(last) = visited.last() {
            marks[*last] = progress.last;
        }
        Self { visited, marks }
    }

    /// Whether the execution took an edge.
    pub(crate) fn took(&self, edge: &Edge) -> bool {
        let mut pairs = self.visited.windows(2);
        pairs.any(|pair| pair == [edge.from, edge.to])
    }
}
