//! A definition that passed every check: what the outputs are generated from.

use domain::id::{PhaseName, TeamId};
use domain::task::{
    ApprovalConfig, ChoiceConfig, ConditionConfig, ConnectorConfig, EmailConfig, EndStatus,
    LookUpConfig, Offering,
};

/// The generated state that a request gets into when something broke.
pub(crate) const NEEDS_ATTENTION: &str = "Needs Attention";
/// The generated state that then mails the team.
pub(crate) const NEEDS_ATTENTION_EMAIL: &str = "Needs Attention Email";
/// The generated state that then fails the execution, until it is redriven.
pub(crate) const STOPPED: &str = "Stopped";
/// The generated state that leads a redriven execution back to the state that had failed.
pub(crate) const RESUME: &str = "Resume";
/// What is added to the name of a phase for the state that branches on its outcome.
pub(crate) const OUTCOME_SUFFIX: &str = " Outcome";
/// What is added to the name of a connector for the state that tells a team of its error.
pub(crate) const ERROR_EMAIL_SUFFIX: &str = " Error Email";
/// What is added to the name of a connector for the state that waits for a refund to be paid.
pub(crate) const PENDING_SUFFIX: &str = " Pending";
/// What is added to the name of a connector for the state that tells the customer of it.
pub(crate) const PENDING_EMAIL_SUFFIX: &str = " Pending Email";
/// What is added to the name of an approval for the state that looks the charge up before.
pub(crate) const LOOKUP_SUFFIX: &str = " Lookup";

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
        /// What is looked up before.
        look_up: Option<LookUpConfig>,
    },
    Choice(ChoiceConfig),
    Condition(ConditionConfig),
    Connector(Connector),
    Email(EmailConfig),
    Wait {
        seconds: u32,
    },
    End(EndStatus),
}

/// What a connector does with Stripe.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) config: ConnectorConfig,
    /// To a team, when Stripe refuses.
    pub(crate) on_error: EmailConfig,
    /// To the customer, when Stripe takes a refund and does not pay it yet.
    pub(crate) while_pending: Option<EmailConfig>,
}

impl Connector {
    /// Whether there can be a time between taken and done.
    pub(crate) fn may_be_pending(&self) -> bool {
        matches!(self.config, ConnectorConfig::CreateRefund(_))
    }
}

/// A way out of a phase.
#[derive(Debug, Clone)]
pub(crate) struct Exit {
    /// What the phase's function answers.
    pub(crate) outcome: String,
    /// What the definition calls it; nothing when it is the only one.
    pub(crate) label: Option<String>,
    pub(crate) to: PhaseName,
    /// The state that this phase begins with.
    pub(crate) state: String,
}
