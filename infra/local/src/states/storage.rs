//! The files of executions: `executions/<state machine>/<name>.jsonl` in the data folder.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{asl::Machine, execution::Execution, record::Start};

/// The file that an execution with this start is kept in.
pub(crate) fn file_of(folder: &Path, start: &Start) -> PathBuf {
    folder
        .join(start.machine_name())
        .join(format!("{}.jsonl", start.name))
}

/// Rebuilds all executions, by their ARNs.
pub(crate) fn resume_all(
    folder: &Path,
    now: Timestamp,
) -> io::Result<BTreeMap<String, Arc<Execution>>> {
    let mut machines: HashMap<String, Arc<Machine>> = HashMap::new();
    let mut executions = BTreeMap::new();
    for file in files_in(folder)? {
        let resumed = Execution::resume(&file, now, |definition| {
            if let Some(machine) = machines.get(definition) {
                return Ok(Arc::clone(machine));
            }
            let machine = Machine::parse(definition).map_err(|error| error.to_string())?;
            let machine = Arc::new(machine);
            machines.insert(definition.to_string(), Arc::clone(&machine));
            Ok(machine)
        })?;
        if let Some(execution) = resumed {
            executions.insert(execution.arn().to_string(), Arc::new(execution));
        }
    }
    Ok(executions)
}

/// The executions' files, in a fixed order.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for machine in fs::read_dir(folder)? {
        for file in fs::read_dir(machine?.path())? {
            files.push(file?.path());
        }
    }
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort();
    Ok(files)
}
