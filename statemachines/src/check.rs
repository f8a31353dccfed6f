//! How the parts of a definition fit together, and the checked [`Process`] that they make.

pub(crate) mod context;
mod invitation;
pub(crate) mod mails;
pub(crate) mod teams;
mod unpaid;
mod waits;

use std::collections::BTreeSet;

use domain::id::{PhaseName, TeamId};
use domain::task::{Offering, START_STATE, Wording, outcome};

use crate::definition::{Definition, Exits, NEXT, Phase};
use crate::diagnostic::Report;
use crate::graph::Graph;
use crate::names::Names;
use crate::phase::PhaseKind;
use crate::process::{Exit, Process, Step, branch_outcome};
use context::{Context, Scope};
use teams::Teams;

/// Checks a definition with the kinds of its phases. `None` when there was any problem with it, here or
/// before.
pub(crate) fn check(
    report: &mut Report<'_>,
    definition: &Definition,
    kinds: &[Option<Box<dyn PhaseKind>>],
) -> Option<Process> {
    let context = Context {
        definition,
        graph: Graph::build(report, definition),
        names: Names::of(definition),
        teams: Teams::of(report, definition),
    };
    check_start(report, definition);
    waits::check(report, definition, &context.graph);
    invitation::check_form(report, definition);
    check_limits(report, definition);
    let steps: Vec<Option<Step>> = kinds
        .iter()
        .enumerate()
        .map(|(index, kind)| {
            let phase = &definition.phases[index];
            let exits = exits(&context, phase);
            let scope = Scope {
                context: &context,
                index,
                exits: exits.clone().unwrap_or_default(),
            };
            let action = kind.as_ref()?.check(report, &scope)?;
            Some(Step {
                name: phase.name.value.parse().ok()?,
                exits: exits?,
                action,
            })
        })
        .collect();
    if report.count() > 0 {
        return None;
    }
    let steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
    let start = steps
        .iter()
        .find(|step| step.name.as_str() == START_STATE)?;
    Some(Process {
        offering: Offering {
            path: definition.path.clone(),
            service: definition.service.clone(),
            offering: definition.offering.clone(),
            wording: wording(definition),
            first_phase: start.exits.first()?.to.clone(),
            form: definition.fields.form(),
            by_invitation: definition.by_invitation,
            retired: definition.retired,
            brand: definition.brand.clone(),
            teams: team_ids(definition),
            // Comes from what is generated, and is put in then.
            version: String::new(),
        },
        attention: context.teams.attention()?,
        steps,
    })
}

/// The teams that the process names, each once.
fn team_ids(definition: &Definition) -> BTreeSet<TeamId> {
    let names = definition.teams().into_iter();
    names.filter_map(|name| teams::id(&name.value)).collect()
}

/// What customers read in place of the names in the definition.
fn wording(definition: &Definition) -> Wording {
    let words = |phase: &Phase| {
        let words = phase.facts.as_ref()?.customer_sees.clone()?;
        Some((phase.name.value.parse().ok()?, words))
    };
    Wording {
        title: definition.title.clone(),
        usually_takes: definition.usually_takes.clone(),
        phases: definition.phases.iter().filter_map(words).collect(),
    }
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

/// Limits need something that they limit.
fn check_limits(report: &mut Report<'_>, definition: &Definition) {
    let Some(limits) = &definition.limits else {
        return;
    };
    // A phase that could not be read is taken to pay.
    let mut phases = definition.phases.iter();
    if !phases.any(|phase| phase.facts.as_ref().is_none_or(|facts| facts.pays)) {
        report.refuse(
            limits.span,
            "there are limits, and no phase pays",
            "Remove the limits, or add a connector that pays.",
        );
    }
}

/// The ways out of a phase with what its function answers for them.
fn exits(context: &Context<'_>, phase: &Phase) -> Option<Vec<Exit>> {
    let conditions = matches!(phase.facts.as_ref()?.exits, Exits::Conditions);
    let mut branches = 0..;
    context
        .transitions(phase)
        .map(|transition| {
            let name = transition.name.value.clone();
            let outcome = if !conditions || name == outcome::OTHERWISE {
                name.clone()
            } else {
                branch_outcome(branches.next()?)
            };
            Some(Exit {
                outcome,
                label: (name != NEXT).then_some(name),
                to: transition.to.value.parse::<PhaseName>().ok()?,
                state: entrance(context.definition, &transition.to.value),
            })
        })
        .collect()
}

/// The state that a phase begins with.
fn entrance(definition: &Definition, phase: &str) -> String {
    let at = definition.index(phase);
    let facts = at.and_then(|at| definition.phases[at].facts.as_ref());
    format!("{phase}{}", facts.map_or("", |facts| facts.entrance))
}
