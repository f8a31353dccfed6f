//! `type: wait`: nothing happens for some time.

use serde_json::json;

use crate::check::context::Context;
use crate::definition::{Facts, Wait};
use crate::diagnostic::Report;
use crate::phase::{PhaseKind, PhaseType, Written};
use crate::process::{Action, Shape, States, Step};
use crate::read::duration::{length, seconds};
use crate::read::section::Section;

pub(super) const TYPE: PhaseType = PhaseType { name: "wait", read };

#[derive(Debug, Clone, Copy)]
struct Pause {
    seconds: u32,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let length = section.required(report, "for")?;
    let length = seconds(report, length, "", "7 days")?;
    let facts = Facts {
        wait: Wait::new("a phase", &length),
        ..Facts::default()
    };
    let seconds = length.value;
    Written::new(facts, Pause { seconds })
}

impl PhaseKind for Pause {
    fn check(&self, _: &mut Report<'_>, _: &Context<'_>, _: usize) -> Option<Box<dyn Action>> {
        Some(Box::new(*self))
    }
}

impl Action for Pause {
    fn add_states(&self, states: &mut States, step: &Step) {
        let state = json!({ "Type": "Wait", "Seconds": self.seconds, "Next": step.next() });
        states.insert(step.name.to_string(), state);
    }

    fn shape(&self) -> Shape {
        Shape::by("(", ")", &length(self.seconds))
    }
}
