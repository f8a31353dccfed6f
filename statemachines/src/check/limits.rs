//! Limits need something that they limit.

use crate::definition::Definition;
use crate::diagnostic::Report;

pub(super) fn check(report: &mut Report<'_>, definition: &Definition) {
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
