//! The files below `generated/`: fresh in this checkout, and kept so by the generator.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::Path;

use statemachines::files::{Change, Difference, Error, Folders};

const VALID: &str = include_str!("fixtures/shop/refund.yaml");

#[test]
fn the_committed_files_are_fresh() {
    let changes = Folders::of_this_checkout().changes().unwrap();
    let stale: Vec<_> = changes.iter().map(|c| (&c.path, c.difference)).collect();
    assert!(
        stale.is_empty(),
        "run `cargo run -p statemachines` and commit what it writes: {stale:?}"
    );
}

fn differences(changes: &[Change]) -> Vec<(&str, Difference)> {
    let of = |change: &Change| change.difference;
    changes
        .iter()
        .map(|change| (change.path.to_str().unwrap(), of(change)))
        .collect()
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn missing_stale_and_extra_files_are_found_and_set_right() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::below(root.path());
    write(root.path(), "definitions/shop/refund.yaml", VALID);
    assert_eq!(
        differences(&folders.changes().unwrap()),
        [
            ("shop/refund.asl.json", Difference::Missing),
            ("shop/refund.mmd", Difference::Missing),
            ("shop/refund.schema.json", Difference::Missing),
        ]
    );
    folders.apply(&folders.changes().unwrap()).unwrap();
    assert_eq!(folders.changes().unwrap(), []);

    write(root.path(), "generated/shop/refund.mmd", "old");
    write(root.path(), "generated/gone/offer.mmd", "old");
    fs::remove_file(root.path().join("generated/shop/refund.schema.json")).unwrap();
    let changes = folders.changes().unwrap();
    assert_eq!(
        differences(&changes),
        [
            ("gone/offer.mmd", Difference::Extra),
            ("shop/refund.mmd", Difference::Stale),
            ("shop/refund.schema.json", Difference::Missing),
        ]
    );
    folders.apply(&changes).unwrap();
    assert_eq!(folders.changes().unwrap(), []);
    assert!(!root.path().join("generated/gone/offer.mmd").exists());
}

#[test]
fn a_refused_definition_leaves_every_file_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::below(root.path());
    write(root.path(), "definitions/shop/refund.yaml", VALID);
    write(root.path(), "definitions/shop/a.yaml", "nothing");
    write(root.path(), "definitions/shop/b.yaml", "nothing");
    let Err(Error::Refused(refused)) = folders.changes() else {
        panic!("the definitions were not refused");
    };
    let files: Vec<_> = refused.iter().map(|problems| &problems.path).collect();
    assert!(files[0].ends_with("definitions/shop/a.yaml"), "{files:?}");
    assert!(files[1].ends_with("definitions/shop/b.yaml"), "{files:?}");
    assert!(!folders.generated.exists());
}

#[test]
fn check_fails_and_names_what_to_run() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "definitions/shop/refund.yaml", VALID);
    let run = |args: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_statemachines"))
            .arg("--root")
            .arg(root.path())
            .args(args)
            .output()
            .unwrap()
    };
    let stale = run(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    let said = String::from_utf8(stale.stderr).unwrap();
    assert!(said.contains("shop/refund.asl.json is missing"), "{said}");
    assert!(said.contains("Run `cargo run -p statemachines`"), "{said}");

    assert!(run(&[]).status.success());
    assert!(run(&["--check"]).status.success());
    assert_eq!(run(&["--chekc"]).status.code(), Some(2));
}
