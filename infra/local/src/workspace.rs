//! Where the project's files are.

use std::path::{Path, PathBuf};

/// What marks the project's folder.
const TEMPLATE: &str = "infra/template.yaml";

/// The project's folder on this machine.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Where this program was compiled, if the project is still there; otherwise the project that the
    /// current directory is in.
    pub fn find() -> Option<Workspace> {
        let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let here = std::env::current_dir().ok();
        let here = here.iter().flat_map(|path| path.ancestors());
        std::iter::once(compiled_in.as_path())
            .chain(here)
            .find(|root| root.join(TEMPLATE).is_file())
            .and_then(|root| root.canonicalize().ok())
            .map(|root| Workspace { root })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The SAM template.
    pub fn template(&self) -> PathBuf {
        self.root.join(TEMPLATE)
    }

    /// Where data is kept unless a person says otherwise.
    pub fn data_dir(&self) -> PathBuf {
        self.root.join(".local")
    }
}
