//! An approval by a team, or a choice of the customer: who is asked, the links that they get, and who may answer.
//!
//! Everything a link needs is derived from a random nonce and the deployment's link key, so a
//! reminder can carry the same link and code while the table holds neither: it stores a hash to find
//! the link by, and the nonce, which says nothing without the key.
//!
//! - [`Asked`] is what is asked, and of whom, with all that differs between a team and the customer.
//! - `approvers` keeps who is asked, `deciding` what their answers amount to.
//! - [`authorization`] says who may decide: [`authorize_decision`] is the only way to a [`Decision`], which keeps
//!   what was viewed, and what was approved of the amount.
//! - [`link`] is what is stored of a link; a locked one is followed by a fresh one of the next generation.
//! - [`viewed_digest`] binds a decision to what was decided on.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{PhaseName, RequestId, TaskToken};
use crate::one_time_code::Guesses;
use crate::table::{Entity, Key};
use crate::task::{Confirm, WaitingTask};

mod approvers;
mod asked;
pub mod authorization;
mod deciding;
mod decision;
pub mod link;
mod link_keys;
mod person;
mod refusal;
mod submitted;
pub mod viewed_digest;

pub use approvers::{Approver, Deadlock};
pub use asked::{Asked, Choice, OfferedAnswer, TeamReview, Verdict};
pub use authorization::{
    Authenticated, Authorized, DecisionContext, REASON_CHARS, authorize_decision,
};
pub use deciding::{Recorded, TeamAbility};
pub use decision::{Decider, Decision};
pub use link::Link;
pub use link_keys::{LinkKey, LinkKeys, hex, link_hash};
pub use person::{is_same_person, mailbox};
pub use refusal::{Ineligible, Refusal};
pub use submitted::SubmittedDecision;
pub use viewed_digest::digest_of;

/// How long after its end a link still shows who decided.
const LINK_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What somebody has to decide, and how that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The request that it is about.
    pub request_id: RequestId,
    /// The phase that asks.
    pub phase: PhaseName,
    /// 1, and one more each time that the process comes back to the phase.
    pub round: u32,
    /// What is asked, and of whom.
    pub asked: Asked,
    /// The question, as people read it.
    pub question: String,
    /// The version of the definition that asks.
    #[serde(default)]
    pub definition: String,
    /// What a decision needs besides the link.
    #[serde(default)]
    pub confirm: Confirm,
    /// Random; see [`LinkKeys`].
    nonce: String,
    /// The id of the key that links and codes are derived from.
    key_id: String,
    /// When the team was first asked.
    pub asked_at: Timestamp,
    /// When another team was asked too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Timestamp>,
    /// When they were last reminded, or others asked in their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Timestamp>,
    /// Whether nobody who is asked may decide, and who knows that.
    #[serde(default)]
    pub deadlock: Deadlock,
    /// Whether a mail bounced or somebody joined the team since the waiting state was last entered: it is entered again
    /// at once, to ask others, and not to remind anybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks_others: bool,
    /// When nobody is waited for any longer.
    pub decide_until: Timestamp,
    /// When the waiting state was last entered.
    pub entered_at: Timestamp,
    /// The token that the execution waits with now.
    pub task_token: TaskToken,
    /// Who is asked.
    pub approvers: Vec<Approver>,
    /// The approvals so far, while more people have to approve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    partial_approvals: Vec<Decision>,
    /// The decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

impl Approval {
    /// An approval with nobody to ask yet, and without its question.
    fn new<C>(
        waiting: &WaitingTask<C>,
        round: u32,
        expire_seconds: u32,
        asked: Asked,
        keys: &LinkKeys,
    ) -> Self {
        let task = &waiting.task;
        let patience = SignedDuration::from_secs(i64::from(expire_seconds));
        let decide_until = task.entered_at.saturating_add(patience);
        Self {
            request_id: task.request_id,
            phase: task.phase.clone(),
            round,
            asked,
            question: String::new(),
            definition: task.version.clone(),
            confirm: Confirm::Code,
            nonce: uuid::Uuid::new_v4().simple().to_string(),
            key_id: keys.newest().id().to_owned(),
            asked_at: task.entered_at,
            escalated_at: None,
            reminded_at: None,
            deadlock: Deadlock::None,
            asks_others: false,
            decide_until: decide_until.unwrap_or(Timestamp::MAX),
            entered_at: task.entered_at,
            task_token: waiting.task_token.clone(),
            approvers: Vec::new(),
            partial_approvals: Vec::new(),
            decision: None,
        }
    }

    /// The partition of a request's approvals, and what their sort keys begin with.
    pub(crate) fn all_of(request_id: RequestId) -> (String, &'static str) {
        (format!("REQUEST#{request_id}"), "APPROVAL#")
    }

    /// Where the approval of a phase is stored.
    pub fn key_of(request_id: RequestId, phase: &PhaseName) -> Key {
        let (pk, prefix) = Self::all_of(request_id);
        Key::new(pk, format!("{prefix}{phase}"))
    }

    /// The links of all approvers, to be stored together with the approval.
    pub fn links(&self, keys: &LinkKeys) -> Vec<Link> {
        let links = self.approvers.iter().map(|it| self.link(keys, &it.email));
        links.collect()
    }

    /// The link of an approver that is in use.
    pub fn link(&self, keys: &LinkKeys, email: &str) -> Link {
        let until = self.decide_until.saturating_add(LINK_KEPT);
        Link {
            hash: link_hash(&self.secrets(keys, email).0),
            request_id: self.request_id,
            phase: self.phase.clone(),
            round: self.round,
            approver: self.asked.decider(email).approver().map(ToOwned::to_owned),
            generation: self.generation(email),
            guesses: Guesses::default(),
            kept_until: until.unwrap_or(Timestamp::MAX),
        }
    }

    /// The address of whoever a link is for; empty where nobody is asked by it.
    pub fn holder<'a>(&'a self, link: &'a Link) -> &'a str {
        let customer = || self.approvers.first().map(|it| it.email.as_str());
        let address = link.approver.as_deref().or_else(customer);
        address.unwrap_or_default()
    }

    /// The link id and the code that go into an approver's mail.
    pub fn secrets(&self, keys: &LinkKeys, email: &str) -> (String, String) {
        let (key, generation) = (keys.of(&self.key_id), self.generation(email));
        let id = key.link_id(&self.nonce, email, generation);
        (id, key.code(&self.nonce, email, generation))
    }

    /// The id of the key that links and codes are derived from.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The decision, once there is one.
    pub fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }
}

impl Entity for Approval {
    const KIND: &'static str = "approval";

    fn key(&self) -> Key {
        Self::key_of(self.request_id, &self.phase)
    }
}
