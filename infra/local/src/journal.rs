//! A file of JSON lines that is appended to: what happened, in order, so that a restart can replay it.
//!
//! A record counts once its whole line with the newline at the end is in the file, which it is when
//! [`Journal::append`] returns. A process killed in the middle leaves a torn last line; opening the
//! journal cuts it off. Records are in the operating system's hands, not synced to the disk: they survive
//! `kill -9`, which is what a development stack meets, but maybe not a power cut.
//!
//! The file is open only while it is read or written: ten thousand journals need no more open files
//! than one.

use std::{
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// A journal of records of one type.
#[derive(Debug)]
pub struct Journal<T> {
    storage: Storage,
    records: PhantomData<fn(&T)>,
}

#[derive(Debug)]
enum Storage {
    Nothing,
    Memory(Vec<u8>),
    File {
        path: PathBuf,
        /// Up to here the file holds whole records, in bytes.
        length: usize,
    },
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens the journal and reads what it holds, oldest first. The file's folder is made when it is
    /// missing. Without a path nothing is kept: [`Journal::append`] only checks the record.
    ///
    /// # Errors
    /// A line that is no record of this type is an error that names the file and the line: a journal
    /// with a hole would replay into a state that never was.
    pub fn open(path: Option<&Path>) -> io::Result<(Journal<T>, Vec<T>)> {
        let Some(path) = path else {
            return Ok((Journal::over(Storage::Nothing), Vec::new()));
        };
        let (length, records) = open_file(path).map_err(naming(path))?;
        let path = path.to_path_buf();
        Ok((Journal::over(Storage::File { path, length }), records))
    }

    /// A journal that lasts as long as this value.
    pub fn in_memory() -> Journal<T> {
        Journal::over(Storage::Memory(Vec::new()))
    }

    fn over(storage: Storage) -> Journal<T> {
        Journal {
            storage,
            records: PhantomData,
        }
    }

    /// Reads the records once more, oldest first.
    pub fn read(&self) -> io::Result<Vec<T>> {
        match &self.storage {
            Storage::Nothing => Ok(Vec::new()),
            Storage::Memory(content) => parse(content),
            Storage::File { path, length } => fs::read(path)
                .and_then(|mut content| {
                    content.truncate(*length);
                    parse(&content)
                })
                .map_err(naming(path)),
        }
    }

    /// Writes these records in place of all. They are in the file when this returns.
    ///
    /// # Errors
    /// After an error the journal is as it was.
    pub fn replace<'r>(&mut self, records: impl IntoIterator<Item = &'r T>) -> io::Result<()>
    where
        T: 'r,
    {
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record)?;
            lines.push(b'\n');
        }
        match &mut self.storage {
            Storage::Nothing => {}
            Storage::Memory(content) => *content = lines,
            Storage::File { path, length } => {
                replace_file(path, &lines).map_err(naming(path))?;
                *length = lines.len();
            }
        }
        Ok(())
    }

    /// Appends a record. It is in the file when this returns.
    ///
    /// # Errors
    /// After an error the record is not in the journal, not even a part of it.
    pub fn append(&mut self, record: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        match &mut self.storage {
            Storage::Nothing => {}
            Storage::Memory(content) => content.extend(line),
            Storage::File { path, length } => {
                append_to_file(path, *length as u64, &line).map_err(naming(path))?;
                *length += line.len();
            }
        }
        Ok(())
    }
}

/// Always from the end of the whole records: what a failed write left behind is overwritten.
fn append_to_file(path: &Path, length: u64, line: &[u8]) -> io::Result<()> {
    let mut file = writable(path)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(line).or_else(|error| {
        file.set_len(length)?;
        Err(error)
    })
}

fn writable(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false).open(path)
}

/// Gives the length of the whole records, and the records. Cuts off a torn last line.
fn open_file<T: DeserializeOwned>(path: &Path) -> io::Result<(usize, Vec<T>)> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let content = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, Vec::new())),
        content => content?,
    };
    let newline = content.iter().rposition(|byte| *byte == b'\n');
    let whole = newline.map_or(0, |newline| newline + 1);
    if whole < content.len() {
        writable(path)?.set_len(whole as u64)?;
    }
    Ok((whole, parse(&content[..whole])?))
}

fn parse<T: DeserializeOwned>(content: &[u8]) -> io::Result<Vec<T>> {
    let lines = content.split_inclusive(|byte| *byte == b'\n');
    let records = lines.enumerate().map(|(index, line)| {
        serde_json::from_slice(line).map_err(|error| {
            let problem = format!("line {} is damaged: {error}", index + 1);
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })
    });
    records.collect()
}

/// Writes a whole file beside its place and renames it, so that a crash leaves the old or the new one.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let fresh = path.with_extension("new");
    fs::write(&fresh, content)?;
    fs::rename(fresh, path)
}

/// Says in an error which file it is about.
pub(crate) fn naming(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
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
        assert_eq!(journal.read().unwrap().len(), 3);
    }

    #[test]
    fn a_journal_in_memory_can_be_read_again() {
        let mut journal = Journal::<Value>::in_memory();
        journal.append(&json!("one\ntwo")).unwrap();
        journal.append(&json!(3)).unwrap();
        assert_eq!(journal.read().unwrap(), [json!("one\ntwo"), json!(3)]);
    }

    #[test]
    fn what_is_replaced_is_gone_and_what_is_appended_then_follows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let (mut journal, _) = open(&path);
        for n in 1..=3 {
            journal.append(&json!({ "n": n })).unwrap();
        }
        journal.replace(&[json!({"n": 3})]).unwrap();
        journal.append(&json!(4)).unwrap();
        assert_eq!(open(&path).1, [json!({"n": 3}), json!(4)]);
        journal.replace(&[]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
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
