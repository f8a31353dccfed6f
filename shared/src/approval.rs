//! A question to a team, the links that its members get, and who may answer.
//!
//! Everything a link needs is derived from a random nonce and the deployment's link key, so a
//! reminder can carry the same link and code while the table holds neither: it stores a hash to find
//! the link by, and the nonce, which says nothing without the key.
//!
//! - [`door`] says who may decide: [`authorize_decision`] is the only way to a decision.
//! - [`link`] counts wrong codes; a locked link is followed by a fresh one of the next generation.
//! - [`shown`] binds a decision to what was decided on.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{PhaseName, RequestId, TaskToken, TeamId};
use crate::request::Request;
use crate::table::{Entity, Key};
use crate::task::{ApprovalConfig, Confirm, WaitingTask};

pub mod door;
mod key;
pub mod link;
pub mod shown;

pub use door::{
    Authorized, Barred, Decision, Door, Entered, REASON_CHARS, Refusal, Verdict,
    authorize_decision, is_same_person,
};
pub(crate) use key::same;
pub use key::{LinkKey, hex, link_hash};
pub use link::{Link, WRONG_CODES};
pub use shown::digest_of;

/// How long after its end a link still tells who decided.
const LINK_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many mails with a fresh link an approver gets within [`FRESH_WITHIN`]. Whoever locks links on
/// purpose cannot flood them; after that the next reminder brings the fresh link.
const FRESH_MAILS: usize = 5;
const FRESH_WITHIN: SignedDuration = SignedDuration::from_hours(24);

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

/// Somebody who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approver {
    /// Their address.
    pub email: String,
    /// For which passage through the waiting state they were last written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified_for: Option<Timestamp>,
    /// The team they are asked for, where that is not the responsible one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Which of their links is in use.
    #[serde(default)]
    pub generation: u32,
    /// Which of their links they were mailed last.
    #[serde(default)]
    pub mailed_generation: u32,
    /// When they were mailed a fresh link outside of a reminder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fresh_mails: Vec<Timestamp>,
    /// To whom they gave the case; their link decides nothing any longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_to: Option<String>,
}

impl Approver {
    fn new(email: &str) -> Self {
        Self {
            email: email.to_owned(),
            notified_for: None,
            team: None,
            generation: 0,
            mailed_generation: 0,
            fresh_mails: Vec::new(),
            handed_to: None,
        }
    }
}

/// Whether nobody who is asked may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impasse {
    /// Enough of them may.
    #[default]
    None,
    /// The team that looks after what gets stuck is still to be told.
    Untold,
    /// It was told.
    Told,
}

/// A decision that was recorded, and how many more the approval needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    decision: Decision,
    missing: u32,
}

impl Recorded {
    /// The decision.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// How many more people have to say yes. 0 when it is decided.
    pub fn missing(&self) -> u32 {
        self.missing
    }
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

    /// Asks these people too. Returns those who were not asked yet, for whom there are no links.
    pub fn enlist(&mut self, people: &[String]) -> Vec<String> {
        let mut new = Vec::new();
        for email in people {
            if self.approver(email).is_none() {
                self.approvers.push(Approver::new(email));
                new.push(email.clone());
            }
        }
        new
    }

    /// Asks another team too. Returns those who were not asked yet.
    pub fn escalate(&mut self, team: &str, people: &[String], at: Timestamp) -> Vec<String> {
        self.escalated_at = Some(at);
        let new = self.enlist(people);
        for email in &new {
            if let Some(approver) = self.approver_mut(email) {
                approver.team = Some(team.to_owned());
            }
        }
        new
    }

    /// Somebody who is asked, by address.
    pub fn approver(&self, email: &str) -> Option<&Approver> {
        self.approvers
            .iter()
            .find(|approver| is_same_person(&approver.email, email))
    }

