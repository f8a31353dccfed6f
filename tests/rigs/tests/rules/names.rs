//! Things are named by the field's words: each of these meant something here only, and has a standard word in its
//! place. Names are identifiers and file names; strings and comments are prose.

use std::collections::BTreeSet;
use std::path::Path;

use crate::sources::{files, read};

/// No name has one of these words in it, whatever its case.
const WORDS: &[(&str, &str)] = &[
    ("agenda", "timer_queue"),
    ("barred", "ineligible"),
    ("deed", "connector_action"),
    ("desk", "request_store, test_client"),
    ("dice", "rng"),
    ("door", "authorization, code_page"),
    ("enlist", "add_approvers"),
    ("impasse", "deadlock"),
    ("letter", "approval_email"),
    ("letters", "approval_emails"),
    ("note_reach", "set_reachability"),
    ("objection", "precondition_failed"),
    ("occasion", "notification_reason"),
    ("passage", "state_entry"),
    ("spare_known", "mark_already_notified"),
    ("stand_in", "fake"),
    ("sweeper", "ttl_sweeper"),
    ("take_in", "apply_update"),
    ("tame", "sanitize_text"),
    ("teller", "event_sender"),
    ("ticket", "invitation_token"),
    ("trail", "audit_log"),
    ("vouch", "confirm_ownership"),
    ("vouched", "ownership_confirmation"),
    ("vouches", "confirms_ownership"),
];

/// Nothing has one of these names.
const NAMES: &[(&str, &str)] = &[
    ("AskedBy", "Requester"),
    ("Asker", "Requester"),
    ("BadAddress", "SuppressedAddress"),
    ("CodeLock", "OneTimeCode"),
    ("Done", "one enum of outcomes"),
    ("Entered", "Authenticated"),
    ("Findings", "ChargeLookup"),
    ("Interrupted", "ActionError"),
    ("Means", "SettlementMethod"),
    ("News", "RefundUpdate"),
    ("Pass", "InvitationCredentials"),
    ("Seen", "ProcessedEvent"),
    ("Standing", "StatusView"),
    ("Stay", "StateExecution"),
    ("Taken", "SubmitOutcome"),
    ("Told", "Notified"),
    ("Tried", "CodeCheck"),
    ("Trouble", "SuppressionReason"),
    ("Undone", "one enum of outcomes"),
    ("Unreadable", "Invalid"),
    ("Untold", "Unnotified"),
    ("Used", "IdempotencyRecord"),
    ("Visit", "StateVisit"),
    ("Wanted", "NewRequest"),
    ("Way", "Transition, Outcome"),
    ("consult", "load"),
    ("enter", "authenticate"),
    ("intend", "begin"),
    ("is_wild", "is_bidi_or_control"),
    ("leave", "exit_state"),
    ("way", "transition, outcome"),
    ("ways", "transitions, outcomes"),
];

/// No code says one of these, where the name alone would be an ordinary word.
const PATTERNS: &[(&str, &str)] = &[
    ("Ledger::Open", "Ledger::Pending"),
    ("Ledger::Over", "Ledger::Settled"),
    ("fn same(", "constant_time_eq"),
];

/// No file has one of these names.
const FILES: &[(&str, &str)] = &[
    ("acts", "actions"),
    ("marks", "reserved_syntax"),
    ("posted", "form_data"),
    ("telling", "notifications"),
];

/// Where a name is right all the same.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "Pass",
        "infra/local/src/",
        "a type of state of Amazon States Language",
    ),
    (
        "enter",
        "shared/adapters/src/",
        "a method of tracing's spans",
    ),
    (
        "Visit",
        "shared/adapters/src/",
        "a trait of tracing's fields",
    ),
    (
        "ttl_sweeper",
        "infra/local/src/",
        "the standard word, which has the odd one in it",
    ),
];

fn is_excepted(path: &str, name: &str) -> bool {
    EXCEPTIONS
        .iter()
        .any(|(excepted, place, _)| *excepted == name && path.starts_with(place))
}

