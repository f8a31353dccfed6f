//! Which executions can be redriven: those that did not succeed, for 14 days, within a year of their
//! start, and with room in their history for the redrive and one more event.

use jiff::Timestamp;

use super::{
    run::{MOST_EVENTS, Run},
    time::after,
    view::ExecutionStatus,
};

const DAY_SECONDS: i64 = 24 * 60 * 60;

impl Run {
    /// Why it cannot be redriven, in Step Functions' own words; `None` if it can.
    pub(crate) fn obstacle_to_redrive(&self, now: Timestamp) -> Option<&'static str> {
        if self.status() == ExecutionStatus::Succeeded {
            return Some("Execution is SUCCEEDED and cannot be redriven");
        }
        let Some(ended) = self.stopped_at else {
            return Some("Execution is RUNNING and cannot be redriven");
        };
        if now > after(ended, 14 * DAY_SECONDS) {
            return Some("Execution redrivable period exceeded");
        }
        if now >= after(self.started_at, 365 * DAY_SECONDS) {
            return Some("Execution has exceeded the max execution time");
        }
        if self.events + 1 >= MOST_EVENTS {
            return Some("Execution history event limit exceeded");
        }
        None
    }
}
