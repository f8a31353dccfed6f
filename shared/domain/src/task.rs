//! What the generated state machines and the functions say to each other.
//!
//! The generator writes these types into each state's payload, the functions read them: one
//! definition for both sides. A state carries the configuration of its phase and never a
//! customer's data; what the function needs to know of the request it reads from the table.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::brand::BrandOverrides;
use crate::form::Form;
use crate::id::{FieldName, OfferingPath, PhaseName, RequestId, TaskToken, TeamId};
use crate::invitation;
use crate::rule::Rule;

mod ask;
mod close;
mod connector;
mod wording;

pub use ask::{ApprovalConfig, AskConfig, ChoiceConfig, ChoiceOption, Confirm, Escalation};
pub use close::{CloseConfig, ClosingTask, EndStatus, Stop};
pub use connector::{ConnectorConfig, ConnectorTask, RefundConfig, StripeReason};
pub use wording::Wording;

/// The payload of a Task state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task<C> {
    /// The request, which is also the name of the execution.
    pub request_id: RequestId,
    /// The state's name. One phase can have several states: that of a connector, and that of the
    /// mail which tells the team that it failed.
    pub state: String,
    /// When the state was entered. Functions have no clock of their own: this is their time.
    pub entered_at: Timestamp,
    /// The phase of the definition that the state stands for.
    pub phase: PhaseName,
    /// The version of the definition that the execution runs: see [`Offering::version`].
    #[serde(default)]
    pub version: String,
    /// What the definition says about the phase.
    pub config: C,
}

/// One state entry through a state: where in the process, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateEntry<'a> {
    /// The phase.
    pub phase: &'a PhaseName,
    /// The state of the phase.
    pub state: &'a str,
    /// When the state was entered, or when something happened while it was waiting.
    pub at: Timestamp,
}

impl<'a> StateEntry<'a> {
    /// Something that happened at that time while the phase's own state was waiting.
    pub fn during(phase: &'a PhaseName, at: Timestamp) -> Self {
        Self {
            phase,
            state: phase.as_str(),
            at,
        }
    }
}

impl<C> Task<C> {
    /// The same task with a part of its configuration.
    pub fn with<D>(&self, config: D) -> Task<D> {
        Task {
            request_id: self.request_id,
            state: self.state.clone(),
            entered_at: self.entered_at,
            phase: self.phase.clone(),
            version: self.version.clone(),
            config,
        }
    }

    /// The state entry that this task is.
    pub fn state_entry(&self) -> StateEntry<'_> {
        StateEntry {
            phase: &self.phase,
            state: &self.state,
            at: self.entered_at,
        }
    }
}

/// The payload of a Task state that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingTask<C> {
    /// The task.
    #[serde(flatten)]
    pub task: Task<C>,
    /// What lets the execution go on. It never leaves the backend.
    pub task_token: TaskToken,
}

/// What every function answers, and the task's token is answered with: the branch to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// One of [`outcome`], or the name of a branch of a condition.
    pub outcome: String,
}

impl Outcome {
    /// The outcome of that name.
    pub fn new(outcome: impl Into<String>) -> Self {
        Self {
            outcome: outcome.into(),
        }
    }
}

/// The outcomes that functions answer with.
pub mod outcome {
    /// The phase did what it is for.
    pub const DONE: &str = "done";
    /// The outside world refused for good; the reason is recorded with the request.
    pub const ERROR: &str = "error";
    /// Less is left of the charge than was to be given back; it must not be given by other means.
    pub const EXHAUSTED: &str = "exhausted";
    /// The approver said yes.
    pub const APPROVE: &str = "approve";
    /// The approver said no, with a reason.
    pub const REJECT: &str = "reject";
    /// Nobody decided in time.
    pub const EXPIRE: &str = "expire";
    /// It was begun, and is not done yet.
    pub const PENDING: &str = "pending";
    /// No condition held.
    pub const OTHERWISE: &str = "otherwise";
    /// A person has looked, and the execution goes on from where it stopped.
    pub const RESUME: &str = "resume";
}

