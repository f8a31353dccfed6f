//! A definition that passed every check: what the outputs are generated from.

use domain::id::{PhaseName, TeamId};
use domain::task::Offering;
use serde_json::{Map, Value};

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
/// What is added to the name of a connector for the state that tells the customer of it.
pub(crate) const ERROR_NOTICE_SUFFIX: &str = " Error Notice";
/// What is added to the name of a connector for the state that tells a team that too little is left of the charge, where
/// the request goes another way then than after an error.
pub(crate) const EXHAUSTED_EMAIL_SUFFIX: &str = " Exhausted Email";
/// What is added to the name of a connector for the state that tells the customer of it.
pub(crate) const EXHAUSTED_NOTICE_SUFFIX: &str = " Exhausted Notice";
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

/// A phase that passed every check.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: PhaseName,
    pub(crate) action: Action,
    pub(crate) exits: Vec<Exit>,
}

/// The states of a state machine by their names.
pub(crate) type States = Map<String, Value>;

/// What a phase does.
#[derive(Debug)]
pub(crate) struct Action {
    /// Its states. The first is called like the phase, or what its facts name as its entrance.
    pub(crate) states: States,
    pub(crate) shape: (&'static str, String, &'static str),
    /// What it uses besides its states: mails, pages that are looked at, secrets that are read.
    pub(crate) usage: Usage,
}

impl Action {
    pub(crate) fn new(states: States, (open, who, close): Shape<'_>) -> Self {
        Self {
            states,
            shape: (open, who.to_owned(), close),
            usage: Usage::default(),
        }
    }

    /// What consists of one state.
    pub(crate) fn of(name: &str, state: Value, shape: Shape<'_>) -> Self {
        Self::new(States::from_iter([(name.to_owned(), state)]), shape)
    }
}

/// What a request uses on AWS besides its states, as far as it is charged for, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Requests of people and of Stripe; each is an invocation too.
    pub(crate) api_requests: u64,
    /// Mails.
    pub(crate) mails: u64,
    /// Readings of a secret.
    pub(crate) secret_calls: u64,
}

/// How the diagram shows a phase: what Mermaid puts before and after the name, and between them who or
/// what acts, which may be empty.
pub(crate) type Shape<'s> = (&'static str, &'s str, &'static str);

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

/// What a condition's function answers for the branch at that place.
pub(crate) fn branch_outcome(index: usize) -> String {
    format!("branch-{}", index + 1)
}