    fn approver_mut(&mut self, email: &str) -> Option<&mut Approver> {
        self.approvers
            .iter_mut()
            .find(|approver| is_same_person(&approver.email, email))
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

    fn generation(&self, email: &str) -> u32 {
        self.approver(email)
            .map_or(0, |approver| approver.generation)
    }

    /// The answer, once there is one.
    pub fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// That person's yes, while more people have to say yes.
    pub fn given_by(&self, email: &str) -> Option<&Decision> {
        self.given.iter().find(|decision| decision.is_by(email))
    }

    /// How many more people have to say yes.
    pub fn missing(&self) -> u32 {
        let given = u32::try_from(self.given.len()).unwrap_or(u32::MAX);
        self.approvals.saturating_sub(given)
    }

    /// Whether that person took part in the decision.
    pub fn was_decided_by(&self, email: &str) -> bool {
        self.given_by(email).is_some() || self.decision().is_some_and(|it| it.is_by(email))
    }

    /// Whether somebody is still asked: not who gave the case away or has said yes.
    pub fn waits_for(&self, approver: &Approver) -> bool {
        approver.handed_to.is_none() && self.given_by(&approver.email).is_none()
    }

    /// Why somebody must not decide this, if that is so.
    pub fn barred(&self, email: &str, request: &Request, earlier: &[Approval]) -> Option<Barred> {
        if request.emails().any(|own| is_same_person(own, email)) {
            return Some(Barred::OwnRequest);
        }
        let separate = |other: &&Approval| self.separate_from.contains(&other.phase);
        let mut before = earlier.iter().filter(separate);
        before
            .find(|other| other.was_decided_by(email))
            .map(|other| Barred::DecidedBefore(other.phase.clone()))
    }

    /// Whether enough of those who are asked may decide.
    pub fn is_decidable(&self, request: &Request, earlier: &[Approval]) -> bool {
        let able = self.approvers.iter().filter(|approver| {
            self.waits_for(approver) && self.barred(&approver.email, request, earlier).is_none()
        });
        u32::try_from(able.count()).unwrap_or(u32::MAX) >= self.missing()
    }

    /// Records what the door has let through.
    pub fn record(&mut self, authorized: Authorized) -> Recorded {
        let Authorized(decision) = authorized;
        let is_yes = decision.outcome() == Verdict::Approve.as_str();
        if is_yes && self.missing() > 1 {
            self.given.push(decision.clone());
        } else {
            self.decision = Some(decision.clone());
        }
        let missing = match self.decision {
            Some(_) => 0,
            None => self.missing(),
        };
        Recorded { decision, missing }
    }

    /// Gives up, when the time is over and nobody decided.
    pub fn expire(&mut self, at: Timestamp, reason: &str) {
        if self.decision.is_none() && at >= self.decide_until {
            self.decision = Some(Decision::expired(at, reason));
        }
    }

    /// Notes that an approver was written to since the waiting state was entered.
    pub fn note_mail(&mut self, email: &str) {
        let passage = self.entered_at;
        if let Some(approver) = self.approver_mut(email) {
            approver.notified_for = Some(passage);
            approver.mailed_generation = approver.generation;
        }
    }

    /// Replaces an approver's locked link by a fresh one. Says whether they may be mailed now.
    pub fn renew(&mut self, email: &str, at: Timestamp) -> bool {
        let Some(approver) = self.approver_mut(email) else {
            return false;
        };
        approver.generation += 1;
        approver
            .fresh_mails
            .retain(|sent| at.duration_since(*sent) < FRESH_WITHIN);
        let may_be_mailed = approver.fresh_mails.len() < FRESH_MAILS;
        if may_be_mailed {
            approver.fresh_mails.push(at);
        }
        may_be_mailed
    }

    /// Hands the case from one to another, who gets a link if they had none that is in use. Says
    /// whether they need one.
    pub fn hand_over(&mut self, from: &str, to: &str) -> bool {
        if let Some(giver) = self.approver_mut(from) {
            giver.handed_to = Some(to.to_owned());
        }
        match self.approver_mut(to) {
            None => {
                self.enlist(&[to.to_owned()]);
                true
            }
            // It comes back to somebody who had given it away: their old link stays without use.
            Some(taker) if taker.handed_to.is_some() => {
                taker.handed_to = None;
                taker.generation += 1;
                true
            }
            Some(_) => false,
        }
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
