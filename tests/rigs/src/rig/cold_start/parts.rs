//! What a function is made of, each part alone: built from `tools/cold-start/parts`, with the workspace's release profile and
//! the workspace's versions of everything.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::NAME;
use crate::{
    Checkout,
    command::{command, stdout},
};

/// Where cargo builds them, beside what other rigs install.
const TARGET: &str = "cold-start-parts";

/// Builds a program with one of the crate's features. All are built in one place, for most of what they are made of is the
/// same, so each is copied before the next takes its name.
pub(super) fn build(
    checkout: &Checkout,
    scratch: &Path,
    program: &str,
    feature: &str,
) -> anyhow::Result<PathBuf> {
    let target = checkout.installed(TARGET);
    let mut build = command("cargo", &folder(checkout));
    build.args(["build", "--release", "--locked", "--quiet"]);
    build.args(["--bin", program, "--features", feature]);
    stdout(build.arg("--target-dir").arg(&target))?;
    let copy = scratch.join(feature);
    fs::copy(target.join("release").join(program), &copy)
        .with_context(|| format!("cargo built no {program}"))?;
    Ok(copy)
}

pub(super) fn folder(checkout: &Checkout) -> PathBuf {
    checkout.tool_list(NAME, "parts")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn texts(file: &str) -> [String; 2] {
        let checkout = Checkout::of_this_package().unwrap();
        [checkout.root(), &folder(&checkout)]
            .map(|folder| fs::read_to_string(folder.join(file)).unwrap())
    }

    #[test]
    fn the_parts_are_built_as_the_functions_are() {
        let profiles = texts("Cargo.toml").map(|text| {
            let (_, after) = text.split_once("[profile.release]\n").unwrap();
            after.split("\n[").next().unwrap().trim().to_owned()
        });
        assert_eq!(profiles[0], profiles[1]);
        assert!(profiles[0].contains("lto"), "{}", profiles[0]);
    }

    #[test]
    fn the_parts_are_built_from_what_the_functions_are_built_from() {
        let [workspace, parts] = texts("Cargo.lock").map(|text| {
            let packages = text.split("[[package]]\n").skip(1);
            // Name, version, source and checksum.
            let named = packages.map(|it| it.lines().take(4).collect::<Vec<_>>().join("\n"));
            named
                .filter(|it| it.contains("checksum"))
                .collect::<BTreeSet<_>>()
        });
        assert!(parts.iter().any(|it| it.contains("\"aws-lc-sys\"")));
        let other: Vec<_> = parts.difference(&workspace).collect();
        assert!(
            other.is_empty(),
            "copy Cargo.lock to the parts' folder and run `cargo metadata` there: {other:#?}"
        );
    }
}
