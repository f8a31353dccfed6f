//! Who is responsible for what.

use domain::id::{TeamId, slug};

use crate::definition::{Definition, Kind, Phase};
use crate::diagnostic::{Report, suggestion};
use crate::process::{NEEDS_ATTENTION, Team};
use crate::source::At;

/// The teams by what they are responsible for; `None` for one whose name was refused.
pub(super) struct Teams(Vec<(String, Option<Team>)>);

impl Teams {
    /// Reads the responsibilities and reports those that concern nothing that has a team.
    pub(super) fn of(report: &mut Report<'_>, definition: &Definition) -> Self {
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
    pub(super) fn responsible(&self, report: &mut Report<'_>, phase: &Phase) -> Option<Team> {
        let team = self.find(&phase.name.value);
        if !self.0.iter().any(|(what, _)| *what == phase.name.value) {
            report.refuse(
                phase.name.span,
                format!(
                    "nobody is responsible for the approval `{}`",
                    phase.name.value
                ),
                format!(
                    "Add a line `{}: ` with a team to the responsibilities.",
                    phase.name.value
                ),
            );
        }
        team
    }

    /// Who is asked in an approval, if that was said.
    pub(super) fn responsible_of(&self, phase: &Phase) -> Option<&TeamId> {
        let mut teams = self.0.iter();
        let (_, team) = teams.find(|(what, _)| *what == phase.name.value)?;
        team.as_ref().map(|team| &team.id)
    }

    /// Who is told when a request gets stuck.
    pub(super) fn attention(&self) -> Option<Team> {
        self.find(NEEDS_ATTENTION)
    }

    fn find(&self, what: &str) -> Option<Team> {
        let mut teams = self.0.iter();
        teams.find(|(known, _)| known == what)?.1.clone()
    }

    /// The team of that name, if it is responsible for anything.
    pub(super) fn named(&self, name: &str) -> Option<&TeamId> {
        let mut teams = self.all();
        teams.find(|team| team.name == name).map(|team| &team.id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Team> {
        self.0.iter().filter_map(|(_, team)| team.as_ref())
    }
}

fn check_subject(report: &mut Report<'_>, definition: &Definition, what: &At<String>) {
    let name = what.value.as_str();
    if name == NEEDS_ATTENTION {
        return;
    }
    let phase = definition.phases.iter().find(|p| p.name.value == name);
    match phase.map(|phase| &phase.kind) {
        Some(Kind::Approval(_) | Kind::Invalid) => {}
        Some(
            Kind::Start
            | Kind::Choice(_)
            | Kind::Condition
            | Kind::Connector(_)
            | Kind::Email(_)
            | Kind::Wait(_)
            | Kind::End(_),
        ) => {
            report.refuse(
                what.span,
                format!("`{name}` is no approval: no team has to do anything in it"),
                "Remove the line. Only approvals have a team.",
            );
        }
        None => {
            let approvals = definition
                .phases
                .iter()
                .filter(|phase| matches!(phase.kind, Kind::Approval(_)))
                .map(|phase| phase.name.value.as_str());
            report.refuse(
                what.span,
                format!("there is no phase `{name}`"),
                suggestion(name, approvals.chain([NEEDS_ATTENTION])),
            );
        }
    }
}

pub(super) fn team(report: &mut Report<'_>, who: &At<String>) -> Option<Team> {
    let id = slug(&who.value).and_then(|slug| slug.parse().ok());
    if id.is_none() {
        report.refuse(
            who.span,
            format!("`{}` cannot be the name of a team", who.value),
            "Use at most 60 letters, digits and spaces.",
        );
    }
    id.map(|id| Team {
        id,
        name: who.value.clone(),
    })
}
