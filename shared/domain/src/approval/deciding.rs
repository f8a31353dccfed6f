//! How decisions count: who may decide, how many have to, and how it ends.

use jiff::Timestamp;

use super::viewed_digest::digest_at;
use super::{Approval, Authorized, Decision, Ineligible, Verdict};
use crate::request::Request;
use crate::team::Teams;

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

    /// How many more people have to approve. 0 when it is decided.
    pub fn missing(&self) -> u32 {
        self.missing
    }
}

/// What the team that is responsible can do of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeamAbility {
    /// Enough of it may decide and get mail.
    Decides,
    /// Fewer do than have to approve.
    TooFew,
    /// Some may decide, and none of them gets mail.
    Unreached,
    /// None of it may decide.
    Ineligible,
}

impl Approval {
    /// That person's approval, while more people have to approve.
    pub fn approval_by(&self, email: &str) -> Option<&Decision> {
        let mut approvals = self.partial_approvals.iter();
        approvals.find(|decision| decision.is_by(email))
    }

    /// Everything that was decided here, oldest first.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.partial_approvals.iter().chain(&self.decision)
    }

    /// Whether everyone who decided here was shown this request as it is now, but for the amount, which was then what
    /// it was. The decision itself has this digest.
    pub(crate) fn binds(&self, request: &Request, version: &str, noted: &str) -> bool {
        let viewed = |decision: &Decision| {
            let amount = decision.viewed_amount().or(request.requested_amount());
            decision.shown() == Some(digest_at(request, version, amount).as_str())
        };
        let decision = self.decision().and_then(Decision::shown);
        decision == Some(noted) && self.decisions().all(viewed)
    }

    /// How many more people have to approve.
    pub fn missing(&self) -> u32 {
        let given = u32::try_from(self.partial_approvals.len()).unwrap_or(u32::MAX);
        self.asked.approvals().saturating_sub(given)
    }

    /// Whether that person took part in the decision.
    pub fn was_decided_by(&self, email: &str) -> bool {
        self.approval_by(email).is_some() || self.decision().is_some_and(|it| it.is_by(email))
    }

    /// Why somebody must not decide this, if that is so.
    pub fn ineligible(
        &self,
        email: &str,
        request: &Request,
        earlier: &[Approval],
    ) -> Option<Ineligible> {
        // The customer, who must not approve, is the only one who may choose: the authorization sees to that.
        let team = self.asked.team()?;
        if request.is_of(email) {
            return Some(Ineligible::OwnRequest);
        }
        let separate = |other: &&Approval| team.separate_from.contains(&other.phase);
        let mut before = earlier.iter().filter(separate);
        before
            .find(|other| other.was_decided_by(email))
            .map(|other| Ineligible::DecidedBefore(other.phase.clone()))
    }

    /// Whether enough of those who are asked may decide, get mail and are still on one of the teams.
    pub fn is_decidable(&self, request: &Request, earlier: &[Approval], teams: &Teams) -> bool {
        let asked = self.asked.team();
        let is_member = |email| asked.is_none_or(|team| teams.include(&team.teams, email));
        let able = self.approvers.iter().filter(|approver| {
            self.waits_for(approver)
                && approver.unreachable.is_none()
                && is_member(&approver.email)
                && self.ineligible(&approver.email, request, earlier).is_none()
        });
        u32::try_from(able.count()).unwrap_or(u32::MAX) >= self.missing()
    }

    /// What those can do who are asked for the responsible team, and not for another one in addition.
    pub fn team_ability(&self, request: &Request, earlier: &[Approval]) -> TeamAbility {
        let team = self.approvers.iter().filter(|it| it.team.is_none());
        let allowed: Vec<_> = team
            .filter(|it| self.ineligible(&it.email, request, earlier).is_none())
            .collect();
        let reached = allowed.iter().filter(|it| it.unreachable.is_none()).count();
        if allowed.is_empty() {
            TeamAbility::Ineligible
        } else if reached == 0 {
            TeamAbility::Unreached
        } else if u32::try_from(reached).unwrap_or(u32::MAX) < self.asked.approvals() {
            TeamAbility::TooFew
        } else {
            TeamAbility::Decides
        }
    }

    /// Records an authorized decision.
    pub fn record(&mut self, authorized: Authorized) -> Recorded {
        let Authorized(decision) = authorized;
        let is_yes = decision.outcome() == Verdict::Approve.as_str();
        if is_yes && self.missing() > 1 {
            self.partial_approvals.push(decision.clone());
        } else {
            self.decision = Some(decision.clone());
        }
        let missing = match self.decision {
            Some(_) => 0,
            None => self.missing(),
        };
        Recorded { decision, missing }
    }

    /// Expires, if the time is over and nobody decided.
    pub fn expire(&mut self, at: Timestamp, reason: Option<&str>) {
        if self.decision.is_none() && at >= self.decide_until {
            self.decision = Some(Decision::expired(at, reason));
        }
    }
}