/// Names that phases set for the conditions and texts of later phases.
pub mod variable {
    /// Why the request was rejected. Set by the way out of an approval that is not `approve`.
    pub const REJECTION_REASON: &str = "rejectionReason";
    /// Why nothing was given back, in Stripe's words or ours, for the team. Set by the `error` and `exhausted` ways
    /// out of a connector.
    pub const STRIPE_ERROR: &str = "stripeError";
    /// The request's id. Always set.
    pub const REQUEST_ID: &str = "requestId";
    /// The customer's status page, an absolute URL. Always set.
    pub const STATUS_URL: &str = "statusUrl";
    /// What the request is about, such as `$30.00 for ch_1`. For the generated mail about a request that stopped.
    pub const SUMMARY: &str = "requestSummary";
    /// Why it stopped, in plain words. For the same mail.
    pub const STOP_CAUSE: &str = "stopCause";
    /// The name of the error, for whoever looks after the executions. For the same mail.
    pub const STOP_ERROR: &str = "stopError";
    /// The request's short reference. Always set.
    pub const REQUEST_REFERENCE: &str = "requestReference";
    /// The form with what of the answers may stand in a link, an absolute URL. Always set.
    pub const FORM_URL: &str = "formUrl";
    /// How long a request usually takes, by the definition; else empty. Always set.
    pub const USUALLY_TAKES: &str = "usuallyTakes";
    /// The amount that the form asked for, while the amount's own name is what is to be paid. Always set.
    pub const REQUESTED_AMOUNT: &str = "requestedAmount";
    /// The amount that was approved, where that is less than what was asked for; else empty. Always set.
    pub const APPROVED_AMOUNT: &str = "approvedAmount";
    /// Where an invitation leads, an absolute URL. Set in the mail that invites, and nowhere else.
    pub const INVITATION_URL: &str = "invitationUrl";
    /// The code that an invitation needs. Set in the mail that invites, and nowhere else.
    pub const INVITATION_CODE: &str = "invitationCode";
    /// What a refund sets, as members of the connector's output variable.
    pub const REFUND_MEMBERS: [&str; 3] = ["id", "amount", "status"];
}

/// What an offering is: its names and its form. The `Start` state assigns it to a variable of this
/// name, where `submit-request` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offering {
    /// Where it lives.
    pub path: OfferingPath,
    /// The service it belongs to.
    pub service: Titled,
    /// Its own name and description.
    pub offering: Titled,
    /// What customers read in place of the team's names.
    #[serde(default)]
    pub wording: Wording,
    /// The phase in which a new request begins.
    pub first_phase: PhaseName,
    /// What is asked.
    pub form: Form,
    /// Whether only somebody can use it who was invited by a mail of another request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_invitation: bool,
    /// Whether it takes no new requests. Those under way go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// What it says in place of its deployment's brand.
    #[serde(default, skip_serializing_if = "BrandOverrides::is_empty")]
    pub brand: BrandOverrides,
    /// The teams that it asks or tells: without them it cannot go on.
    #[serde(default)]
    pub teams: BTreeSet<TeamId>,
    /// A digest of everything that is generated from the definition: another one for every change.
    #[serde(default)]
    pub version: String,
}

impl Offering {
    /// The offering that a state machine's definition carries.
    pub fn in_machine(definition: &str) -> Result<Self, serde_json::Error> {
        let definition: serde_json::Value = serde_json::from_str(definition)?;
        Self::deserialize(&definition["States"][START_STATE]["Assign"][OFFERING_VARIABLE])
    }

    /// What customers call it.
    pub fn title(&self) -> &str {
        self.wording.title.as_ref().unwrap_or(&self.offering.name)
    }

    /// What is to be sent as JSON Schema, for clients that post JSON: the answers, and for an offering by invitation what
    /// the invitation says.
    pub fn json_schema(&self) -> serde_json::Value {
        let id = format!("/services/{}", self.path);
        let mut schema = self
            .form
            .json_schema(&id, self.title(), &self.offering.description);
        if self.by_invitation {
            invitation::require_credentials(&mut schema);
        }
        schema
    }
}

/// A name and a sentence about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Titled {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// The generated state and variable that carry the [`Offering`].
pub const START_STATE: &str = "Start";
/// See [`START_STATE`].
pub const OFFERING_VARIABLE: &str = "offering";
/// The generated state that mails the customer that their request has arrived, where there is one.
pub const ACKNOWLEDGEMENT_STATE: &str = "Acknowledgement";

/// `decide`: the first branch whose condition holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionConfig {
    /// The branches, in the order in which they are tried.
    pub branches: Vec<Branch>,
}

/// One branch of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The outcome to answer: `branch-1`, `branch-2`, ... in the definition's order.
    pub outcome: String,
    /// The condition as the definition writes it, for the audit log.
    pub text: String,
    /// The condition, checked and lowered.
    pub when: Rule,
}

/// `send-email`: one mail from a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailConfig {
    /// To whom.
    pub to: Recipient,
    /// A template of one line.
    pub subject: String,
    /// A template of paragraphs, separated by empty lines.
    #[serde(with = "lines")]
    pub body: String,
    /// Which offering the mail invites to, which nobody can use without: the texts then have
    /// [`variable::INVITATION_URL`] and [`variable::INVITATION_CODE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invites: Option<OfferingPath>,
}

/// Who gets a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Recipient {
    /// The address in a field of the form.
    Field(FieldName),
    /// Everyone of a team.
    Team(TeamId),
}

/// A text of several lines as the list of its lines: a state machine reads and compares better that
/// way, and the validators of Amazon States Language refuse a text with a line break in it, and an
/// empty one. So an empty line is written as a space; white space at the end of a line is not kept.
mod lines {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(text.lines().map(|line| match line.trim_end() {
            "" => " ",
            line => line,
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<String, D::Error> {
        let lines = Vec::<String>::deserialize(deserializer)?;
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        Ok(lines.join("\n"))
    }
}
