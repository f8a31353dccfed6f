//! Where executions are kept, in the data folder or in memory:
//! - `executions/<name>.jsonl`: the journal of an execution
//! - `definitions/<version>.asl.json`: a definition that was published, once for all executions that run by it

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use super::{machine::Machine, record::Record};
use crate::journal::{Journal, naming, replace_file};

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
    pub(crate) fn begin(&self, name: &str) -> io::Result<Journal<Record>> {
        let Some(folder) = self.executions() else {
            return Ok(Journal::in_memory());
        };
        let (journal, records) = Journal::open(Some(&folder.join(format!("{name}.jsonl"))))?;
        if !records.is_empty() {
            let problem = "the file of a new execution holds records already";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, problem));
        }
        Ok(journal)
    }

    /// The files of all journals, in a fixed order.
    pub(crate) fn journals(&self) -> io::Result<Vec<PathBuf>> {
        let Some(folder) = self.executions().filter(|folder| folder.exists()) else {
            return Ok(Vec::new());
        };
        let files = fs::read_dir(folder)?.map(|file| Ok(file?.path()));
        let mut files = files.collect::<io::Result<Vec<_>>>()?;
        files.sort();
        Ok(files)
    }

    /// A version that was published earlier.
    pub(crate) fn machine(&self, version: &str) -> io::Result<Arc<Machine>> {
        let mut versions = self.versions.lock();
        if let Some(machine) = versions.get(version) {
            return Ok(Arc::clone(machine));
        }
        let file = self.definition(version).ok_or(io::ErrorKind::NotFound)?;
        let machine = fs::read_to_string(&file)
            .and_then(|text| Machine::parse(&text).map_err(io::Error::other))
            .map_err(naming(&file))?;
        let machine = Arc::new(machine);
        versions.insert(version.to_string(), Arc::clone(&machine));
        Ok(machine)
    }

    /// Keeps a version, with one copy of it in memory, whoever asks for it.
    pub(crate) fn share(&self, machine: Arc<Machine>) -> io::Result<Arc<Machine>> {
        if let Some(file) = self.definition(&machine.version).filter(|it| !it.exists()) {
            replace_file(&file, machine.definition.as_bytes())?;
        }
        let mut versions = self.versions.lock();
        let shared = versions.entry(machine.version.clone()).or_insert(machine);
        Ok(Arc::clone(shared))
    }

    fn executions(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join("executions"))
    }

    fn definition(&self, version: &str) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?.join("definitions");
        Some(folder.join(format!("{version}.asl.json")))
    }
}
