//! Who is on which team: as a deployment says, until operators change a team. From then on the table says it.
//!
//! A process names teams and never people. Functions look a team up each time they need it, so a change holds at once:
//! who left decides nothing any more, and who joined is asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::approval::is_same_person;
use crate::failure::Failure;
use crate::form::is_email;
use crate::id::TeamId;
use crate::operator_log::{Change, OperatorAction, OperatorRecord};
use crate::optimistic::update;
use crate::table::{Entity, Key, ReadError, Table, Write, load, load_or, load_values};

/// How many members a team may have. An approval asks its team and the one of its escalation, and the transaction that
/// stores it has a link for each who is asked, besides up to seven other parts. `DynamoDB` takes a hundred.
pub const MOST_MEMBERS: usize = 45;

const PARTITION: &str = "TEAMS";

/// The members of teams.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "BTreeMap<TeamId, Vec<String>>")]
pub struct Teams(BTreeMap<TeamId, Vec<String>>);

impl TryFrom<BTreeMap<TeamId, Vec<String>>> for Teams {
    type Error = String;

    fn try_from(teams: BTreeMap<TeamId, Vec<String>>) -> Result<Self, String> {
        for (team, members) in &teams {
            check_size(team, members)?;
            if let Some(wrong) = members.iter().find(|it| !is_email(it)) {
                return Err(format!("`{wrong}` of {team} is no email address"));
            }
        }
        Ok(Self(teams))
    }
}

fn check_size(team: &TeamId, members: &[String]) -> Result<(), String> {
    match members.len() {
        0 => Err(format!(
            "{team} would have no member, and needs one at least"
        )),
        1..=MOST_MEMBERS => Ok(()),
        many => Err(format!(
            "{team} would have {many} members, and {MOST_MEMBERS} is the most: each gets a link of their own in one \
             transaction. Make two teams of it"
        )),
    }
}

impl Teams {
    /// The teams in a JSON object such as `{"csm-team":["ada@example.com"]}`; `None` if it is not one, or a team has
    /// nobody, too many or something that is no address.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The addresses of a team.
    pub fn members(&self, team: &TeamId) -> Option<&[String]> {
        self.0.get(team).map(Vec::as_slice)
    }

    /// The addresses of a team without which the process cannot go on.
    pub fn known_members(&self, team: &TeamId) -> Result<&[String], Failure> {
        let missing = || Failure::ConfigInvalid(format!("Teams has no {team}"));
        self.members(team).ok_or_else(missing)
    }

    /// Whether somebody is on one of these teams.
    pub fn include(&self, teams: &[TeamId], address: &str) -> bool {
        let mut members = teams.iter().filter_map(|team| self.members(team)).flatten();
        members.any(|member| is_same_person(member, address))
    }

    /// Each team with its members.
    pub fn iter(&self) -> impl Iterator<Item = (&TeamId, &[String])> {
        self.0
            .iter()
            .map(|(team, members)| (team, members.as_slice()))
    }

