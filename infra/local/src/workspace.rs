//! Where the project's files are.

use std::path::{Path, PathBuf};

/// The SAM template, which marks the project's folder.
pub const TEMPLATE: &str = "infra/template.yaml";

/// The project's folder on this machine: where this program was compiled, if the project is still there; otherwise the
/// project that the current directory is in.
pub fn find() -> Option<PathBuf> {
    let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let here = std::env::current_dir().ok();
    let here = here.iter().flat_map(|path| path.ancestors());
    std::iter::once(compiled_in.as_path())
        .chain(here)
        .find(|root| root.join(TEMPLATE).is_file())
        .and_then(|root| root.canonicalize().ok())
}
