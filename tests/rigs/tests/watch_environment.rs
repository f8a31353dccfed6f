//! `cargo lambda watch` reads the functions' environment from the workspace's Cargo.toml. What is
//! written there has to be what the template says, or the two ways to run the functions drift apart.

use std::{collections::BTreeMap, path::Path, process::Command};

use local::{lambda::shared_environment, stack::stand_in_values, template::Template};
use serde_json::Value;

const BASE: &str = "http://127.0.0.1:3000";
/// The one value that need not be the same: each stack makes up its own.
const LINK_KEY: &str = "LINK_KEY";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn written() -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["metadata"]["lambda"]["env"].clone()).unwrap()
}

#[test]
fn cargo_toml_says_what_the_template_says() {
    let mut written = written();
    let link_key = written.remove(LINK_KEY).unwrap();
    assert!(link_key.len() >= 32, "functions refuse a shorter key");

    let mut values = stand_in_values(BASE);
    values.secrets.insert("LinkKey".to_owned(), link_key);
    let template = Template::read(&root().join("infra/template.yaml"), &values).unwrap();
    let mut wanted = shared_environment(&template.functions, BASE).unwrap();
    wanted.remove(LINK_KEY);
    assert_eq!(
        written, wanted,
        "[workspace.metadata.lambda.env] is on the left"
    );
}
