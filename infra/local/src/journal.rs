//! An append-only file of JSON lines: what happened, in order, so that a restart can replay it.
//!
//! A record counts once its whole line with the newline at the end is in the file, which it is when
//! [`Journal::append`] returns. A process killed in the middle leaves a torn last line; opening the
//! file cuts it off. Records are in the operating system's hands, not synced to the disk: they survive
//! `kill -9`, which is what a development stack meets, but maybe not a power cut.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// A journal of records of one type.
#[derive(Debug)]
pub struct Journal<T> {
    storage: Option<Storage>,
    records: PhantomData<fn(&T)>,
}

#[derive(Debug)]
struct Storage {
    file: File,
    path: PathBuf,
    /// Up to here the file holds whole records.
    length: u64,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens the journal and reads what it holds, oldest first. The file and its folder are made when
    /// they are missing. Without a path nothing is kept: [`Journal::append`] only checks the record.
    ///
    /// # Errors
    /// A line that is no record of this type is an error that names the file and the line: a journal
    /// with a hole would replay into a state that never was.
    pub fn open(path: Option<&Path>) -> io::Result<(Journal<T>, Vec<T>)> {
        let Some(path) = path else {
            let journal = Journal {
                storage: None,
                records: PhantomData,
            };
            return Ok((journal, Vec::new()));
        };
        let (storage, records) = open_file(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        let journal = Journal {
            storage: Some(storage),
            records: PhantomData,
        };
        Ok((journal, records))
    }

    /// Appends a record. It is in the file when this returns.
    ///
    /// # Errors
    /// After an error the record is not in the journal, not even a part of it.
    pub fn append(&mut self, record: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        match &mut self.storage {
            Some(storage) => storage.append(&line).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", storage.path.display()))
            }),
            None => Ok(()),
        }
    }
}

impl Storage {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        // Always from the end of the whole records: what a failed write left behind is overwritten.
        self.file.seek(SeekFrom::Start(self.length))?;
        if let Err(error) = self.file.write_all(line) {
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

fn open_file<T: DeserializeOwned>(path: &Path) -> io::Result<(Storage, Vec<T>)> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;

    let whole = content
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    if whole < content.len() {
        file.set_len(whole as u64)?;
        content.truncate(whole);
    }
    let records = content
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|error| {
                let problem = format!("line {} is damaged: {error}", index + 1);
                io::Error::new(io::ErrorKind::InvalidData, problem)
            })
        })
        .collect::<io::Result<Vec<T>>>()?;
    let storage = Storage {
        file,
        path: path.to_path_buf(),
        length: whole as u64,
    };
    Ok((storage, records))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn open(path: &Path) -> (Journal<Value>, Vec<Value>) {
        Journal::open(Some(path)).unwrap()
    }

    #[test]
    fn records_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/down/j.jsonl");
        let (mut journal, records) = open(&path);
        assert!(records.is_empty());
        journal.append(&json!({"n": 1})).unwrap();
        journal.append(&json!("two\nlines")).unwrap();
        drop(journal);
        let (mut journal, records) = open(&path);
        assert_eq!(records, [json!({"n": 1}), json!("two\nlines")]);
        journal.append(&json!(3)).unwrap();
        assert_eq!(open(&path).1.len(), 3);
    }

    #[test]
    fn a_torn_last_line_is_cut_off_wherever_it_tore() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let whole = "{\"n\":1}\n{\"n\":2}\n";
        for kept in 0..=whole.len() {
            fs::write(&path, &whole[..kept]).unwrap();
            let (mut journal, records) = open(&path);
            assert_eq!(records.len(), whole[..kept].matches('\n').count());
            journal.append(&json!({"n": 9})).unwrap();
            let (_, after) = open(&path);
            assert_eq!(after.len(), records.len() + 1, "torn at {kept}");
            assert_eq!(after.last(), Some(&json!({"n": 9})));
        }
    }

    #[test]
    fn damage_in_the_middle_names_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        fs::write(&path, "{\"n\":1}\n{\"n\":\n{\"n\":3}\n").unwrap();
        let error = Journal::<Value>::open(Some(&path)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let problem = error.to_string();
        assert!(problem.contains("j.jsonl: line 2 is damaged"), "{problem}");
    }

    #[test]
    fn without_a_path_nothing_is_kept() {
        let (mut journal, records) = Journal::<Value>::open(None).unwrap();
        assert!(records.is_empty());
        journal.append(&json!(1)).unwrap();
    }
}
