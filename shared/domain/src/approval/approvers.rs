//! The people who are asked: how they are added, get fresh links, and hand a request over.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Approval, LinkKeys, is_same_person};
use crate::one_time_code::FreshMails;
use crate::team::Teams;

/// Somebody who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approver {
    /// Their address.
    pub email: String,
    /// For which state entry through the waiting state they were last written to.
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
    fresh_mails: FreshMails,
    /// Since when no mail reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<Timestamp>,
    /// To whom they handed the request; their link decides nothing any longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_to: Option<String>,
}

/// Whether nobody who is asked may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadlock {
    /// Enough of them may.
    #[default]
    None,
    /// The team that has to solve it is still to be notified.
    Unnotified,
    /// It was notified.
    Notified,
}

impl Approval {
    /// Asks these people too, who come last and have no links yet; for a team other than the responsible one, by its name.
    pub fn add_approvers(&mut self, people: &[String], team: Option<&str>) {
        for email in people {
            if self.approver(email).is_none() {
                self.approvers.push(Approver {
                    email: email.clone(),
                    notified_for: None,
                    team: team.map(ToOwned::to_owned),
                    generation: 0,
                    mailed_generation: 0,
                    fresh_mails: FreshMails::default(),
                    unreachable: None,
                    handed_to: None,
                });
            }
        }
    }

    /// Gives the decision back to whoever had handed it to somebody who is on none of the teams any more. Returns them:
    /// they have no link that is in use.
    pub fn take_back(&mut self, teams: &Teams) -> Vec<String> {
        let asked = self.asked.teams().to_vec();
        let mut returned = Vec::new();
        for giver in &mut self.approvers {
            let left = giver.handed_to.take_if(|to| !teams.include(&asked, to));
            if left.is_some() {
                giver.generation += 1;
                returned.push(giver.email.clone());
            }
        }
        returned
    }

    /// Somebody who is asked, by address.
    pub fn approver(&self, email: &str) -> Option<&Approver> {
        let mut approvers = self.approvers.iter();
        approvers.find(|approver| is_same_person(&approver.email, email))
    }

    fn approver_mut(&mut self, email: &str) -> Option<&mut Approver> {
        let mut approvers = self.approvers.iter_mut();
        approvers.find(|approver| is_same_person(&approver.email, email))
    }

    pub(super) fn generation(&self, email: &str) -> u32 {
        self.approver(email)
            .map_or(0, |approver| approver.generation)
    }

    /// Whether somebody's decision is still waited for: not if they handed it over or have approved.
    pub fn waits_for(&self, approver: &Approver) -> bool {
        approver.handed_to.is_none() && self.approval_by(&approver.email).is_none()
    }

    /// Notes whether mail reaches an approver. Returns whether they became unreachable by that.
    pub fn set_reachability(&mut self, email: &str, is_suppressed: bool, at: Timestamp) -> bool {
        let Some(approver) = self.approver_mut(email) else {
            return false;
        };
        let became_unreachable = is_suppressed && approver.unreachable.is_none();
        approver.unreachable = is_suppressed.then(|| approver.unreachable.unwrap_or(at));
        became_unreachable
    }

    /// Lets those who were written to before, and have that link, count as written to in this state entry.
    pub fn mark_already_notified(&mut self) {
        let state_entry = self.entered_at;
        for approver in &mut self.approvers {
            if approver.notified_for.is_some() && approver.mailed_generation == approver.generation
            {
                approver.notified_for = Some(state_entry);
            }
        }
    }

    /// Those whom no mail reaches.
    pub fn unreachable(&self) -> impl Iterator<Item = &Approver> {
        let approvers = self.approvers.iter();
        approvers.filter(|approver| approver.unreachable.is_some())
    }

    /// Notes that an approver was written to since the waiting state was entered.
    pub fn note_mail(&mut self, email: &str) {
        let state_entry = self.entered_at;
        if let Some(approver) = self.approver_mut(email) {
            approver.notified_for = Some(state_entry);
            approver.mailed_generation = approver.generation;
        }
    }

    /// Replaces an approver's locked link by a fresh one. Says whether they may be mailed now; otherwise the next
    /// reminder brings it.
    pub fn renew(&mut self, email: &str, at: Timestamp) -> bool {
        let Some(approver) = self.approver_mut(email) else {
            return false;
        };
        approver.generation += 1;
        approver.fresh_mails.count(at)
    }

    /// Where the key that links and codes are derived from was removed, gives everybody a fresh link by the newest.
    /// Returns whether that was so.
    pub fn replace_key(&mut self, keys: &LinkKeys) -> bool {
        let is_void = keys.get(&self.key_id).is_none();
        if is_void {
            keys.newest().id().clone_into(&mut self.key_id);
            for approver in &mut self.approvers {
                approver.generation += 1;
            }
        }
        is_void
    }

    /// Hands the decision from one to another. Returns whether the other needs a link, having none that is in
    /// use.
    pub fn hand_over(&mut self, from: &str, to: &str) -> bool {
        if let Some(giver) = self.approver_mut(from) {
            giver.handed_to = Some(to.to_owned());
        }
        match self.approver_mut(to) {
            None => {
                self.add_approvers(&[to.to_owned()], None);
                true
            }
            // It returns to somebody who had handed it over: their old link stays out of use.
            Some(taker) if taker.handed_to.is_some() => {
                taker.handed_to = None;
                taker.generation += 1;
                true
            }
            Some(_) => false,
        }
    }
}
