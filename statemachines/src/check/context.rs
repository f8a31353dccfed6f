//! What the checks of a phase look at: the rest of the definition.

use domain::form::Field;
use domain::id::FieldName;

use super::teams::Teams;
use crate::definition::{Definition, Facts, Found, Phase, Transition};
use crate::diagnostic::Report;
use crate::graph::Graph;
use crate::names::Names;
use crate::process::{Exit, NEEDS_ATTENTION};
use crate::roles::{Designated, Role};
use crate::source::Span;

/// A definition with what follows from it.
pub(crate) struct Context<'d> {
    pub(crate) definition: &'d Definition,
    pub(crate) graph: Graph<'d>,
    pub(crate) names: Names,
    pub(crate) teams: Teams,
}

/// A phase that is checked.
pub(crate) struct Scope<'c> {
    /// The definition that it is part of.
    pub(crate) context: &'c Context<'c>,
    /// Its place in the definition.
    pub(crate) index: usize,
    pub(crate) exits: Vec<Exit>,
}

impl Scope<'_> {
    pub(crate) fn phase(&self) -> &Phase {
        &self.context.definition.phases[self.index]
    }

    pub(crate) fn name(&self) -> &str {
        &self.phase().name.value
    }

    /// The state that follows a phase with a single way out.
    pub(crate) fn next(&self) -> &str {
        let exit = self.exits.first();
        exit.map_or(NEEDS_ATTENTION, |exit| exit.state.as_str())
    }
}

impl Context<'_> {
    /// The ways out of a phase, as they are written.
    pub(crate) fn transitions(&self, phase: &Phase) -> impl Iterator<Item = &Transition> {
        let connections = self.definition.connections.iter();
        connections
            .filter(|connection| connection.from.value == phase.name.value)
            .flat_map(|connection| &connection.transitions)
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
            facts.is_none_or(|facts| does(facts, &edge.outcome))
        })?;
        let start = path.first().map_or(to, |edge| edge.from);
        Some(self.graph.describe(start, &path))
    }

    /// The field with a role that a phase needs; `at` is where the phase says so.
    pub(crate) fn needed(
        &self,
        report: &mut Report<'_>,
        role: &Role,
        at: Span,
    ) -> Option<FieldName> {
        let fields = &self.definition.fields;
        match fields.designated(role) {
            Designated::Field(name) => {
                if let Found::Field(Field {
                    required: false, ..
                }) = fields.find(name.value.as_str())
                {
                    report.refuse(
                        name.span,
                        format!(
                            "`{}` can be left empty, and a phase needs {}",
                            name.value, role.what
                        ),
                        "Make the field `required: true`.",
                    );
                }
                Some(name.value.clone())
            }
            Designated::Refused => None,
            Designated::Nothing => {
                report.refuse(
                    at,
                    format!("the form has no field that is {}", role.what),
                    format!(
                        "Add a required field of {} to the form, and a line `{}: ` with its name above the `fields:`.",
                        role.written, role.key
                    ),
                );
                None
            }
        }
    }
}
