//! `type: end`: the request is closed with a status.

use domain::task::{CloseConfig, EndStatus};

use crate::asl::task::Task;
use crate::phase::{Action, Exits, Facts, PhaseKind, PhaseType, Report, Scope, Section, Written};
use crate::read::section::word_of;

pub(super) const TYPE: PhaseType = PhaseType { name: "end", read };

#[derive(Debug)]
struct End(EndStatus);

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let entry = section.required(report, "status")?;
    let status = word_of(report, entry, "status")?;
    let facts = Facts {
        exits: Exits::End,
        ..Facts::default()
    };
    Some(Written::new(facts, End(status)))
}

impl PhaseKind for End {
    /// A customer is told "refunded" only when a refund was paid.
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        if let (EndStatus::Refunded, Some(path)) = (
            self.0,
            scope.context.path_without(scope.index, Facts::has_paid),
        ) {
            report.refuse(
                scope.phase().name.span,
                format!("nothing is paid on the path {path}, and it ends as refunded"),
                "Lead this path through a refund, or to an end with `status: denied`.",
            );
        }
        let close = Task::closing(scope.name(), &CloseConfig::End(self.0));
        let shape = ("([", "", "])");
        Some(Action::of(scope.name(), close.end(self.0), shape))
    }
}
