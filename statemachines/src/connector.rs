//! What a connector consists of: one file in `connectors/` for each.
//!
//! The parts of such a file come in this order: how it is read, how it is checked, its states, its name in
//! the diagram, what it uses. What all have in common is the phase's: see `phases/connector.rs`.

use std::fmt::Debug;

use shared::id::TeamId;

use crate::asl::task::Task;
use crate::check::context::Context;
use crate::diagnostic::Report;
use crate::process::{Exit, States, Step};
use crate::read::section::Section;
use crate::source::Span;
use crate::usage::Usage;

/// A value that `connector:` can have.
pub(crate) struct ConnectorType {
    /// What the definition calls it.
    pub(crate) name: &'static str,
    /// Reads the keys of its own; `None` when one could not be read, which has been reported.
    pub(crate) read: fn(&mut Report<'_>, &mut Section<'_>) -> Option<Box<dyn Connector>>,
}

/// Where a connector is checked.
pub(crate) struct Place<'p> {
    /// The rest of the definition.
    pub(crate) context: &'p Context<'p>,
    /// The phase's place in the definition.
    pub(crate) phase: usize,
    /// Where the connector is named.
    pub(crate) at: Span,
    /// Who is told when it fails, if that is a team.
    pub(crate) tell: Option<&'p TeamId>,
}

/// A connector that was read, and not yet checked against the rest of the definition.
pub(crate) trait Connector: Debug {
    /// Whether the customer has been given money once it is done. Only then can the path end as refunded.
    fn pays(&self) -> bool;

    /// The names that texts can use once it is done.
    fn sets(&self) -> Vec<String>;

    /// How long it can take, from its start to `done` or `error`.
    fn longest_seconds(&self) -> u64 {
        0
    }

    /// What it does, if all that it names is there.
    fn check(&self, report: &mut Report<'_>, place: &Place<'_>)
    -> Option<Box<dyn ConnectorAction>>;
}

/// A connector that passed every check.
pub(crate) trait ConnectorAction: Debug {
    /// The state that calls the function.
    fn task(&self, name: &str) -> Task;

    /// Adds the states that follow for outcomes of its own, and tells which lead there. `exits` are where
    /// `done` and `error` lead.
    fn own_exits(&self, _states: &mut States, _step: &Step, _exits: &[Exit]) -> Vec<Exit> {
        Vec::new()
    }

    /// Who acts, as the diagram names it.
    fn actor(&self) -> &'static str;

    /// What it uses besides its states.
    fn usage(&self) -> Usage;
}