/// The names in Rust code, without those in comments and literals.
fn names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(length) = literal(rest) {
            length
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            names.insert(name.to_owned());
            name.len()
        } else {
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    names
}

/// The length of the text or character that begins here. A lifetime is none.
fn literal(rest: &str) -> Option<usize> {
    let raw = rest.trim_start_matches(['b', 'c']);
    let prefix = rest.len() - raw.len();
    if let Some(hashed) = raw.strip_prefix('r') {
        let hashes = hashed.len() - hashed.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let body = hashed[hashes..].strip_prefix('"')?;
        let closed = body.find(&end)?;
        return Some(prefix + 1 + hashes + 1 + closed + end.len());
    }
    let (quote, body) = match raw.chars().next()? {
        quote @ ('"' | '\'') => (quote, &raw[1..]),
        _ => return None,
    };
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        if character == quote && !escaped {
            return Some(prefix + 1 + at + 1);
        }
        // A character is one, or an escape; all else after a quote is a lifetime.
        if quote == '\'' && at > 0 && !body.starts_with('\\') {
            return None;
        }
        escaped = character == '\\' && !escaped;
    }
    None
}

/// `ApprovalEmail` and `APPROVAL_EMAIL` are `approval_email`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for character in name.chars() {
        if character.is_uppercase() && before.is_lowercase() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
        before = character;
    }
    snake
}

/// What is wrong with a name.
fn problems(name: &str) -> Vec<String> {
    let snake = format!("_{}_", snake_case(name));
    let words = WORDS
        .iter()
        .filter(|(word, _)| snake.contains(&format!("_{word}_")));
    let names = NAMES.iter().filter(|(odd, _)| *odd == name);
    let found = words.chain(names);
    found
        .map(|(odd, standard)| format!("`{name}`: for `{odd}` say {standard}"))
        .collect()
}

#[test]
fn names_are_the_fields_own_words() {
    let mut found = Vec::new();
    for file in files().into_iter().filter(|file| is_rust(file)) {
        let path = file.display().to_string();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let odd = FILES.iter().filter(|(odd, _)| *odd == stem);
        found.extend(odd.map(|(_, standard)| format!("{path}: say {standard}")));
        // The rule itself says them all.
        if path.starts_with("tests/rigs/tests/rules/") {
            continue;
        }
        let text = read(&file);
        let said = PATTERNS.iter().filter(|(odd, _)| text.contains(odd));
        found.extend(said.map(|(odd, standard)| format!("{path}: for `{odd}` say {standard}")));
        let mut names = names(&text);
        names.insert(stem.into_owned());
        for name in names.into_iter().filter(|name| !is_excepted(&path, name)) {
            found.extend(
                problems(&name)
                    .into_iter()
                    .map(|it| format!("{path}: {it}")),
            );
        }
    }
    assert!(
        found.is_empty(),
        "{} names:\n{}",
        found.len(),
        found.join("\n")
    );
}

fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|it| it == "rs")
}

#[test]
fn an_exception_has_its_use() {
    for (name, place, reason) in EXCEPTIONS {
        let there = files()
            .into_iter()
            .filter(|file| file.starts_with(place.trim_end_matches('/')));
        let mut sources = there.filter(|file| is_rust(file));
        let used = sources.any(|file| names(&read(&file)).contains(*name));
        assert!(
            used && !reason.is_empty(),
            "{name} is not in {place} any more"
        );
    }
}

#[test]
fn a_name_is_found_in_code_and_only_there() {
    let text = r#"
        // A door in prose.
        fn open_door(text: &'static str, c: char) -> Result<Told> {
            let quoted = "a \" desk"; let raw = r"a \ trail"; let letter = 'x' ; '\'' ; '"' ;
            vouch(Sweeper::new());
        }
    "#;
    let found: Vec<_> = names(text).iter().flat_map(|name| problems(name)).collect();
    let expected = ["Sweeper", "Told", "letter", "open_door", "vouch"];
    let named: Vec<_> = found.iter().filter_map(|it| it.split('`').nth(1)).collect();
    assert_eq!(named, expected);
}
