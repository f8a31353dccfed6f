//! `cargo lambda watch` runs the functions in place of the stack. It reads their environment from the
//! root Cargo.toml, which has to say what the stack itself would give them on its usual port.
#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails with the place and the reason"
)]

use std::{collections::BTreeMap, path::Path, process::Command};

use local::{
    lambda::endpoints,
    stack::{USUAL_PORT, default_values},
    template::{Function, Template},
    workspace,
};
use serde_json::Value;

/// `[workspace.metadata.lambda.env]` of the root Cargo.toml.
fn declared(workspace: &Path) -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["metadata"]["lambda"]["env"].clone()).unwrap()
}

/// One environment that serves every function: `cargo lambda watch` gives all of a workspace's the same.
fn shared_environment(functions: &[Function], base_url: &str) -> BTreeMap<String, String> {
    let mut shared = endpoints(base_url);
    for (name, value) in functions.iter().flat_map(|function| &function.environment) {
        let other = shared.insert(name.clone(), value.clone());
        assert!(
            other.is_none_or(|other| other == *value),
            "two functions need different values of {name}"
        );
    }
    shared
}

#[test]
fn functions_get_the_same_environment_from_cargo_lambda_watch() {
    let root = workspace::find().unwrap();
    let declared = declared(&root);
    let base_url = format!("http://127.0.0.1:{USUAL_PORT}");
    let mut values = default_values(&base_url);
    // The one value that the stack makes up; a fixed one will do for functions that it does not start.
    let link_key = declared.get("LINK_KEY").cloned().unwrap_or_default();
    assert!(
        link_key.len() >= 32,
        "LINK_KEY is too short to sign links with"
    );
    values.secrets.insert("LinkKey".to_owned(), link_key);
    let template = Template::read(&root.join(workspace::TEMPLATE), &values).unwrap();
    let given = shared_environment(&template.functions, &base_url);
    assert_eq!(declared, given);
}
