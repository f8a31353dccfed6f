//! A definition that passed every check: what the outputs are generated from.

use shared::id::{PhaseName, TeamId};
use shared::task::{
    ApprovalConfig, ConditionConfig, EmailConfig, EndStatus, Offering, RefundConfig,
};

/// The generated state that a request gets into when something broke.
pub(crate) const NEEDS_ATTENTION: &str = "Needs Attention";
/// The generated state that then mails the team.
pub(crate) const NEEDS_ATTENTION_EMAIL: &str = "Needs Attention Email";
/// The generated state that then fails the execution.
pub(crate) const STOPPED: &str = "Stopped";
/// What is added to the name of a phase for the state that branches on its outcome.
pub(crate) const OUTCOME_SUFFIX: &str = " Outcome";
/// What is added to the name of a connector for the state that tells a team of its error.
pub(crate) const ERROR_EMAIL_SUFFIX: &str = " Error Email";

/// A checked process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) offering: Offering,
    /// In the definition's order; the first is not necessarily the start.
    pub(crate) steps: Vec<Step>,
    /// Who is told when a request gets stuck.
    pub(crate) attention: Team,
}

/// A team, as the definition and as the configuration call it.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) name: String,
}

/// A phase.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: PhaseName,
    pub(crate) action: Action,
    pub(crate) exits: Vec<Exit>,
}

/// What a phase does.
#[derive(Debug)]
pub(crate) enum Action {
    Start,
    Approval {
        config: ApprovalConfig,
        remind_seconds: u32,
    },
    Condition(ConditionConfig),
    Refund {
        config: RefundConfig,
        on_error: EmailConfig,
    },
    Email(EmailConfig),
    End(EndStatus),
}

/// A way out of a phase.
#[derive(Debug)]
pub(crate) struct Exit {
    /// What the phase's function answers.
    pub(crate) outcome: String,
    /// What the definition calls it; nothing when it is the only one.
    pub(crate) label: Option<String>,
    pub(crate) to: PhaseName,
}
