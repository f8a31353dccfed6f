//! Where executions are kept, in the data folder or in memory:
//! - `executions/<name>.jsonl`: the journal of an execution
//! - `definitions/<version>.asl.json`: a definition that was published, once for all executions that run by it

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    machine::Machine,
    record::{Record, Start},
};
use crate::journal::{Journal, replace_file};

/// The journals of executions, and the versions of definitions that they run by.
#[derive(Debug)]
pub(crate) struct Store {
    folder: Option<PathBuf>,
    versions: Mutex<HashMap<String, Arc<Machine>>>,
}

impl Store {
    /// Without a folder nothing outlives the store.
    pub(crate) fn new(folder: Option<&Path>) -> Store {
        Store {
            folder: folder.map(Path::to_path_buf),
            versions: Mutex::default(),
        }
    }

    /// The journal of an execution that starts.
    pub(crate) fn begin(&self, start: &Start) -> io::Result<Journal<Record>> {
        let Some(folder) = &self.folder else {
            return Ok(Journal::in_memory());
        };
        let file = folder
            .join("executions")
            .join(format!("{}.jsonl", start.name));
        let (journal, records) = Journal::open(Some(&file))?;
        if !records.is_empty() {
            let problem = "the file of a new execution holds records already";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, problem));
        }
        Ok(journal)
    }

    /// The files of all journals, in a fixed order.
    pub(crate) fn journals(&self) -> io::Result<Vec<PathBuf>> {
        let Some(folder) = self.folder.as_ref().map(|it| it.join("executions")) else {
            return Ok(Vec::new());
        };
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let files = fs::read_dir(folder)?.map(|file| Ok(file?.path()));
        let mut files = files.collect::<io::Result<Vec<_>>>()?;
        files.sort();
        Ok(files)
    }

    /// A version that was published earlier.
    pub(crate) fn machine(&self, version: &str) -> io::Result<Arc<Machine>> {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(machine) = versions.get(version) {
            return Ok(Arc::clone(machine));
        }
        let file = self
            .folder
            .as_deref()
            .map(|it| definition_file(it, version));
        let file = file.ok_or(io::ErrorKind::NotFound)?;
        let of_file = |problem: String| {
            let problem = format!("{}: {problem}", file.display());
            io::Error::new(io::ErrorKind::InvalidData, problem)
        };
        let definition = fs::read_to_string(&file).map_err(|error| of_file(error.to_string()))?;
        let machine = Machine::parse(&definition).map_err(|error| of_file(error.to_string()))?;
        let machine = Arc::new(machine);
        versions.insert(version.to_string(), Arc::clone(&machine));
        Ok(machine)
    }

    /// Keeps a version, with one copy of it in memory, whoever asks for it.
    pub(crate) fn share(&self, machine: Arc<Machine>) -> io::Result<Arc<Machine>> {
        if let Some(folder) = &self.folder {
            let definition = definition_file(folder, &machine.version);
            if !definition.exists() {
                replace_file(&definition, machine.definition.as_bytes())?;
            }
        }
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let version = machine.version.clone();
        let shared = versions.entry(version).or_insert(machine);
        Ok(Arc::clone(shared))
    }
}

fn definition_file(folder: &Path, version: &str) -> PathBuf {
    folder
        .join("definitions")
        .join(format!("{version}.asl.json"))
}
