//! Compiles the functions.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::process::Command;

/// Why there are no functions to run.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says it in its message")]
pub enum BuildError {
    #[error("cannot run {0} to build the functions")]
    NoCargo(String, #[source] std::io::Error),
    #[error("the functions do not compile: see above, mend it, and start again")]
    Failed,
    #[error("cargo built no binary `{0}`, which infra/template.yaml names")]
    NoBinary(String),
}

/// Whether a variable describes the package that `cargo run` or `cargo test` runs to its program. To a build
/// script that watches one of them, every other package's value would look like a change.
fn is_of_outer_package(name: &str) -> bool {
    let prefixes = "CARGO_PKG_ CARGO_MANIFEST_ CARGO_BIN_ CARGO_CRATE_";
    let names = ["CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR"];
    names.contains(&name) || prefixes.split(' ').any(|prefix| name.starts_with(prefix))
}

/// Builds binaries of a workspace and says where they are. Cargo shows its progress and its errors to
/// the person itself.
///
/// Binaries are selected, never packages: without packages cargo unifies features over the workspace's
/// default members, which are the stack and the functions, and so does the `cargo run` that started
/// this process. What it compiled for the stack serves the functions too. With `--package` a hundred
/// crates would be compiled again with slightly other features; with `--bins` the binary of this very
/// process would be replaced while it runs.
pub async fn build(
    cargo: &str,
    workspace: &Path,
    binaries: &BTreeSet<&str>,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace)
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(binaries.iter().flat_map(|binary| ["--bin", binary]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the variables are not read but kept from cargo"
    )]
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_outer_package) {
            command.env_remove(name);
        }
    }
    let no_cargo = |error| BuildError::NoCargo(cargo.to_owned(), error);
    let child = command.spawn().map_err(no_cargo)?;
    let output = child.wait_with_output().await.map_err(no_cargo)?;
    if !output.status.success() {
        return Err(BuildError::Failed);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let executables: BTreeMap<_, _> = messages.lines().filter_map(executable).collect();
    let mut missing = binaries
        .iter()
        .filter(|name| !executables.contains_key(**name));
    match missing.next() {
        Some(binary) => Err(BuildError::NoBinary((*binary).to_owned())),
        None => Ok(executables),
    }
}

/// The name and path of the binary that a line of cargo's output announces.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let name = message["target"]["name"].as_str()?;
    let path = message["executable"].as_str()?;
    Some((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_are_read_from_cargos_messages() {
        let line = r#"{"reason":"compiler-artifact","package_id":"x","target":{"kind":["bin"],"name":"decide"},"executable":"/t/debug/decide","fresh":true}"#;
        assert_eq!(
            executable(line),
            Some(("decide".to_owned(), PathBuf::from("/t/debug/decide")))
        );
        for other in [
            r#"{"reason":"compiler-artifact","target":{"name":"shared"},"executable":null}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "warning: something",
        ] {
            assert_eq!(executable(other), None);
        }
    }

    #[tokio::test]
    async fn failures_are_said_in_plain_words() {
        let folder = tempfile::tempdir().unwrap();
        let error = build(env!("CARGO"), folder.path(), &BTreeSet::from(["nothing"]))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("do not compile"), "{error}");
        let error = build("no-such-cargo", folder.path(), &BTreeSet::new())
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("cannot run no-such-cargo"),
            "{error}"
        );
    }
}
