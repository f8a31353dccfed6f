//! How long a request may wait, in one phase and on its whole path.

use crate::definition::{Deed, Definition, Kind};
use crate::diagnostic::Report;
use crate::graph::Graph;
use crate::source::At;

/// How long all phases of a path may wait together. An execution ends after a year, whatever it waits
/// for; the rest of the year is for retries.
const MAX_WAIT_DAYS: u64 = 350;
/// How long a refund may be pending before a person has to look.
const MAX_PENDING_DAYS: u64 = 30;
const DAY_SECONDS: u64 = 24 * 60 * 60;
const MAX_WAIT_SECONDS: u64 = MAX_WAIT_DAYS * DAY_SECONDS;

/// Refuses what would outlast the execution.
pub(super) fn check(report: &mut Report<'_>, definition: &Definition, graph: &Graph<'_>) {
    let before = report.count();
    for phase in &definition.phases {
        match &phase.kind {
            Kind::Approval(approval) => check_one(report, "an approval", &approval.expire_seconds),
            Kind::Choice(choice) => check_one(report, "a choice", &choice.expire_seconds),
            Kind::Wait(seconds) => check_one(report, "a phase", seconds),
            Kind::Start
            | Kind::Condition
            | Kind::Connector(_)
            | Kind::Email(_)
            | Kind::End(_)
            | Kind::Invalid => {}
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

fn check_one(report: &mut Report<'_>, what: &str, seconds: &At<u32>) {
    if u64::from(seconds.value) > MAX_WAIT_SECONDS {
        report.refuse(
            seconds.span,
            format!("{what} cannot wait for more than {MAX_WAIT_DAYS} days"),
            "Step Functions ends every execution after a year. Write a shorter time.",
        );
    }
}

/// How long a phase can wait.
fn seconds(kind: &Kind) -> u64 {
    match kind {
        Kind::Approval(approval) => approval.expire_seconds.value.into(),
        Kind::Choice(choice) => choice.expire_seconds.value.into(),
        Kind::Wait(seconds) => seconds.value.into(),
        Kind::Connector(connector) => match connector.deed {
            Deed::Refund => MAX_PENDING_DAYS * DAY_SECONDS,
            Deed::Credit => 0,
        },
        Kind::Start | Kind::Condition | Kind::Email(_) | Kind::End(_) | Kind::Invalid => 0,
    }
}
