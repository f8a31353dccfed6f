//! The teams that definitions may name, as `teams.yaml` lists them. Who is on a team is said elsewhere: for this machine
//! and for each deployment.

use std::path::Path;

use crate::check::teams::team;
use crate::diagnostic::{Diagnostics, Report, suggestion};
use crate::read::section::text_of;
use crate::source::{At, Span};
use crate::yaml::{self, Node};

/// The names of the teams that there are.
pub(crate) struct KnownTeams(Vec<String>);

impl KnownTeams {
    /// Reads the list.
    pub(crate) fn read(path: &Path, source: &str) -> Result<Self, Diagnostics> {
        let mut report = Report::new(source);
        let mut names: Vec<String> = Vec::new();
        match yaml::parse(&mut report).map(|tree| tree.value) {
            Some(Node::List(items)) => {
                for item in &items {
                    let name = text_of(&mut report, "team", item);
                    let team = name.and_then(|name| team(&mut report, &name));
                    names.extend(team.map(|team| team.name));
                }
            }
            Some(_) => report.refuse(
                Span::default(),
                "this is no list of teams",
                "Write one team on each line, such as `- Finance Team`.",
            ),
            None => {}
        }
        match report.finish(&path.display().to_string()) {
            None => Ok(Self(names)),
            Some(problems) => Err(problems),
        }
    }

    /// Reports the teams that are none of these.
    pub(crate) fn check(&self, report: &mut Report<'_>, named: &[At<String>]) {
        for team in named.iter().filter(|team| !self.0.contains(&team.value)) {
            let known = suggestion(&team.value, self.0.iter().map(String::as_str));
            report.refuse(
                team.span,
                format!("there is no team `{}`", team.value),
                format!("{known} A new team is added to teams.yaml first."),
            );
        }
    }
}
