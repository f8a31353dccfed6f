//! There is one door to a decision. `domain::approval` makes it impossible to forge one; this makes sure
//! that nobody opens a second door beside it.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The sources that are deployed, without their tests.
fn sources() -> Vec<(String, String)> {
    let mut open = vec![root().join("functions"), root().join("shared")];
    let mut sources = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|it| it == "rs") {
            sources.push((relative(&path), fs::read_to_string(&path).unwrap()));
        }
    }
    sources.retain(|(path, _)| !path.contains("/tests") && !path.starts_with("shared/testing/"));
    sources
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap();
    path.display().to_string()
}

/// The code of a file: no comments, and nothing from its first test module on.
fn code(text: &str) -> String {
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

/// Which files say these words.
fn files_that_say(words: &str) -> Vec<String> {
    let sources = sources();
    assert!(sources.len() > 30, "the sources are found");
    let mut found: Vec<String> = sources
        .into_iter()
        .filter(|(_, text)| code(text).contains(words))
        .map(|(path, _)| path)
        .collect();
    found.sort();
    found
}

#[test]
fn only_the_door_makes_what_can_be_recorded() {
    assert_eq!(
        files_that_say("Authorized(Decision {"),
        ["shared/domain/src/approval/authorization.rs"]
    );
    assert_eq!(
        files_that_say("pub fn authorize_decision("),
        ["shared/domain/src/approval/authorization.rs"]
    );
}

#[test]
fn only_one_place_asks_at_the_door_and_records_what_it_lets_through() {
    let acts = "functions/record-approval/src/acts.rs";
    assert_eq!(files_that_say("authorize_decision(&"), [acts]);
    assert_eq!(files_that_say(".record(authorized)"), [acts]);
    assert_eq!(files_that_say("&Event::Decided("), [acts]);
}

#[test]
fn an_execution_that_waits_for_a_person_is_told_of_stored_decisions_only() {
    let tellers = files_that_say(".succeed(&");
    let of_approvals: Vec<_> = tellers
        .iter()
        .filter(|path| path.contains("approval"))
        .collect();
    let expected = [
        "functions/record-approval/src/telling.rs",
        "functions/request-approval/src/lib.rs",
    ];
    assert_eq!(of_approvals, expected);
    // Nobody else has an approval's token but what wakes it: by failing it, which decides nothing.
    let waker = "functions/note-bounce/src/lib.rs";
    assert!(!tellers.contains(&waker.to_owned()));
    let with_the_token = files_that_say("value.task_token");
    assert!(
        with_the_token
            .iter()
            .all(|path| path.contains("-approval/") || path == waker),
        "{with_the_token:?}"
    );
    for (path, text) in sources() {
        let says = |words: &str| code(&text).contains(words);
        assert!(
            !(path.starts_with("functions/") && says("Outcome::new(outcome::APPROVE)")),
            "{path} approves by itself"
        );
    }
}
