//! There is one authorization of decisions. That no function forges one is the compiler's: the field of
//! `domain::approval::Authorized` is private to that module. This makes sure that nobody goes another way.

use std::collections::BTreeSet;

use crate::sources::{Source, sources};

/// The sources that are deployed.
fn deployed() -> Vec<Source> {
    let mut all = sources("functions");
    all.extend(sources("shared"));
    all
}

/// Which files say these words.
fn files_that_say(words: &str) -> Vec<String> {
    let says = |source: &Source| source.code.contains(words);
    let found = deployed().into_iter().filter(says);
    let mut found: Vec<String> = found.map(|source| source.path).collect();
    found.sort();
    found
}

#[test]
fn one_module_makes_what_can_be_recorded() {
    let authorization = "shared/domain/src/approval/authorization.rs";
    for words in ["Authorized(Decision {", "pub fn authorize_decision("] {
        assert_eq!(files_that_say(words), [authorization]);
    }
}

#[test]
fn one_place_asks_for_an_authorization_and_records_what_it_allows() {
    let actions = "functions/record-approval/src/actions.rs";
    assert_eq!(files_that_say("authorize_decision(&"), [actions]);
    assert_eq!(files_that_say(".record(authorized)"), [actions]);
    let outcome = "functions/record-approval/src/action_outcome.rs";
    assert_eq!(files_that_say("=> Event::Decided("), [outcome]);
}

/// What answers a waiting state: a function that stored a decision or what became of a refund. Whoever has an
/// approval's token besides may only fail it, which makes the state ask again and decides nothing.
#[test]
fn an_execution_that_waits_for_a_person_gets_stored_decisions_only() {
    let workflow = "shared/domain/src/workflow.rs";
    assert_eq!(files_that_say(".succeed("), [workflow]);
    assert!(!files_that_say("TaskAnswer::Outcome(").is_empty());
    let waker = "handle-bounce";
    let with_the_token = functions_that_say("task_token");
    assert!(with_the_token.contains(waker), "{with_the_token:?}");
    assert!(!functions_that_say("TaskAnswer::Outcome(").contains(waker));
    let approve = files_that_say("Outcome::new(outcome::APPROVE)");
    let mut functions = approve.iter().filter(|path| path.starts_with("functions/"));
    assert_eq!(functions.next(), None, "it approves by itself");
}

/// Which functions say these words.
fn functions_that_say(words: &str) -> BTreeSet<String> {
    let files = files_that_say(words).into_iter();
    let functions = files.filter_map(|path| path.strip_prefix("functions/").map(String::from));
    functions
        .filter_map(|path| Some(path.split_once('/')?.0.to_owned()))
        .collect()
}
