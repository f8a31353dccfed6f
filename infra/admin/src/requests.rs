//! A request by its reference, and requests that stopped: what stopped them, and letting many go on at once.

use std::collections::BTreeMap;

use domain::dates::Zone;
use domain::failure::Failure;
use domain::operator_log::{Change, record_redrive};
use domain::reference::Reference;
use domain::request_store::RequestStore;
use domain::table::Table;
use domain::workflow::{Executions, StoppedExecution};

/// By what stopped them: the error's name that is recorded, or Step Functions' own word where nothing could be.
type ByCause = BTreeMap<String, Vec<StoppedExecution>>;

/// A line for each request with that reference: its id, where it stands, and since when.
pub(crate) async fn find(
    store: &RequestStore<impl Table>,
    reference: Reference,
) -> anyhow::Result<String> {
    let found = store.requests_of_reference(reference).await?;
    if found.is_empty() {
        return Ok(format!("No request has the reference {reference}."));
    }
    let lines = found.iter().map(|request| {
        format!(
            "{} {}: {} in {}, since {}",
            request.request_id,
            request.offering,
            request.status.as_str(),
            request.phase,
            Zone::UTC.when(request.updated_at)
        )
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// One paragraph for each cause, with its requests, the one that stopped first before the others.
pub(crate) async fn list(
    store: &RequestStore<impl Table>,
    executions: &impl Executions,
) -> anyhow::Result<String> {
    let by_cause = stopped(store, executions).await?;
    if by_cause.is_empty() {
        return Ok("No request has stopped.".to_owned());
    }
    let paragraphs = by_cause.iter().map(|(cause, stopped)| {
        let lines = stopped.iter().map(|it| {
            format!(
                "\n  {} since {}",
                it.request_id,
                Zone::UTC.when(it.stopped_at)
            )
        });
        format!("{cause}: {}{}", stopped.len(), lines.collect::<String>())
    });
    Ok(paragraphs.collect::<Vec<_>>().join("\n"))
}

/// Lets all of them go on that one cause stopped, and says which of them cannot.
pub(crate) async fn redrive(
    store: &RequestStore<impl Table>,
    executions: &impl Executions,
    cause: &str,
    change: &Change,
) -> anyhow::Result<String> {
    let Some(stopped) = stopped(store, executions).await?.remove(cause) else {
        return Ok(format!("No request was stopped by {cause}."));
    };
    // Before the first goes on: what cannot be recorded is not done.
    record_redrive(store.table(), (stopped.len(), cause), change).await?;
    let mut obstacles = Vec::new();
    for execution in &stopped {
        if let Err(obstacle) = executions.redrive(execution).await {
            obstacles.push(format!("\n  {} stays: {obstacle}", execution.request_id));
        }
    }
    let (all, gone_on) = (stopped.len(), stopped.len() - obstacles.len());
    Ok(format!("{gone_on} of {all} go on.{}", obstacles.concat()))
}

async fn stopped(
    store: &RequestStore<impl Table>,
    executions: &impl Executions,
) -> Result<ByCause, Failure> {
    let mut stopped = executions.stopped().await?;
    stopped.sort_by_key(|execution| execution.stopped_at);
    let mut by_cause = ByCause::new();
    for execution in stopped {
        let request = store.request(execution.request_id).await?;
        let recorded = request.and_then(|request| request.value.stopped);
        let cause = recorded.map_or_else(|| execution.status.to_owned(), |it| it.error);
        by_cause.entry(cause).or_default().push(execution);
    }
    Ok(by_cause)
}

#[cfg(test)]
mod tests;
