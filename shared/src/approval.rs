//! A question to a team, the links that its members get, and who may answer.
//!
//! Everything a link needs is derived from a random nonce and the deployment's link key, so a
//! reminder can carry the same link and code while the table holds neither: it stores a hash to find
//! the link by, and the nonce, which says nothing without the key.
//!
//! - `people` keeps who is asked, `deciding` what their answers amount to.
//! - [`door`] says who may decide: [`authorize_decision`] is the only way to a decision.
//! - [`link`] counts wrong codes; a locked link is followed by a fresh one of the next generation.
//! - [`shown`] binds a decision to what was decided on.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{PhaseName, RequestId, TaskToken, TeamId};
use crate::table::{Entity, Key};
use crate::task::{ApprovalConfig, Confirm, WaitingTask};

mod deciding;
pub mod door;
mod key;
pub mod link;
mod people;
pub mod shown;

pub use deciding::Recorded;
pub use door::{
    Authorized, Barred, Decision, Door, Entered, REASON_CHARS, Refusal, Verdict,
    authorize_decision, is_same_person,
};
pub use key::{LinkKey, hex, link_hash};
pub use link::{Link, WRONG_CODES};
pub use people::{Approver, Impasse};
pub use shown::digest_of;

/// How long after its end a link still tells who decided.
const LINK_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A question to a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// About which request.
    pub request_id: RequestId,
    /// In which phase.
    pub phase: PhaseName,
    /// 1, and one more each time that the process comes back to the phase.
    pub round: u32,
    /// The team's name.
    pub responsible: String,
    /// The teams that are asked, now or later: the case can be handed to any of their members.
    #[serde(default)]
    pub teams: Vec<TeamId>,
    /// What is asked.
    pub question: String,
    /// The version of the definition that asks.
    #[serde(default)]
    pub definition: String,
    /// What a decision needs besides the link.
    #[serde(default)]
    pub confirm: Confirm,
    /// How many different people have to say yes.
    #[serde(default = "one")]
    pub approvals: u32,
    /// Who decided one of these phases cannot decide this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub separate_from: Vec<PhaseName>,
    /// Random; see [`LinkKey`].
    nonce: String,
    /// When the team was first asked.
    pub asked_at: Timestamp,
    /// When another team was asked too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Timestamp>,
    /// Whether nobody who is asked may decide, and who knows that.
    #[serde(default)]
    pub impasse: Impasse,
    /// Whether a mail came back since the waiting state was last entered: it is entered again at once, to
    /// see who else is to be asked, and not to remind anybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub woken: bool,
    /// When nobody is waited for any longer.
    pub decide_until: Timestamp,
    /// When the waiting state was last entered.
    pub entered_at: Timestamp,
    /// The token that the execution waits with now.
    pub task_token: TaskToken,
    /// Who is asked.
    pub approvers: Vec<Approver>,
    /// Who has said yes, while more people have to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    given: Vec<Decision>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

fn one() -> u32 {
    1
}

impl Approval {
    /// A new question, asked when the waiting state was entered.
    pub fn ask(waiting: &WaitingTask<ApprovalConfig>, round: u32, team: &[String]) -> Self {
        let task = &waiting.task;
        let others = task
            .config
            .escalate
            .iter()
            .map(|escalation| &escalation.team);
        let teams = [&task.config.team].into_iter().chain(others);
        let patience = SignedDuration::from_secs(i64::from(task.config.expire_seconds));
        let mut approval = Self {
            request_id: task.request_id,
            phase: task.phase.clone(),
            round,
            responsible: task.config.responsible.clone(),
            teams: teams.cloned().collect(),
            question: task.config.question.clone(),
            definition: task.version.clone(),
            confirm: task.config.confirm,
            approvals: task.config.approvals,
            separate_from: task.config.separate_from.clone(),
            nonce: uuid::Uuid::new_v4().simple().to_string(),
            asked_at: task.entered_at,
            escalated_at: None,
            impasse: Impasse::None,
            woken: false,
            decide_until: task
                .entered_at
                .saturating_add(patience)
                .unwrap_or(Timestamp::MAX),
            entered_at: task.entered_at,
            task_token: waiting.task_token.clone(),
            approvers: Vec::new(),
            given: Vec::new(),
            decision: None,
        };
        approval.enlist(team);
        approval
    }

    /// Where the approval of a phase is stored.
    pub fn key_of(request_id: RequestId, phase: &PhaseName) -> Key {
        Key {
            pk: format!("REQUEST#{request_id}"),
            sk: format!("APPROVAL#{phase}"),
        }
    }

    /// The links of all approvers, to be stored together with the approval.
    pub fn links(&self, key: &LinkKey) -> Vec<Link> {
        let emails = self.approvers.iter();
        emails
            .map(|approver| self.link(key, &approver.email))
            .collect()
    }

    /// The link of an approver that is in use.
    pub fn link(&self, key: &LinkKey, email: &str) -> Link {
        let until = self.decide_until.saturating_add(LINK_KEPT);
        Link::new(
            &self.secrets(key, email).0,
            self.request_id,
            &self.phase,
            self.round,
            email,
            self.generation(email),
            until.unwrap_or(Timestamp::MAX),
        )
    }

    /// The link id and the code that go into an approver's mail.
    pub fn secrets(&self, key: &LinkKey, email: &str) -> (String, String) {
        let generation = self.generation(email);
        (
            key.link_id(&self.nonce, email, generation),
            key.code(&self.nonce, email, generation),
        )
    }

    /// The answer, once there is one.
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

#[cfg(any(test, feature = "fakes"))]
pub mod fixture;
#[cfg(test)]
mod tests;
