//! `type: condition`: the way on depends on the answers. The conditions are the phase's connections.

use shared::task::{Branch, ConditionConfig, outcome};

use crate::asl::task::{Function, Task, branch_on};
use crate::check::context::Context;
use crate::condition::{self, Known};
use crate::definition::{Exits, Facts, NEXT, Way};
use crate::diagnostic::Report;
use crate::phase::{PhaseKind, PhaseType, Written};
use crate::process::{Action, Shape, States, Step, branch_outcome};

pub(super) const TYPE: PhaseType = PhaseType {
    name: "condition",
    read: |_, _| {
        let facts = Facts {
            exits: Exits::Conditions,
            ..Facts::default()
        };
        Written::new(facts, Condition)
    },
};

#[derive(Debug)]
struct Condition;

impl PhaseKind for Condition {
    fn check(
        &self,
        report: &mut Report<'_>,
        context: &Context<'_>,
        index: usize,
    ) -> Option<Box<dyn Action>> {
        let known = Known {
            fields: &context.definition.fields,
            not_looked_up: context.path_without(index, |facts, _| facts.looks_up),
        };
        let ways: Vec<&Way> = context
            .ways(&context.definition.phases[index])
            .filter(|way| way.name.value != outcome::OTHERWISE && way.name.value != NEXT)
            .collect();
        let branches: Vec<Option<Branch>> = ways
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
        Some(Box::new(Decide(ConditionConfig {
            branches: branches.into_iter().collect::<Option<_>>()?,
        })))
    }
}

#[derive(Debug)]
struct Decide(ConditionConfig);

impl Action for Decide {
    fn add_states(&self, states: &mut States, step: &Step) {
        let name = step.name.as_str();
        branch_on(states, name, &step.exits, |next| {
            Task::new(Function::Decide, name, &self.0).next(next)
        });
    }

    fn shape(&self) -> Shape {
        Shape::plain("{", "}")
    }
}
