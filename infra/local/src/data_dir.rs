//! Where the stack keeps what outlives it: `.local` in the workspace, which anybody may delete.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::journal::replace_file;

/// The data directory, or nothing when nothing is to be kept.
#[derive(Debug, Default)]
pub struct DataDir {
    path: Option<PathBuf>,
    /// Held as long as the stack runs. The operating system lets go of it however the stack ends.
    _lock: Option<File>,
}

/// Counts the changes of how data is kept here. There are no migrations: it is for development only.
const FORMAT: u32 = 7;

/// The first file of a data directory: how the others are to be read, and the secrets that
/// `Secrets Manager` would generate.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Secrets {
    format: u32,
    link_key: String,
}

impl DataDir {
    /// Nothing is kept.
    pub fn ephemeral() -> DataDir {
        DataDir::default()
    }

    /// Takes a directory for this process alone. It is made when it is missing.
    pub fn open(path: &Path) -> anyhow::Result<DataDir> {
        let mut file = File::options();
        let file = file.create(true).truncate(false).write(true);
        let lock = fs::create_dir_all(path).and_then(|()| file.open(path.join("lock")));
        let lock = lock.with_context(|| unusable(path))?;
        match lock.try_lock() {
            Ok(()) => Ok(DataDir {
                path: Some(path.to_owned()),
                _lock: Some(lock),
            }),
            Err(TryLockError::WouldBlock) => bail!(
                "another local stack is using {}: stop that one, or give this one `--data-dir DIR` or `--ephemeral`",
                path.display()
            ),
            Err(TryLockError::Error(source)) => Err(source).with_context(|| unusable(path)),
        }
    }

    /// Its path, unless nothing is kept.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// A file in it, unless nothing is kept.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.path.as_ref().map(|path| path.join(name))
    }

    /// The key that signs links: made once, so that links in old mails go on working. Refuses a
    /// directory of another format.
    pub fn link_key(&self) -> anyhow::Result<String> {
        let Some(path) = &self.path else {
            return Ok(random_key());
        };
        let file = path.join("secrets.json");
        let text = match fs::read(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let secrets = Secrets {
                    format: FORMAT,
                    link_key: random_key(),
                };
                let text = serde_json::to_vec(&secrets)?;
                replace_file(&file, &text).map(|()| text)
            }
            read => read,
        };
        match serde_json::from_slice(&text.with_context(|| unusable(&file))?) {
            Ok(Secrets {
                format: FORMAT,
                link_key,
            }) => Ok(link_key),
            _ => bail!(
                "{} does not hold data in the format of this version of the local stack: delete the directory to start anew",
                path.display()
            ),
        }
    }
}

fn unusable(path: &Path) -> String {
    format!("cannot use {} to keep data", path.display())
}

/// 64 hexadecimal digits. Two random UUIDs hold 244 random bits.
fn random_key() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_stack_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::open(folder.path()).unwrap();
        let error = DataDir::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("another local stack"), "{error}");
        drop(first);
        DataDir::open(folder.path()).unwrap();
    }

    #[test]
    fn the_link_key_stays_the_same_where_data_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("deep")).unwrap();
        let key = data.link_key().unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(data.link_key().unwrap(), key);
        assert_ne!(DataDir::ephemeral().link_key().unwrap(), key);
    }

    #[test]
    fn a_directory_of_another_format_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        for secrets in [
            "{}",
            r#"{"linkKey":"old"}"#,
            r#"{"format":99,"linkKey":"new"}"#,
        ] {
            fs::write(folder.path().join("secrets.json"), secrets).unwrap();
            let data = DataDir::open(folder.path()).unwrap();
            let error = data.link_key().unwrap_err().to_string();
            let named = error.contains(&folder.path().display().to_string());
            assert!(named && error.contains("delete the directory"), "{error}");
        }
    }
}
