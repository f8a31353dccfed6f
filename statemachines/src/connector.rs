//! What a connector consists of: one file in `connectors/` for each.
//!
//! The parts of such a file come in this order: how it is read, how it is checked, its states, its name in
//! the diagram, what it costs. What all have in common is the phase's: see `phases/connector.rs`.

use std::fmt::Debug;

use domain::id::TeamId;
use domain::task::EmailConfig;

use crate::asl::task::Task;
pub(crate) use crate::check::context::{Context, Scope};
pub(crate) use crate::diagnostic::Report;
pub(crate) use crate::process::Usage;
pub(crate) use crate::read::section::Section;
use crate::source::Span;

/// A value that `connector:` can have.
pub(crate) struct ConnectorType {
    /// What the definition calls it.
    pub(crate) name: &'static str,
    /// Reads the keys of its own; `None` when one could not be read, which has been reported.
    pub(crate) read: fn(&mut Report<'_>, &mut Section<'_>) -> Option<Box<dyn Connector>>,
}

/// Where a connector is checked.
pub(crate) struct Place<'p> {
    pub(crate) scope: &'p Scope<'p>,
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
    fn check(&self, report: &mut Report<'_>, place: &Place<'_>) -> Option<Call>;
}

/// What a connector does.
pub(crate) struct Call {
    /// The state that calls its function.
    pub(crate) task: Task,
    /// What follows when it answers that it is pending; nothing for one that never does.
    pub(crate) pending: Option<Pending>,
    /// Who acts, as the diagram names it.
    pub(crate) actor: &'static str,
    /// What it uses besides its states.
    pub(crate) usage: Usage,
}

/// What was begun and is not done yet.
pub(crate) struct Pending {
    /// The state that waits until it is done, which is called like the phase with [`PENDING_SUFFIX`].
    ///
    /// [`PENDING_SUFFIX`]: crate::process::PENDING_SUFFIX
    pub(crate) task: Task,
    /// After how long it is entered again.
    pub(crate) poll_seconds: u32,
    /// A mail to the customer meanwhile.
    pub(crate) mail: Option<EmailConfig>,
}
