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
        check_reached(report, scope, &config);
        let task = Task::new(Function::Decide, scope.name(), &config);
        let states = branch_on(scope.name(), &scope.exits, |next| task.next(next));
        Some(Action::new(states, ("{", "", "}")))
    }
}

/// Refuses a way out that no request takes.
fn check_reached(report: &mut Report<'_>, scope: &Scope<'_>, config: &ConditionConfig) {
    let rules: Vec<_> = config.branches.iter().map(|it| it.when.clone()).collect();
    let reached = condition::reached(&scope.context.definition.fields, &rules);
    let mut by_condition = reached.by_condition.into_iter();
    for transition in scope.context.transitions(scope.phase()) {
        let name = &transition.name;
        if name.value == outcome::OTHERWISE {
            if !reached.otherwise {
                report.refuse(
                    name.span,
                    "no request gets here: the conditions above take every one",
                    "Leave the last condition out: what it takes goes this way then.",
                );
            }
        } else if name.value != NEXT && by_condition.next() == Some(false) {
            report.refuse(
                name.span,
                "no request gets here: the conditions above take all that it could",
                "The first condition that holds decides: put the narrower one first, or leave this one out.",
            );
        }
    }
}
