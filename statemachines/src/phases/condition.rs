//! `type: condition`: the way on depends on the answers. The conditions are the phase's connections.

use domain::task::{Branch, ConditionConfig, outcome};

use crate::asl::task::{Function, Task, branch_on};
use crate::condition::{self, Known};
use crate::definition::{NEXT, Transition};
use crate::phase::{Action, Exits, Facts, PhaseKind, PhaseType, Report, Scope, Written};
use crate::process::branch_outcome;

pub(super) const TYPE: PhaseType = PhaseType {
    name: "condition",
    read: |_, _| {
        let facts = Facts {
            exits: Exits::Conditions,
            customer_sees: Some("Under review".to_owned()),
            ..Facts::default()
        };
        Some(Written::new(facts, Condition))
    },
};

#[derive(Debug)]
struct Condition;

impl PhaseKind for Condition {
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let context = scope.context;
        let known = Known {
            fields: &context.definition.fields,
            not_looked_up: context.path_without(scope.index, |facts, _| facts.looks_up),
        };
        let transitions: Vec<&Transition> = context
            .transitions(scope.phase())
            .filter(|transition| {
                transition.name.value != outcome::OTHERWISE && transition.name.value != NEXT
            })
            .collect();
        let branches: Vec<Option<Branch>> = transitions
            .iter()
            .enumerate()
            .map(|(index, transition)| {
                Some(Branch {
                    outcome: branch_outcome(index),
                    text: transition.name.value.clone(),
                    when: condition::lower(report, &known, &transition.name)?,
                })
            })
            .collect();
        let config = ConditionConfig {
            branches: branches.into_iter().collect::<Option<_>>()?,
        };
        let task = Task::new(Function::Decide, scope.name(), &config);
        let states = branch_on(scope.name(), &scope.exits, |next| task.next(next));
        Some(Action::new(states, ("{", "", "}")))
    }
}
