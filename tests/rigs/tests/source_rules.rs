//! What source files may not say, because nothing else would notice.

#![expect(clippy::unwrap_used, reason = "a panic fails the test and says where")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A source file without its comments and its tests.
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
    assert!(!files.is_empty(), "there is no source in {path}");
    let sources = files.into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let code = without_tests(&text)
            .into_iter()
            .filter(|line| !line.trim_start().starts_with("//"));
        Source {
            path: file.strip_prefix(root()).unwrap().display().to_string(),
            code: code.collect::<Vec<_>>().join("\n"),
        }
    });
    sources.collect()
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

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if path.is_dir() {
        if !matches!(name.as_ref(), "tests" | "examples" | "target") {
            let mut entries: Vec<_> = fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            entries.sort();
            for entry in &entries {
                collect(entry, files);
            }
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
fn functions_read_no_clock() {
    let words = ["SystemTime", "Instant", "Timestamp::now", "Zoned::now"];
    // A line of the log says when it was written, and no function reads that.
    let log = "shared/adapters/src/logging.rs";
    for folder in ["functions", "shared"] {
        let mut sources = sources(folder);
        sources.retain(|source| !source.path.ends_with(log));
        none_says(&sources, &words, "the time comes with the event");
    }
}

#[test]
fn no_float_is_anywhere_near_an_amount() {
    for folder in ["functions", "shared", "infra/local/src/stripe"] {
        none_says(&sources(folder), &["f32", "f64"], "money is whole cents");
    }
}

#[test]
fn only_mains_print() {
    let mut folders = ["functions", "infra/local", "shared", "statemachines"]
        .map(PathBuf::from)
        .to_vec();
    let tests = fs::read_dir(root().join("tests")).unwrap();
    folders.extend(tests.map(|entry| Path::new("tests").join(entry.unwrap().file_name())));
    for folder in folders {
        let mut files = sources(folder.to_str().unwrap());
        files.retain(|source| !source.path.ends_with("/main.rs"));
        let words = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];
        none_says(&files, &words, "libraries log");
    }
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
