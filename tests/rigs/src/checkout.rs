//! Where things are in this checkout.

use std::{
    fs,
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
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {folder:?}"))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder:?}"))?;
        Ok(folder)
    }
}
