//! How the parts of a definition fit together, and the checked [`Process`] that they make.

mod approval;
mod choice;
mod invitation;
mod mails;
mod refund;
mod teams;
mod waits;

use domain::id::PhaseName;
use domain::task::{Branch, ConditionConfig, EndStatus, Offering, outcome};

use crate::condition::{self, Known};
use crate::definition::{Approval, Definition, Kind, NEXT, Phase, Way};
use crate::diagnostic::Report;
use crate::graph::Graph;
use crate::names::{Names, Place};
use crate::process::{Action, Exit, LOOKUP_SUFFIX, Process, Step};
use teams::Teams;

/// What the checks look at.
struct Context<'d> {
    definition: &'d Definition,
    graph: Graph<'d>,
    names: Names,
    teams: Teams,
}

/// Checks a definition. `None` when there was any problem with it, here or before.
pub(crate) fn check(report: &mut Report<'_>, definition: &Definition) -> Option<Process> {
    let context = Context {
        definition,
        graph: Graph::build(report, definition),
        names: Names::of(definition),
        teams: Teams::of(report, definition),
    };
    check_start(report, definition);
    waits::check(report, definition, &context.graph);
    invitation::check_form(report, definition);
    let steps: Vec<Option<Step>> = definition
        .phases
        .iter()
        .enumerate()
        .map(|(index, phase)| context.step(report, index, phase))
        .collect();
    if report.count() > 0 {
        return None;
    }
    let steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
    let start = steps
        .iter()
        .find(|step| matches!(step.action, Action::Start))?;
    Some(Process {
        offering: Offering {
            path: definition.path.clone(),
            service: definition.service.clone(),
            offering: definition.offering.clone(),
            first_phase: start.exits.first()?.to.clone(),
            form: definition.fields.form(),
            by_invitation: definition.by_invitation,
            // Comes from what is generated, and is put in then.
            version: String::new(),
        },
        attention: context.teams.attention()?,
        steps,
    })
}

fn check_start(report: &mut Report<'_>, definition: &Definition) {
    if definition.start().is_none() {
        report.refuse(
            definition.phases_at,
            "there is no phase that a request starts in",
            "Add a phase `Start:` with `type: start`.",
        );
    }
}

impl Context<'_> {
    fn step(&self, report: &mut Report<'_>, index: usize, phase: &Phase) -> Option<Step> {
        let action = match &phase.kind {
            Kind::Start => Action::Start,
            Kind::Approval(approval) => Action::Approval {
                config: self.approval(report, phase, approval)?,
                look_up: match &approval.look_up {
                    Some(look_up) => Some(self.look_up(report, look_up)?),
                    None => None,
                },
            },
            Kind::Choice(choice) => Action::Choice(self.choice(report, index, choice)?),
            Kind::Condition => self.condition(report, index, phase)?,
            Kind::Connector(connector) => {
                Action::Connector(self.connector(report, index, connector)?)
            }
            Kind::Email(mail) => {
                let place = Place {
                    phase: index,
                    way: None,
                };
                Action::Email(self.mail(report, mail, place)?)
            }
            Kind::Wait(seconds) => Action::Wait {
                seconds: seconds.value,
            },
            Kind::End(status) => {
                self.check_paid(report, index, *status);
                Action::End(*status)
            }
            Kind::Invalid => return None,
        };
        Some(Step {
            name: phase.name.value.parse().ok()?,
            exits: self.exits(phase)?,
            action,
        })
    }

    fn condition(&self, report: &mut Report<'_>, index: usize, phase: &Phase) -> Option<Action> {
        let known = Known {
            fields: &self.definition.fields,
            not_looked_up: self.path_without_a_look_up(index),
        };
        let conditions: Vec<&Way> = self
            .ways(phase)
            .filter(|way| way.name.value != outcome::OTHERWISE && way.name.value != NEXT)
            .collect();
        let branches: Vec<Option<Branch>> = conditions
            .iter()
            .enumerate()
            .map(|(index, way)| {
                Some(Branch {
                    outcome: branch_outcome(index),
                    text: way.name.value.clone(),
                    when: condition::lower(report, &known, &way.name)?,
                })
            })
            .collect();
        Some(Action::Condition(ConditionConfig {
            branches: branches.into_iter().collect::<Option<_>>()?,
        }))
    }

    /// A path to a phase on which nothing is looked up.
    fn path_without_a_look_up(&self, index: usize) -> Option<String> {
        let looks_up = |phase: usize| {
            let kind = &self.definition.phases[phase].kind;
            let approval = matches!(kind, Kind::Approval(a) if a.look_up.is_some());
            approval || matches!(kind, Kind::Invalid)
        };
        let path = self.graph.path(index, |edge| looks_up(edge.from))?;
        let start = path.first().map_or(index, |edge| edge.from);
        Some(self.graph.describe(start, &path))
    }

    fn ways(&self, phase: &Phase) -> impl Iterator<Item = &Way> {
        let connections = self.definition.connections.iter();
        connections
            .filter(|connection| connection.from.value == phase.name.value)
            .flat_map(|connection| &connection.ways)
    }

    /// The ways out with what the phase's function answers for them.
    fn exits(&self, phase: &Phase) -> Option<Vec<Exit>> {
        let mut branches = 0..;
        self.ways(phase)
            .map(|way| {
                let name = way.name.value.clone();
                let named = !matches!(phase.kind, Kind::Condition) || name == outcome::OTHERWISE;
                let outcome = if named {
                    name.clone()
                } else {
                    branch_outcome(branches.next()?)
                };
                Some(Exit {
                    outcome,
                    label: (name != NEXT).then_some(name),
                    to: way.to.value.parse::<PhaseName>().ok()?,
                    state: self.entrance(&way.to.value),
                })
            })
            .collect()
    }

    /// The state that a phase begins with: where something is looked up before, that.
    fn entrance(&self, phase: &str) -> String {
        let definition = self.definition;
        let kind = definition
            .index(phase)
            .map(|at| &definition.phases[at].kind);
        match kind {
            Some(Kind::Approval(Approval {
                look_up: Some(_), ..
            })) => format!("{phase}{LOOKUP_SUFFIX}"),
            Some(_) | None => phase.to_owned(),
        }
    }

    /// A customer is told "refunded" only when a refund was paid.
    fn check_paid(&self, report: &mut Report<'_>, index: usize, status: EndStatus) {
        let phases = &self.definition.phases;
        let pays = |phase: usize| matches!(phases[phase].kind, Kind::Connector(_) | Kind::Invalid);
        let unpaid = self
            .graph
            .path(index, |edge| pays(edge.from) && edge.way != outcome::ERROR);
        if let (EndStatus::Refunded, Some(path)) = (status, unpaid) {
            let start = path.first().map_or(index, |edge| edge.from);
            report.refuse(
                phases[index].name.span,
                format!(
                    "nothing is paid on the path {}, and it ends as refunded",
                    self.graph.describe(start, &path)
                ),
                "Lead this path through a refund, or to an end with `status: denied`.",
            );
        }
    }
}

fn branch_outcome(index: usize) -> String {
    format!("branch-{}", index + 1)
}
