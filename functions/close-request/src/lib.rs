//! Brings a request to its end, or to a stop that a person has to look at.
//!
//! An end changes the request and its audit log together, so it is a function and not merely a state in
//! which an execution stops. A stop takes two states: the first records it; the last of the execution
//! fails on purpose, so that the execution shows up in Step Functions and its alarms. A redrive runs
//! that last state again, and then it answers `resume`: the state machine goes back to where it broke.
//! An execution that somebody aborts, or that runs for too long, runs no state more: `EventBridge` tells of it,
//! as the first of the two states would.

use domain::failure::{EXECUTION_FAILED, Failure};
use domain::metrics;
use domain::request::Event;
use domain::request_store::{Invocation, RequestStore};
use domain::retention::EndedRequest;
use domain::table::{Table, Write};
use domain::task::{CloseConfig, ClosingTask, Outcome, StateEntry, Stop, outcome};

/// Does what the payload says.
pub async fn close(
    store: &RequestStore<impl Table>,
    closing: ClosingTask,
) -> Result<Outcome, Failure> {
    let ClosingTask { task, redrives } = closing;
    if matches!(&task.config, CloseConfig::Stop(Stop { error }) if error == EXECUTION_FAILED) {
        return Ok(Outcome::new(outcome::DONE));
    }
    let mut request = match store.invocation(&task).await? {
        Invocation::Repeated(outcome) => return Ok(outcome),
        Invocation::First(request) => request,
    };
    // EventBridge does not say how often.
    let redrives = redrives.max(request.value.redrives);
    let stopped = |stop| stopped(stop, redrives);
    let has_ended_since = request
        .value
        .ended_at
        .is_some_and(|ended| ended >= task.entered_at);
    let (event, answer) = match (&task.config, &request.value.stopped) {
        (CloseConfig::End(status), _) => (Event::Closed(*status), Ok(outcome::DONE)),
        (CloseConfig::Stop(_), Some(_)) => return Ok(Outcome::new(outcome::DONE)),
        // The event came late: somebody has redriven the execution since, and it has come to its end.
        (CloseConfig::Stop(_), None) if has_ended_since => {
            return Ok(Outcome::new(outcome::DONE));
        }
        (CloseConfig::Stop(stop), None) => (stopped(stop), Ok(outcome::DONE)),
        // Also where the stop could not be recorded: a person has looked, and once is enough.
        (CloseConfig::Hold(_), _) if redrives > request.value.redrives => {
            (Event::Resumed(redrives), Ok(outcome::RESUME))
        }
        (CloseConfig::Hold(_), Some(_)) => return Err(Failure::NeedsAttention),
        // The state that should have recorded it could not.
        (CloseConfig::Hold(stop), None) => (stopped(stop), Err(Failure::NeedsAttention)),
    };
    let state_entry = if matches!(event, Event::Stopped { .. }) {
        // It counts for the state that was to record it: the last one is still to fail, until a redrive.
        StateEntry::during(&task.phase, task.entered_at)
    } else {
        task.state_entry()
    };
    let over_before = EndedRequest::of(&request.value);
    let record = request.value.apply(&event, state_entry);
    let over = EndedRequest::of(&request.value).filter(|over| Some(over) != over_before.as_ref());
    let more = over.as_ref().map(Write::create).into_iter().collect();
    store.save(&mut request, &record, more).await?;
    if let Event::Stopped { error, .. } = event {
        metrics::report_stop(&record, error, &task.version);
    }
    answer.map(Outcome::new)
}

fn stopped(Stop { error }: &Stop, redrives: u32) -> Event<'_> {
    Event::Stopped { error, redrives }
}

#[cfg(test)]
mod tests;
