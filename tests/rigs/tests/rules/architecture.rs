//! Which package may know which, and how a function is named.
//!
//! The picture in `shared/README.md` is the rule: every arrow of it is a dependency in some manifest, and every
//! dependency is an arrow. Packages below `functions/` are one box, `functions`; those below `tests/` may use
//! anything and are not drawn.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::sources::{read, root};

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
    packages.map(|package| package_of(package, &root)).collect()
}

fn package_of(package: &Value, root: &Path) -> Package {
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

/// From a box to another one, and whether for tests only.
type Arrow = (String, String, bool);

/// The box of a package in the picture; `None` for tests.
fn node(package: &Package) -> Option<&str> {
    let (parent, _) = package
        .folder
        .split_once('/')
        .unwrap_or((&package.folder, ""));
    match parent {
        "tests" => None,
        "functions" => Some("functions"),
        _ => Some(&package.name),
    }
}

/// The arrows that the manifests make. What a package uses anyway is no arrow of its tests.
fn dependencies(packages: &[Package]) -> BTreeSet<Arrow> {
    let mut arrows = BTreeSet::new();
    for package in packages {
        let Some(from) = node(package) else { continue };
        let arrow = |to: &String, in_tests| (from.to_owned(), box_of(packages, to), in_tests);
        arrows.extend(package.uses.iter().map(|to| arrow(to, false)));
        let more = package.uses_in_tests.difference(&package.uses);
        arrows.extend(more.map(|to| arrow(to, true)));
    }
    arrows
}

fn box_of(packages: &[Package], name: &str) -> String {
    let package = packages
        .iter()
        .find(|package| package.name == name)
        .unwrap();
    node(package).unwrap_or(name).to_owned()
}

/// The arrows of the diagram after the mark: `a --> b`, and `a -. tests .-> b` for tests only.
fn picture(readme: &str) -> BTreeSet<Arrow> {
    let (_, marked) = readme.split_once("<!-- crates -->").unwrap();
    let diagram = marked.split("```").nth(1).unwrap();
    let arrows = diagram.lines().filter_map(|line| {
        let (from, to, in_tests) = match line.split_once(" -. tests .-> ") {
            Some((from, to)) => (from, to, true),
            None => line
                .split_once(" --> ")
                .map(|(from, to)| (from, to, false))?,
        };
        Some((from.trim().to_owned(), to.trim().to_owned(), in_tests))
    });
    arrows.collect()
}

#[test]
fn the_picture_in_shared_readme_is_the_dependencies() {
    let (drawn, used) = (
        picture(&read("shared/README.md")),
        dependencies(&packages()),
    );
    assert!(drawn.len() > 5, "the picture is found: {drawn:?}");
    let undrawn: Vec<_> = used.difference(&drawn).collect();
    assert!(undrawn.is_empty(), "not in the picture: {undrawn:?}");
    let missing: Vec<_> = drawn.difference(&used).collect();
    assert!(missing.is_empty(), "no manifest has: {missing:?}");
}

#[test]
fn what_is_deployed_reaches_neither_the_local_stack_nor_the_tests() {
    let arrows = dependencies(&packages());
    let mut deployed = BTreeSet::from(["functions".to_owned()]);
    loop {
        let deeper = arrows
            .iter()
            .filter(|(from, _, in_tests)| !in_tests && deployed.contains(from));
        let more: BTreeSet<_> = deeper.map(|(_, to, _)| to.clone()).collect();
        if more.is_subset(&deployed) {
            break;
        }
        deployed.extend(more);
    }
    let expected = ["adapters", "domain", "functions", "web"].map(String::from);
    assert_eq!(deployed, BTreeSet::from(expected));
}

/// No IO and no HTML in the rules: what would do it is not even there.
#[test]
fn the_domain_needs_no_runtime_no_http_no_sdk_and_no_html() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "domain",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        tree.starts_with("domain ") && tree.contains("\nserde "),
        "{tree}"
    );
    for line in tree.lines() {
        let unwanted = ["aws", "tokio", "reqwest", "hyper", "maud", "http", "lambda"];
        let found = unwanted.into_iter().find(|name| line.starts_with(name));
        assert_eq!(found, None, "{line}");
    }
}

#[test]
fn a_picture_has_both_kinds_of_arrows() {
    let readme = "a --> z\n<!-- crates -->\n```mermaid\nflowchart\n    a --> b\n    a -. tests .-> c\n```\nd --> e";
    let arrow = |to: &str, in_tests| ("a".to_owned(), to.to_owned(), in_tests);
    assert_eq!(
        picture(readme),
        BTreeSet::from([arrow("b", false), arrow("c", true)])
    );
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
    let template = read("infra/template.yaml");
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
