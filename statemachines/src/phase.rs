//! What a kind of phase consists of: one file in `phases/` for each.
//!
//! The parts of such a file come in this order: how it is read, how it is checked, its states, its shape in
//! the diagram, what it costs.

use std::fmt::Debug;

pub(crate) use crate::check::context::Scope;
pub(crate) use crate::definition::{Exits, Facts, Wait};
pub(crate) use crate::diagnostic::Report;
pub(crate) use crate::process::Action;
pub(crate) use crate::read::section::Section;

/// A `type:` that a phase can have.
pub(crate) struct PhaseType {
    /// What the definition calls it.
    pub(crate) name: &'static str,
    /// Reads the keys of its own; `None` when one could not be read, which has been reported.
    pub(crate) read: fn(&mut Report<'_>, &mut Section<'_>) -> Option<Written>,
}

/// A phase as it is written.
pub(crate) struct Written {
    /// What the checks of the whole definition look at.
    pub(crate) facts: Facts,
    /// The rest.
    pub(crate) kind: Box<dyn PhaseKind>,
}

impl Written {
    pub(crate) fn new(facts: Facts, kind: impl PhaseKind + 'static) -> Self {
        let kind = Box::new(kind);
        Self { facts, kind }
    }
}

/// A phase that was read, and not yet checked against the rest of the definition.
pub(crate) trait PhaseKind: Debug {
    /// What it does, if all that it names is there.
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action>;
}
