//! How long a request may wait, in one phase and on its whole path.

use crate::definition::{Definition, Phase};
use crate::diagnostic::Report;
use crate::graph::Graph;

/// How long all phases of a path may wait together. An execution ends after a year, whatever it waits
/// for; the rest of the year is for retries.
const MAX_WAIT_DAYS: u64 = 350;
const DAY_SECONDS: u64 = 24 * 60 * 60;
const MAX_WAIT_SECONDS: u64 = MAX_WAIT_DAYS * DAY_SECONDS;

/// Refuses what would outlast the execution.
pub(super) fn check(report: &mut Report<'_>, definition: &Definition, graph: &Graph<'_>) {
    let before = report.count();
    let facts = definition.phases.iter().flat_map(|phase| &phase.facts);
    for wait in facts.flat_map(|facts| &facts.wait) {
        if wait.seconds > MAX_WAIT_SECONDS {
            report.refuse(
                wait.at,
                format!(
                    "{} cannot wait for more than {MAX_WAIT_DAYS} days",
                    wait.what
                ),
                "Step Functions ends every execution after a year. Write a shorter time.",
            );
        }
    }
    let single = report.count() > before;
    // Where a path goes round there is no longest one.
    if !single && before == 0 && graph.longest(&seconds) > MAX_WAIT_SECONDS {
        report.refuse(
            definition.phases_at,
            format!("the phases of one path can wait for more than {MAX_WAIT_DAYS} days together"),
            "Step Functions ends every execution after a year. Let them wait for less.",
        );
    }
}

/// How long a phase can wait.
fn seconds(phase: &Phase) -> u64 {
    let wait = phase.facts.as_ref().and_then(|facts| facts.wait.as_ref());
    wait.map_or(0, |wait| wait.seconds)
}
