//! `type: end`: the request is closed with a status.

use shared::task::{CloseConfig, EndStatus, outcome};

use crate::asl::task::Task;
use crate::check::context::Context;
use crate::definition::{Exits, Facts};
use crate::diagnostic::Report;
use crate::phase::{PhaseKind, PhaseType, Written};
use crate::process::{Action, Shape, States, Step};
use crate::read::section::Section;

pub(super) const TYPE: PhaseType = PhaseType { name: "end", read };

const STATUSES: [(&str, EndStatus); 3] = [
    ("refunded", EndStatus::Refunded),
    ("denied", EndStatus::Denied),
    ("completed", EndStatus::Completed),
];

#[derive(Debug, Clone, Copy)]
struct End(EndStatus);

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let status = section.one_of(report, "status", &STATUSES, "status")?;
    let facts = Facts {
        exits: Exits::End,
        ..Facts::default()
    };
    Written::new(facts, End(status))
}

impl PhaseKind for End {
    /// A customer is told "refunded" only when a refund was paid.
    fn check(
        &self,
        report: &mut Report<'_>,
        context: &Context<'_>,
        index: usize,
    ) -> Option<Box<dyn Action>> {
        let pays = |facts: &Facts, way: &str| facts.pays && way != outcome::ERROR;
        if let (EndStatus::Refunded, Some(path)) = (self.0, context.path_without(index, pays)) {
            report.refuse(
                context.definition.phases[index].name.span,
                format!("nothing is paid on the path {path}, and it ends as refunded"),
                "Lead this path through a refund, or to an end with `status: denied`.",
            );
        }
        Some(Box::new(*self))
    }
}

impl Action for End {
    fn add_states(&self, states: &mut States, step: &Step) {
        let close = Task::closing(step.name.as_str(), &CloseConfig::End(self.0));
        states.insert(step.name.to_string(), close.end(self.0));
    }

    fn shape(&self) -> Shape {
        Shape::plain("([", "])")
    }
}
