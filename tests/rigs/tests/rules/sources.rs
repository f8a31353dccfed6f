//! The files that the rules are about.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The text of a file.
pub(crate) fn read(file: impl AsRef<Path>) -> String {
    let file = file.as_ref();
    fs::read_to_string(root().join(file))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every file that is written by hand or committed, relative to the checkout: not what is built, installed or kept
/// while the system runs.
pub(crate) fn files() -> Vec<PathBuf> {
    const NOT_OURS: [&str; 6] = [
        ".aws-sam",
        ".git",
        ".local",
        ".rigs",
        "node_modules",
        "target",
    ];
    let (mut open, mut files) = (vec![PathBuf::new()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
            if !entry.file_type().unwrap().is_dir() {
                files.push(path);
            } else if !NOT_OURS.iter().any(|it| name == *it) {
                open.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 300, "the files are found: {files:?}");
    files
}

/// A Rust file without its comments and its tests.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) code: String,
}

impl Source {
    /// Whether a word of the code begins with this.
    pub(crate) fn says(&self, word: &str) -> bool {
        let inside_a_word = |before: char| before.is_alphanumeric() || before == '_';
        let mut places = self.code.match_indices(word);
        places.any(|(at, _)| !self.code[..at].ends_with(inside_a_word))
    }
}

/// The sources below a folder, without tests and what only tests use.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let in_tests = |path: &Path| {
        path.components().any(|it| {
            ["tests", "examples", "testing"]
                .iter()
                .any(|name| it.as_os_str() == *name)
        })
    };
    let sources = files().into_iter().filter(|path| {
        let name = path.to_string_lossy();
        let below = path.strip_prefix(folder);
        below.is_ok_and(|below| !in_tests(below))
            && name.ends_with(".rs")
            && !name.ends_with("tests.rs")
    });
    let sources: Vec<_> = sources
        .map(|path| Source {
            code: without_tests(&read(&path))
                .into_iter()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n"),
            path: path.display().to_string(),
        })
        .collect();
    assert!(!sources.is_empty(), "there is no source in {folder}");
    sources
}

/// The lines of a file without the items under `#[cfg(test)]`, as rustfmt writes them.
fn without_tests(text: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line != "#[cfg(test)]" {
            kept.push(line);
        } else if lines.next().is_some_and(|item| !item.ends_with(';')) {
            let _ = lines.by_ref().find(|line| *line == "}");
        }
    }
    kept
}

#[test]
fn tests_are_left_out_and_nothing_else() {
    let text = "a\n#[cfg(test)]\nmod tests;\nb\n#[cfg(test)]\nmod more {\n    c\n}\nd";
    assert_eq!(without_tests(text), ["a", "b", "d"]);
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
