//! Reads an execution's records again, from the first one on.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    history,
    machine::Machine,
    record::{Fact, Record, Start},
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
    let (mut output, mut error, mut cause) = (None, None, None);
    let run = replay(records, machine, |run, record| {
        history::extend(&mut history, run, record);
        if let Fact::ExecutionFailed {
            error: name,
            cause: text,
        } = &record.fact
        {
            error = Some(name.clone());
            cause = Some(text.clone()).filter(|text| !text.is_empty());
        } else if matches!(record.fact, Fact::ExecutionRedriven) {
            (error, cause) = (None, None);
        } else if matches!(record.fact, Fact::ExecutionSucceeded) {
            output = history::final_output(run).cloned();
        }
    })?;
    Ok(ExecutionView {
        status: run.status(),
        definition: run.machine.definition.clone(),
        not_redrivable: run.obstacle_to_redrive(now),
        current_state: run.current_state().map(str::to_string),
        name: run.start.name,
        input: run.start.input,
        output,
        error,
        cause,
        started_at: run.started_at,
        redrives: run.redrives,
        history,
    })
}
