//! The rules that hold the code's parts apart. Each is here because nothing else would notice.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The modules of `shared` that say what a refund request is. They know no AWS, no HTTP, no runtime.
const PURE: [&str; 10] = [
    "approval", "audit", "form", "id", "money", "refund", "request", "rule", "task", "text",
];

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

/// What a package may use, in its tests too. `None` for tests, which may use anything.
fn may_use(folder: &str) -> Option<&'static [&'static str]> {
    match folder.split_once('/').map_or(folder, |(first, _)| first) {
        "functions" | "statemachines" => Some(&["shared"]),
        "infra" | "shared" => Some(&[]),
        "tests" => None,
        other => panic!("say here what a package in {other}/ may use"),
    }
}

#[test]
fn dependencies_follow_the_arrows() {
    for package in packages() {
        let Some(allowed) = may_use(&package.folder) else {
            continue;
        };
        let used = package.uses.union(&package.uses_in_tests);
        let wrong: Vec<_> = used
            .filter(|name| !allowed.contains(&name.as_str()))
            .collect();
        assert!(
            wrong.is_empty(),
            "{} must not use {wrong:?}",
            package.folder
        );
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

// ---------------------------------------------------------------- what source files may say

/// A source file without its comments and without the tests at its end.
struct Source {
    path: String,
    code: String,
}

impl Source {
    /// Whether a word of the code begins with this.
    fn says(&self, word: &str) -> bool {
        let inside_a_word = |before: char| before.is_alphanumeric() || before == '_';
        let mut places = self.code.match_indices(word);
        places.any(|(at, _)| !self.code[..at].ends_with(inside_a_word))
    }
}

/// The sources of a folder, or one source file, but not its tests.
fn sources(path: &str) -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join(path), &mut files);
    assert!(!files.is_empty(), "there is nothing in {path}");
    let sources = files.into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
        let code: Vec<&str> = lines
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        Source {
            path: file.strip_prefix(root()).unwrap().display().to_string(),
            code: code.join("\n"),
        }
    });
    sources.collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if path.is_dir() {
        if !matches!(name.as_ref(), "tests" | "examples" | "target") {
            let mut entries: Vec<_> = fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            entries.sort();
            entries.iter().for_each(|entry| collect(entry, files));
        }
    } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
        files.push(path.to_owned());
    }
}

/// Nobody says any of these words.
fn none_says(sources: &[Source], words: &[&str], why: &str) {
    for source in sources {
        for word in words {
            assert!(!source.says(word), "{} says `{word}`: {why}", source.path);
        }
    }
}

#[test]
fn pure_modules_name_no_sdk_and_no_runtime() {
    for module in PURE {
        let mut files = sources(&format!("shared/src/{module}.rs"));
        let folder = format!("shared/src/{module}");
        if root().join(&folder).is_dir() {
            files.extend(sources(&folder));
        }
        let words = [
            "aws_",
            "lambda_",
            "reqwest",
            "tokio",
            "crate::aws",
            "crate::http",
            "std::env",
        ];
        none_says(&files, &words, "this module is about refunds alone");
    }
}

#[test]
fn functions_read_no_clock() {
    let words = ["SystemTime", "Instant", "Timestamp::now", "Zoned::now"];
    for folder in ["functions", "shared/src"] {
        none_says(&sources(folder), &words, "the time comes with the event");
    }
}

#[test]
fn no_float_is_anywhere_near_an_amount() {
    for folder in ["functions", "shared/src", "infra/local/src/stripe"] {
        none_says(&sources(folder), &["f32", "f64"], "money is whole cents");
    }
}

#[test]
fn only_mains_print() {
    for package in packages() {
        let mut files = sources(&format!("{}/src", package.folder));
        files.retain(|source| !source.path.ends_with("/main.rs"));
        let words = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];
        none_says(&files, &words, "libraries log");
    }
}

#[test]
fn words_are_found_where_they_begin() {
    let source = Source {
        path: String::new(),
        code: "let x: f64 = my_f32; std::time::Instant::now(); InstantX".to_owned(),
    };
    assert!(source.says("f64") && source.says("Instant"));
    assert!(!source.says("f32") && !source.says("SystemTime"));
}
