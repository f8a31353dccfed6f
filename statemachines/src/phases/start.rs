//! `type: start`: where a request begins.

use serde_json::json;
use shared::task::OFFERING_VARIABLE;

use crate::check::context::Context;
use crate::definition::Facts;
use crate::diagnostic::Report;
use crate::phase::{PhaseKind, PhaseType, Written};
use crate::process::{Action, Shape, States, Step};

pub(super) const TYPE: PhaseType = PhaseType {
    name: "start",
    read: |_, _| {
        let facts = Facts {
            starts: true,
            ..Facts::default()
        };
        Written::new(facts, Start)
    },
};

#[derive(Debug, Clone, Copy)]
struct Start;

impl PhaseKind for Start {
    fn check(&self, _: &mut Report<'_>, _: &Context<'_>, _: usize) -> Option<Box<dyn Action>> {
        Some(Box::new(*self))
    }
}

impl Action for Start {
    fn add_states(&self, states: &mut States, step: &Step) {
        let state = json!({
            "Type": "Pass",
            // The offering is put in when all of it is known.
            "Assign": { OFFERING_VARIABLE: null },
            "Next": step.next(),
        });
        states.insert(step.name.to_string(), state);
    }

    fn shape(&self) -> Shape {
        Shape::plain("([", "])")
    }
}
