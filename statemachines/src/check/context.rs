//! What the checks of a phase look at: the rest of the definition.

use super::teams::Teams;
use crate::definition::{Definition, Facts, Phase, Way};
use crate::graph::Graph;
use crate::names::Names;

/// A definition with what follows from it.
pub(crate) struct Context<'d> {
    pub(crate) definition: &'d Definition,
    pub(crate) graph: Graph<'d>,
    pub(crate) names: Names,
    pub(crate) teams: Teams,
}

impl Context<'_> {
    /// The ways out of a phase, as they are written.
    pub(crate) fn ways(&self, phase: &Phase) -> impl Iterator<Item = &Way> {
        let connections = self.definition.connections.iter();
        connections
            .filter(|connection| connection.from.value == phase.name.value)
            .flat_map(|connection| &connection.ways)
    }

    /// A path from the start to a phase on which no phase does what is asked for, in words. One that
    /// could not be read is taken to do it. `does` gets a phase and the way out by which it is left.
    pub(crate) fn path_without(
        &self,
        to: usize,
        does: impl Fn(&Facts, &str) -> bool,
    ) -> Option<String> {
        let phases = &self.definition.phases;
        let path = self.graph.path(to, |edge| {
            let facts = phases[edge.from].facts.as_ref();
            facts.is_none_or(|facts| does(facts, &edge.way))
        })?;
        let start = path.first().map_or(to, |edge| edge.from);
        Some(self.graph.describe(start, &path))
    }
}
