//! Who is responsible for what.

use domain::id::{TeamId, slug};

use crate::definition::{Definition, Phase};
use crate::diagnostic::{Report, suggestion};
use crate::process::{NEEDS_ATTENTION, Team};
use crate::source::At;

/// The teams by what they are responsible for; `None` for one whose name was refused.
pub(crate) struct Teams(Vec<(String, Option<Team>)>);

impl Teams {
    /// Reads the responsibilities and reports those that concern nothing that has a team.
    pub(crate) fn of(report: &mut Report<'_>, definition: &Definition) -> Self {
        let mut teams = Vec::new();
        for (what, who) in &definition.responsibilities {
            check_subject(report, definition, what);
            teams.push((what.value.clone(), team(report, who)));
        }
        let mut given = definition.responsibilities.iter();
        if !given.any(|(what, _)| what.value == NEEDS_ATTENTION) {
            report.refuse(
                definition.responsibilities_at,
                "nobody is told when a request gets stuck",
                format!("Add a line `{NEEDS_ATTENTION}: ` with the team that looks after it."),
            );
        }
        Self(teams)
    }

    /// Who is asked in an approval.
    pub(crate) fn responsible(&self, report: &mut Report<'_>, phase: &Phase) -> Option<Team> {
        let name = phase.name.value.as_str();
        let team = self.find(name);
        if !self.0.iter().any(|(what, _)| what == name) {
            report.refuse(
                phase.name.span,
                format!("nobody is responsible for the approval `{name}`"),
                format!("Add a line `{name}: ` with a team to the responsibilities."),
            );
        }
        team
    }

    /// Who is told when a request gets stuck.
    pub(crate) fn attention(&self) -> Option<Team> {
        self.find(NEEDS_ATTENTION)
    }

    /// The team that is responsible for something, if that was said.
    pub(crate) fn find(&self, what: &str) -> Option<Team> {
        let mut teams = self.0.iter();
        teams.find(|(known, _)| known == what)?.1.clone()
    }

    /// The team of that name, if it is responsible for anything.
    pub(crate) fn named(&self, name: &str) -> Option<&TeamId> {
        let mut teams = self.all();
        teams.find(|team| team.name == name).map(|team| &team.id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Team> {
        self.0.iter().filter_map(|(_, team)| team.as_ref())
    }
}

fn check_subject(report: &mut Report<'_>, definition: &Definition, what: &At<String>) {
    let name = what.value.as_str();
    if name == NEEDS_ATTENTION {
        return;
    }
    let has_team = |phase: &&Phase| phase.facts.as_ref().is_some_and(|facts| facts.has_team);
    let Some(at) = definition.index(name) else {
        let approvals = definition.phases.iter().filter(has_team);
        let names = approvals.map(|phase| phase.name.value.as_str());
        report.refuse(
            what.span,
            format!("there is no phase `{name}`"),
            suggestion(name, names.chain([NEEDS_ATTENTION])),
        );
        return;
    };
    let phase = &definition.phases[at];
    if phase.facts.is_some() && !has_team(&phase) {
        report.refuse(
            what.span,
            format!("`{name}` is no approval: no team has to do anything in it"),
            "Remove the line. Only approvals have a team.",
        );
    }
}

/// The id of a team with that name.
pub(crate) fn id(name: &str) -> Option<TeamId> {
    slug(name)?.parse().ok()
}

pub(crate) fn team(report: &mut Report<'_>, who: &At<String>) -> Option<Team> {
    let name = who.value.clone();
    let id = report.expect(
        id(&name),
        who.span,
        format!("`{name}` cannot be the name of a team"),
        "Use at most 60 letters, digits and spaces.",
    )?;
    Some(Team { id, name })
}
