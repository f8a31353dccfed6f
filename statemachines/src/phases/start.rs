//! `type: start`: where a request begins.

use domain::task::OFFERING_VARIABLE;
use serde_json::json;

use crate::phase::{Action, Facts, PhaseKind, PhaseType, Report, Scope, Written};

pub(super) const TYPE: PhaseType = PhaseType {
    name: "start",
    read: |_, _| {
        let facts = Facts {
            starts: true,
            ..Facts::default()
        };
        Some(Written::new(facts, Start))
    },
};

#[derive(Debug)]
struct Start;

impl PhaseKind for Start {
    fn check(&self, _: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let state = json!({
            "Type": "Pass",
            // The offering is put in when all of it is known.
            "Assign": { OFFERING_VARIABLE: null },
            "Next": scope.next(),
        });
        Some(Action::of(scope.name(), state, ("([", "", "])")))
    }
}