    /// Some of these deployed teams as they are now.
    pub async fn current<'a>(
        &self,
        table: &impl Table,
        teams: impl IntoIterator<Item = &'a TeamId>,
    ) -> Result<Self, ReadError> {
        let mut current = BTreeMap::new();
        for team in teams {
            let changed = load::<ChangedTeam>(table, &ChangedTeam::key_of(team)).await?;
            let changed = changed.and_then(|it| it.value.members);
            let members = changed.or_else(|| self.0.get(team).cloned());
            current.extend(members.map(|members| (team.clone(), members)));
        }
        Ok(Self(current))
    }

    /// The members of a team to which something is mailed.
    pub async fn mailed(&self, table: &impl Table, team: &TeamId) -> Result<Vec<String>, Failure> {
        let current = self.current(table, [team]).await?;
        Ok(current.known_members(team)?.to_vec())
    }

    /// All teams as they are now, also those that no deployment has named.
    pub async fn all_current(&self, table: &impl Table) -> Result<Self, ReadError> {
        let mut current = self.0.clone();
        for ChangedTeam { team, members } in load_values(table, PARTITION, "").await? {
            current.extend(members.map(|members| (team, members)));
        }
        Ok(Self(current))
    }

    /// Changes one of these deployed teams. The change and its record commit in one transaction; where nothing changes,
    /// nothing is recorded. Answers who is on it now, and who was not or is no longer.
    pub async fn edit(
        &self,
        table: &impl Table,
        team: &TeamId,
        edit: &TeamEdit,
        change: &Change,
    ) -> Result<EditedTeam, Failure> {
        let deployed = self.members(team).unwrap_or_default();
        update(|| async {
            let as_deployed = ChangedTeam {
                team: team.clone(),
                members: None,
            };
            let mut stored = load_or(table, as_deployed).await?;
            let before = stored.value.members.clone();
            let before = before.unwrap_or_else(|| deployed.to_vec());
            let (members, action) = match edit {
                TeamEdit::Add(added) => {
                    (Some(joined(&before, added)), OperatorAction::MembersAdded)
                }
                TeamEdit::Remove(removed) => {
                    let members = left(team, &before, removed).map_err(Failure::ConfigInvalid)?;
                    (Some(members), OperatorAction::MembersRemoved)
                }
                TeamEdit::Reset => (None, OperatorAction::TeamReset),
            };
            let now = members.clone().unwrap_or_else(|| deployed.to_vec());
            check_size(team, &now).map_err(Failure::ConfigInvalid)?;
            let edited = EditedTeam::of(&before, now);
            if edited.is_unchanged() && (members.is_some() || stored.value.members.is_none()) {
                return Ok(edited);
            }
            stored.value.members = members;
            let detail = format!("{team}: {}{}", edited.difference(), change.because);
            let append = OperatorRecord::append(table, change, action, None, detail);
            let [head, record] = append.await?;
            let writes = vec![Write::update(&stored), head, record];
            table.commit(writes).await?;
            Ok(edited)
        })
        .await
    }
}

/// What an edit of a team came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedTeam {
    /// Who is on it now.
    pub members: Vec<String>,
    /// Who was not on it before.
    pub joined: Vec<String>,
    /// Who is on it no longer.
    pub left: Vec<String>,
}

impl EditedTeam {
    fn of(before: &[String], members: Vec<String>) -> Self {
        Self {
            joined: without(&members, before),
            left: without(before, &members),
            members,
        }
    }

    fn is_unchanged(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }

    /// `ada@example.com joined, bob@example.com left: `, for the audit log.
    fn difference(&self) -> String {
        let both = [(&self.joined, "joined"), (&self.left, "left")].into_iter();
        let both = both.filter(|(people, _)| !people.is_empty());
        let both: Vec<_> = both
            .map(|(people, did)| format!("{} {did}", people.join(", ")))
            .collect();
        if both.is_empty() {
            return String::new();
        }
        format!("{}: ", both.join(", "))
    }
}

/// What operators do with a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamEdit {
    /// These join it. A team that is not known yet begins so.
    Add(Vec<String>),
    /// These leave it.
    Remove(Vec<String>),
    /// It is again as the deployment says.
    Reset,
}

fn joined(before: &[String], added: &[String]) -> Vec<String> {
    let mut members = before.to_vec();
    for new in added {
        if !members.iter().any(|member| is_same_person(member, new)) {
            members.push(new.clone());
        }
    }
    members
}

fn left(team: &TeamId, before: &[String], removed: &[String]) -> Result<Vec<String>, String> {
    if let Some(unknown) = without(removed, before).first() {
        return Err(format!("{unknown} is not on {team}; nothing was changed"));
    }
    Ok(without(before, removed))
}

/// Those of `some` who are none of the others.
fn without(some: &[String], others: &[String]) -> Vec<String> {
    let is_other = |it: &String| others.iter().any(|other| is_same_person(it, other));
    some.iter().filter(|it| !is_other(it)).cloned().collect()
}

/// A team that operators have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ChangedTeam {
    team: TeamId,
    /// Who is on it. Absent where it is again as deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    members: Option<Vec<String>>,
}

impl ChangedTeam {
    fn key_of(team: &TeamId) -> Key {
        Key::new(PARTITION, team.to_string())
    }
}

impl Entity for ChangedTeam {
    const KIND: &'static str = "team";

    fn key(&self) -> Key {
        Self::key_of(&self.team)
    }
}
