//! Where things are in this checkout.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;

/// The checkout that the rigs judge and install into.
#[derive(Debug, Clone)]
pub struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The checkout that this package was compiled in.
    pub fn of_this_package() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root
            .canonicalize()
            .context("the checkout that this was compiled in is gone")?;
        Ok(Self { root })
    }

    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// Its top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What a rig installs, by its list under `tools/`.
    pub(crate) fn tool_list(&self, rig: &str, file: &str) -> PathBuf {
        self.root.join("tests/rigs/tools").join(rig).join(file)
    }

    /// Where a rig installs it.
    pub(crate) fn installed(&self, rig: &str) -> PathBuf {
        self.root.join(".rigs").join(rig)
    }

    /// An empty folder for what a rig writes while it runs. It stays, so that a person can look.
    pub(crate) fn scratch(&self, rig: &str) -> anyhow::Result<PathBuf> {
        let folder = self.root.join(".rigs/scratch").join(rig);
        empty(&folder)?;
        Ok(folder)
    }
}

/// Makes a folder that is empty, whatever was there.
pub(crate) fn empty(folder: &Path) -> anyhow::Result<()> {
    let emptied = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    };
    emptied.with_context(|| format!("cannot make an empty folder {}", folder.display()))
}
