//! Which part may know which, and how a part is named. Nothing else would notice.

#![expect(clippy::unwrap_used, reason = "a panic fails the test and says where")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

// ---------------------------------------------------------------- who depends on whom

/// A package of the workspace and which others of the workspace it names.
struct Package {
    name: String,
    /// Its folder, such as `functions/decide`.
    folder: String,
    binaries: BTreeSet<String>,
    uses: BTreeSet<String>,
    uses_in_tests: BTreeSet<String>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = root().canonicalize().unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| read(package, &root)).collect()
}

fn read(package: &Value, root: &Path) -> Package {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |name: &str| package[name].as_array().unwrap().iter();
    // A dependency of ours is one with a path.
    let ours = |in_tests: bool| {
        list("dependencies")
            .filter(|dependency| dependency["path"].is_string())
            .filter(|dependency| (dependency["kind"] == "dev") == in_tests)
            .map(|dependency| text(&dependency["name"]))
            .collect()
    };
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let folder = manifest.parent().unwrap().strip_prefix(root).unwrap();
    Package {
        name: text(&package["name"]),
        folder: folder.to_string_lossy().into_owned(),
        binaries: list("targets")
            .filter(|target| target["kind"][0] == "bin")
            .map(|target| text(&target["name"]))
            .collect(),
        uses: ours(false),
        uses_in_tests: ours(true),
    }
}

/// What a package may use: in what is built to run, and in its tests besides. `None` for tests, which may
/// use anything.
fn may_use(folder: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match folder {
        "shared/domain" => (&[], &[]),
        "shared/adapters" | "shared/web" => (&["domain"], &["testing"]),
        "shared/testing" => (&["domain"], &[]),
        "statemachines" => (&["domain"], &[]),
        "infra/local" => (&["domain", "statemachines"], &["testing"]),
        _ if folder.starts_with("functions/") => (&["adapters", "domain", "web"], &["testing"]),
        _ if folder.starts_with("tests/") => return None,
        other => panic!("say here what a package in {other} may use"),
    })
}

#[test]
fn dependencies_follow_the_arrows() {
    for package in packages() {
        let Some((allowed, in_tests)) = may_use(&package.folder) else {
            continue;
        };
        let used = package.uses.iter().map(|name| (name, false));
        let used = used.chain(package.uses_in_tests.iter().map(|name| (name, true)));
        for (name, in_test) in used {
            let allowed =
                allowed.contains(&name.as_str()) || (in_test && in_tests.contains(&name.as_str()));
            assert!(allowed, "{} must not use {name}", package.folder);
        }
    }
}

#[test]
fn what_is_deployed_knows_neither_the_local_stack_nor_the_tests() {
    let packages = packages();
    let kept_out: BTreeSet<_> = packages
        .iter()
        .filter(|package| {
            package.folder.starts_with("infra/") || package.folder.starts_with("tests/")
        })
        .map(|package| package.name.as_str())
        .collect();
    assert!(
        kept_out.contains("local") && kept_out.contains("rigs"),
        "{kept_out:?}"
    );

    let mut deployed: Vec<&str> = functions(&packages)
        .map(|package| package.name.as_str())
        .collect();
    assert!(!deployed.is_empty());
    let mut at = 0;
    while let Some(name) = deployed.get(at).copied() {
        at += 1;
        assert!(!kept_out.contains(name), "{name} would be deployed");
        let package = packages
            .iter()
            .find(|package| package.name == name)
            .unwrap();
        for used in &package.uses {
            if !deployed.contains(&used.as_str()) {
                deployed.push(used);
            }
        }
    }
}

// ---------------------------------------------------------------- a folder is a binary is a resource

fn functions(packages: &[Package]) -> impl Iterator<Item = &Package> {
    packages
        .iter()
        .filter(|package| package.folder.starts_with("functions/"))
}

fn pascal_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

/// The lines of each resource of the template, by logical id.
fn resources(template: &str) -> Vec<(&str, Vec<&str>)> {
    let mut resources: Vec<(&str, Vec<&str>)> = Vec::new();
    let section = template
        .lines()
        .skip_while(|line| *line != "Resources:")
        .skip(1);
    for line in section.take_while(|line| line.is_empty() || line.starts_with([' ', '#'])) {
        let name = line
            .strip_prefix("  ")
            .and_then(|line| line.strip_suffix(':'));
        match name {
            Some(name) if name.chars().all(char::is_alphanumeric) => resources.push((name, vec![])),
            _ => resources
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|(_, lines)| lines.push(line.trim())),
        }
    }
    resources
}

#[test]
fn every_function_is_a_folder_a_binary_and_a_resource_of_one_name() {
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let mut resources = resources(&template);
    resources.retain(|(_, lines)| lines.contains(&"Type: AWS::Serverless::Function"));
    let packages = packages();
    for package in functions(&packages) {
        let name = &package.name;
        assert_eq!(package.folder, format!("functions/{name}"));
        assert_eq!(package.binaries, BTreeSet::from([name.clone()]));

        let id = pascal_case(name);
        let (_, lines) = resources
            .iter()
            .find(|(resource, _)| *resource == id)
            .unwrap_or_else(|| panic!("infra/template.yaml has no function {id}"));
        let code = format!("CodeUri: ../functions/{name}");
        assert!(lines.contains(&code.as_str()), "{id} has no `{code}`");
        let binary = format!("Binary: {name} ");
        assert!(
            lines.iter().any(|line| line.contains(&binary)),
            "{id} has no `{binary}`"
        );
    }
    let ids: BTreeSet<_> = functions(&packages)
        .map(|package| pascal_case(&package.name))
        .collect();
    for (resource, _) in resources {
        assert!(ids.contains(resource), "there is no folder for {resource}");
    }
}
