//! `type: wait`: nothing happens for some time.

use serde_json::json;

use crate::phase::{Action, Facts, PhaseKind, PhaseType, Report, Scope, Section, Wait, Written};
use crate::read::duration::length;

pub(super) const TYPE: PhaseType = PhaseType { name: "wait", read };

#[derive(Debug)]
struct Pause {
    seconds: u32,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let length = section.seconds(report, "for", "", "7 days")?;
    let facts = Facts {
        wait: Some(Wait::new("a phase", &length)),
        ..Facts::default()
    };
    let seconds = length.value;
    Some(Written::new(facts, Pause { seconds }))
}

impl PhaseKind for Pause {
    fn check(&self, _: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let state = json!({ "Type": "Wait", "Seconds": self.seconds, "Next": scope.next() });
        let length = length(self.seconds);
        Some(Action::of(scope.name(), state, ("(", &length, ")")))
    }
}
