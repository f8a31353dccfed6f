//! What is wrong with a query is named, with its place and what may stand there.

use domain::report::{Mistake, Query};

fn mistakes(query: &str) -> Vec<Mistake> {
    Query::parse(query, "2026-11-26T12:00:00Z".parse().unwrap()).expect_err(query)
}

/// A query with one mistake: the place and the text of the term, and words of what is said about it.
fn refuses(query: &str, position: usize, term: &str, words: &str) {
    let found = mistakes(query);
    let [mistake] = found.as_slice() else {
        panic!("{query}: {found:?}");
    };
    assert_eq!((mistake.position, mistake.term.as_str()), (position, term));
    assert!(mistake.problem.contains(words), "{query}: {mistake}");
}

#[test]
fn what_is_no_term_or_no_name_that_is_known_is_refused() {
    for (query, words) in [
        ("refunded", "a field, a colon and a value"),
        ("ünknown:5", "`service`, `offering`, `request`, `actor`"),
        ("actor:", "the value is missing"),
        ("actor:\" \"", "the value is missing"),
        ("phase:\"CSM Review", "quotation mark is missing"),
        ("phase:\"", "quotation mark is missing"),
        ("phase:C\"SM\"", "around the whole value"),
        ("phase:\"CSM\"Review", "quotation mark is missing"),
        ("action:refund", "Did you mean `refunded`?"),
        (
            "action:paid",
            "Known here: `submitted`, `approval_requested`",
        ),
        ("outcome:approve", "Did you mean `approved`?"),
        ("status:needs-attention", "`needs_attention`"),
        ("status:open", "`in_review`, `processing`"),
        ("kind:person", "`customer`, `system`, `approver`"),
        ("means:cash", "`refund`, `credit`"),
        ("service:Refunds", "such as refund-request"),
        ("offering:a/b/c", "such as refund-request"),
        ("request:1", "a request's id"),
    ] {
        refuses(query, 1, query, words);
    }
}

#[test]
fn what_is_no_amount_is_refused() {
    for (query, words) in [
        ("amount:", "the value is missing"),
        ("amount:>=", "19.99; it may stand after >=, >"),
        ("amount:$500", "digits only"),
        ("amount:1,000", "digits only"),
        ("amount:-5", "digits only"),
        ("amount:=5", "digits only"),
        ("amount:5.001", "two digits"),
        ("amount:100..", "digits only"),
        ("amount:..5", "digits only"),
        ("amount:5..4", "the smaller amount stands first"),
    ] {
        refuses(query, 1, query, words);
    }
}

#[test]
fn what_is_no_time_is_refused() {
    for (query, words) in [
        ("from:yesterday", "a day such as 2026-11-01"),
        ("from:2026-02-30", "a day such as 2026-11-01"),
        ("from:20261101", "a day such as 2026-11-01"),
        ("from:2026-11", "a day such as 2026-11-01"),
        (
            "to:2026-11-01T10:00:00",
            "its zone is missing: end it with Z",
        ),
    ] {
        refuses(query, 1, query, words);
    }
}

#[test]
fn a_place_is_counted_in_characters_from_1() {
    for (query, position, term, words) in [
        ("  amout:5", 3, "amout:5", "Did you mean `amount`?"),
        (
            "phase:\"Prüfung 1\" colour:red",
            19,
            "colour:red",
            "no field `colour`",
        ),
        (
            "from:2026-11-02 to:2026-11-01",
            17,
            "to:2026-11-01",
            "must be after `from`",
        ),
        (
            "to:2026-11-01 from:2026-11-01",
            1,
            "to:2026-11-01",
            "must be after `from`",
        ),
        (
            "from:2026-11-01 from:2026-11-02",
            17,
            "from:2026-11-02",
            "it stands once",
        ),
    ] {
        refuses(query, position, term, words);
    }
}

#[test]
fn all_mistakes_are_named_at_once() {
    let found = mistakes("colour:red action:approved amount:many");
    let places: Vec<_> = found.iter().map(|mistake| mistake.position).collect();
    assert_eq!(places, [1, 28]);
    let said = found[0].to_string();
    assert!(
        said.starts_with("character 1, `colour:red`: there is no field"),
        "{said}"
    );
}

/// What `from:2026-11-01T00:00:00+02:00` in a URL comes to.
#[test]
fn a_plus_that_became_a_blank_is_said_so() {
    let found = mistakes("from:2026-11-01T00:00:00 02:00");
    let [time, zone] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(time.problem.contains("%2B"), "{time}");
    assert!(zone.problem.contains("%2B"), "{zone}");
    assert_eq!(zone.position, 26);
}
