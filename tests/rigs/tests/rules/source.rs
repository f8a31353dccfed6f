//! What source files may not say.

use crate::sources::{Source, sources};

/// Nobody says any of these words.
fn none_says(sources: &[Source], words: &[&str], why: &str) {
    for source in sources {
        for word in words {
            assert!(!source.says(word), "{} says `{word}`: {why}", source.path);
        }
    }
}

/// The time of day is clippy's: `.clippy.toml` has the methods that read it.
#[test]
fn functions_read_no_stopwatch() {
    for folder in ["functions", "shared"] {
        none_says(
            &sources(folder),
            &["Instant"],
            "the time comes with the event",
        );
    }
}

#[test]
fn no_float_is_anywhere_near_an_amount() {
    for folder in ["functions", "shared", "infra/local/src/stripe"] {
        let mut sources = sources(folder);
        // The contrast of colors is defined with powers, and nothing there knows of money.
        sources.retain(|source| source.path != "shared/web/src/palette.rs");
        for source in &mut sources {
            // Serde's `forward_to_deserialize_any!` has to name every type, also to refuse it.
            source.code = source.code.replace("f32 f64 char", "");
        }
        none_says(&sources, &["f32", "f64"], "money is whole cents");
    }
}

#[test]
fn only_mains_print() {
    let tests = ["tests/e2e", "tests/rigs", "tests/sim"];
    for folder in [
        "functions",
        "infra/admin",
        "infra/local",
        "infra/smoke-test",
        "shared",
        "statemachines",
    ]
    .into_iter()
    .chain(tests)
    {
        let mut files = sources(folder);
        let is_main = |path: &str| path.ends_with("/main.rs") || path.contains("/src/bin/");
        files.retain(|source| !is_main(&source.path));
        let words = ["println!", "print!", "eprintln!", "eprint!"];
        none_says(&files, &words, "libraries log");
    }
}
