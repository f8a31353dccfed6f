//! Rebuilds an execution after a restart.

use std::{io, path::Path, sync::Arc};

use super::{
    TaskError,
    execution::{Execution, damaged},
    position::Attempt,
    record::Record,
    replay::{self, replay},
    shared::Shared,
};
use crate::journal::Journal;

/// Reads an execution from its journal. `None` when it never started: the process ended before the first
/// record was whole.
pub(crate) fn resume(shared: &Arc<Shared>, file: &Path) -> io::Result<Option<Execution>> {
    let damaged = |problem| damaged(&file.display().to_string(), problem);
    let (journal, records) = Journal::<Record>::open(Some(file))?;
    let Some(first) = records.first() else {
        return Ok(None);
    };
    let version = &replay::start_of(first).map_err(damaged)?.version;
    let machine = shared.store.machine(version)?;
    let run = replay(&records, machine, |_, _| ()).map_err(damaged)?;
    let execution = Execution::new(shared, run, journal);
    // The process that invoked a function is gone, so its answer will never come.
    let is_lost = |attempt: &Attempt| attempt.token.is_none() || !attempt.submitted;
    let error = TaskError {
        error: "Lambda.SdkClientException".to_string(),
        cause: "The connection was lost when the stack stopped.".to_string(),
    };
    execution.fail_attempt(is_lost, error)?;
    Ok(Some(execution))
}
