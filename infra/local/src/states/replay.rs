//! Reads an execution's records again, from the first one on.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    history,
    machine::Machine,
    record::{Fact, Record, Start},
    redrive,
    run::Run,
    view::ExecutionView,
};

/// How the execution began.
pub(crate) fn start_of(first: &Record) -> Result<&Start, &'static str> {
    if let Fact::ExecutionStarted(start) = &first.fact {
        Ok(start)
    } else {
        Err("the first record is no start")
    }
}

/// The state that the records lead to. `visit` sees each record with the run before it.
pub(crate) fn replay(
    records: &[Record],
    machine: Arc<Machine>,
    mut visit: impl FnMut(&Run, &Record),
) -> Result<Run, &'static str> {
    let (first, rest) = records.split_first().ok_or("there is no record")?;
    let mut run = Run::new(start_of(first)?.clone(), machine, first.at);
    visit(&run, first);
    for record in rest {
        visit(&run, record);
        run.apply(record)?;
    }
    Ok(run)
}

/// All there is to show of an execution with these records.
pub(crate) fn view(
    records: &[Record],
    machine: Arc<Machine>,
    now: Timestamp,
) -> Result<ExecutionView, &'static str> {
    let mut history = Vec::new();
    let (mut output, mut failure) = (None, (None, None));
    let run = replay(records, machine, |run, record| {
        history::extend(&mut history, run, record);
        if let Fact::ExecutionFailed { error, cause } = &record.fact {
            failure = (error.clone(), cause.clone());
        } else if matches!(record.fact, Fact::ExecutionRedriven) {
            failure = (None, None);
        } else if matches!(record.fact, Fact::ExecutionSucceeded) {
            output = history::final_output(run).cloned();
        }
    })?;
    let start = run.start();
    let (error, cause) = failure;
    Ok(ExecutionView {
        arn: start.arn(),
        machine_arn: start.machine_arn.clone(),
        definition: run.machine().definition.clone(),
        name: start.name.clone(),
        status: run.status(),
        input: start.input.clone(),
        output,
        error,
        cause,
        started_at: run.started_at(),
        stopped_at: run.stopped_at(),
        redrives: run.redrives(),
        redriven_at: run.redriven_at(),
        not_redrivable: redrive::obstacle(&run, now),
        current_state: run.current_state().map(str::to_string),
        history,
    })
}
