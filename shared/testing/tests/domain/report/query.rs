//! The query language: each field, each operator, quotes, times, and what is refused where.

use domain::audit::{Action, Actor, AuditRecord};
use domain::money::Usd;
use domain::refund::SettlementMethod;
use domain::report::{Mistake, Query};
use domain::request::Status;
use jiff::Timestamp;
use testing::fixtures;

const NOW: &str = "2026-11-26T12:00:00Z";
const ID: &str = "0b3c0000-0000-4000-8000-000000000001";
const CSM: &str = "csm-1@example.com";
const ALL: &str =
    "submitted approved refund_intended refunded refund_reversed credited rejected closed expired";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One record of each of these actions, the last of them of another service.
fn records() -> Vec<AuditRecord> {
    let (_, first) = fixtures::request::request();
    let record = |action, time: &str| AuditRecord {
        action,
        at: at(time),
        ..first.clone()
    };
    let moved = |action, time: &str, means, cents, stripe_id: Option<&str>| AuditRecord {
        actor: Actor::System,
        actor_kind: Actor::System.kind(),
        amount: Some(Usd::from_cents(cents).unwrap()),
        means: Some(means),
        charge: Some("ch_1".to_owned()),
        stripe_id: stripe_id.map(str::to_owned),
        phase: "Process Refund".parse().unwrap(),
        status: Status::Refunded,
        ..record(action, time)
    };
    let by = |approver: &str, record| {
        let actor = Actor::Approver(approver.to_owned());
        let actor_kind = actor.kind();
        AuditRecord {
            actor,
            actor_kind,
            ..record
        }
    };
    let (refund, credit) = (SettlementMethod::Refund, SettlementMethod::Credit);
    let intended = moved(
        Action::RefundIntended,
        "2026-11-03T00:00:00Z",
        refund,
        50_000,
        None,
    );
    let reversed = moved(
        Action::RefundReversed,
        "2026-11-04T00:00:00Z",
        refund,
        50_000,
        Some("re_1"),
    );
    let credited = moved(
        Action::Credited,
        "2026-11-05T00:00:00Z",
        credit,
        4_999,
        Some("cbtxn_1"),
    );
    vec![
        AuditRecord {
            request_id: ID.parse().unwrap(),
            ..record(Action::Submitted, "2026-11-01T00:00:00Z")
        },
        by(CSM, record(Action::Approved, "2026-11-02T00:00:00Z")),
        AuditRecord {
            status: Status::Processing,
            ..intended
        },
        moved(
            Action::Refunded,
            "2026-11-03T22:30:00Z",
            refund,
            50_000,
            Some("re_1"),
        ),
        AuditRecord {
            status: Status::NeedsAttention,
            ..reversed
        },
        AuditRecord {
            offering: "customer-success/refund-request-routed".parse().unwrap(),
            ..credited
        },
        by(
            "csm-2@example.com",
            record(Action::Rejected, "2026-11-06T00:00:00Z"),
        ),
        AuditRecord {
            status: Status::Denied,
            actor: Actor::System,
            actor_kind: Actor::System.kind(),
            ..record(Action::Closed, "2026-11-07T00:00:00Z")
        },
        AuditRecord {
            offering: "customer-satisfaction/csat-survey".parse().unwrap(),
            actor: Actor::System,
            actor_kind: Actor::System.kind(),
            status: Status::Completed,
            ..record(Action::Expired, "2026-11-26T11:59:59.999Z")
        },
    ]
}

/// The actions of the records that a query finds.
fn found(query: &str) -> String {
    let query = Query::parse(query, at(NOW)).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let records = records().into_iter().filter(|record| query.finds(record));
    let actions: Vec<_> = records.map(|record| record.action.to_string()).collect();
    actions.join(" ")
}

#[test]
fn each_field_finds_what_it_names() {
    let refund_request =
        "submitted approved refund_intended refunded refund_reversed rejected closed";
    let by_customer = "submitted";
    let moved = "refund_intended refunded refund_reversed credited";
    for (query, actions) in [
        ("", ALL),
        ("   ", ALL),
        ("service:refund-request", refund_request),
        ("service:customer-success/refund-request", refund_request),
        (
            "service:customer-success",
            ALL.strip_suffix(" expired").unwrap(),
        ),
        ("service:customer-satisfaction", "expired"),
        ("service:csat-survey", "expired"),
        ("service:refund", ""),
        ("offering:refund-request-routed", "credited"),
        (
            "offering:customer-success/refund-request-routed",
            "credited",
        ),
        ("offering:customer-success", ""),
        (&format!("request:{ID}"), "submitted"),
        ("actor:csm-1@example.com", "approved"),
        ("actor:CSM-1@Example.com", "approved"),
        ("actor:customer", by_customer),
        ("actor:system kind:customer", ""),
        ("kind:customer", by_customer),
        ("kind:approver", "approved rejected"),
        ("kind:system", &format!("{moved} closed expired")),
        ("action:refunded", "refunded"),
        ("action:choice_expired", ""),
        ("outcome:approved", "approved"),
        ("outcome:rejected", "rejected"),
        ("outcome:expired", "expired"),
        ("outcome:refunded", "refunded credited"),
        ("outcome:denied", "closed"),
        ("outcome:completed", "expired"),
        ("outcome:needs_attention", "refund_reversed"),
        ("phase:\"Process Refund\"", moved),
        ("phase:\"process refund\"", moved),
        ("phase:Process", ""),
        ("status:processing", "refund_intended"),
        ("status:in_review", "submitted approved rejected"),
        ("means:credit", "credited"),
        ("means:refund", "refund_intended refunded refund_reversed"),
        ("charge:ch_1", moved),
        ("charge:CH_1", ""),
        ("stripe:re_1", "refunded refund_reversed"),
        ("stripe:re_", ""),
    ] {
        assert_eq!(found(query), actions, "{query}");
    }
}

#[test]
fn amounts_are_compared_exactly() {
    let large = "refund_intended refunded refund_reversed";
    let both = "refund_intended refunded refund_reversed credited";
    for (query, actions) in [
        ("amount:500", large),
        ("amount:500.00", large),
        ("amount:500.01", ""),
        ("amount:>=500", large),
        ("amount:>=500.01", ""),
        ("amount:>500", ""),
        ("amount:>499.99", large),
        ("amount:<500", "credited"),
        ("amount:<=500", both),
        ("amount:<49.99", ""),
        ("amount:<=49.99", "credited"),
        ("amount:>0", both),
        ("amount:<0", ""),
        ("amount:>=10000000", ""),
        ("amount:100..500", large),
        ("amount:49.99..49.99", "credited"),
        ("amount:50..499.99", ""),
        ("amount:0..1000000", both),
        ("amount:\">=500\"", large),
    ] {
        assert_eq!(found(query), actions, "{query}");
    }
}

#[test]
fn one_field_twice_is_either_and_two_fields_are_both() {
    for (query, actions) in [
        ("action:approved action:rejected", "approved rejected"),
        ("action:approved actor:csm-2@example.com", ""),
        (
            "action:approved action:rejected actor:csm-2@example.com",
            "rejected",
        ),
        ("amount:<50 amount:>=500 means:credit", "credited"),
        ("means:refund\u{a0}amount:500\naction:refunded", "refunded"),
    ] {
        assert_eq!(found(query), actions, "{query}");
    }
}

#[test]
fn a_time_is_a_day_or_has_a_zone_and_the_end_is_too_late() {
    for (query, actions) in [
        ("from:2026-11-03 to:2026-11-04", "refund_intended refunded"),
        ("from:2026-11-03T00:00:00.001Z to:2026-11-04", "refunded"),
        ("from:2026-11-07", "closed expired"),
        ("to:2026-11-02", "submitted"),
        ("to:2026-11-02T00:00:01Z", "submitted approved"),
        // Half past midnight of the next day, two hours east.
        (
            "from:2026-11-04T00:30:00+02:00 to:2026-11-04T00:30:01+02:00",
            "refunded",
        ),
        ("from:2026-11-03T17:30:00-05:00 to:2026-11-04", "refunded"),
        ("from:\"2026-11-03 22:30:00Z\" to:2026-11-04", "refunded"),
        ("from:2030-01-01", ""),
        ("from:2020-01-01 to:2020-02-01", ""),
        ("from:2026-11-01 to:9999-12-31", ALL),
    ] {
        assert_eq!(found(query), actions, "{query}");
    }
}

#[test]
fn without_times_it_is_the_last_31_days() {
    for (query, from, to) in [
        ("", "2026-10-26T12:00:00Z", "2026-11-27T00:00:00Z"),
        (
            "to:2026-03-01",
            "2026-01-29T00:00:00Z",
            "2026-03-01T00:00:00Z",
        ),
        (
            "to:2027-01-01",
            "2026-10-26T12:00:00Z",
            "2026-11-27T00:00:00Z",
        ),
        (
            "from:2020-01-01",
            "2020-01-01T00:00:00Z",
            "2026-11-27T00:00:00Z",
        ),
    ] {
        let query = Query::parse(query, at(NOW)).unwrap();
        assert_eq!((query.from, query.to), (at(from), at(to)));
    }
}

fn mistakes(query: &str) -> Vec<Mistake> {
    Query::parse(query, at(NOW)).expect_err(query)
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_may_stand_there() {
    for (query, position, term, words) in [
        ("refunded", 1, "refunded", "a field, a colon and a value"),
        ("  amout:5", 3, "amout:5", "Did you mean `amount`?"),
        (
            "ünknown:5",
            1,
            "ünknown:5",
            "`service`, `offering`, `request`, `actor`",
        ),
        (
            "phase:\"Prüfung 1\" colour:red",
            19,
            "colour:red",
            "no field `colour`",
        ),
        ("actor:", 1, "actor:", "the value is missing"),
        ("actor:\" \"", 1, "actor:\" \"", "the value is missing"),
        (
            "phase:\"CSM Review",
            1,
            "phase:\"CSM Review",
            "quotation mark is missing",
        ),
        ("phase:\"", 1, "phase:\"", "quotation mark is missing"),
        (
            "phase:C\"SM\"",
            1,
            "phase:C\"SM\"",
            "around the whole value",
        ),
        (
            "phase:\"CSM\"Review",
            1,
            "phase:\"CSM\"Review",
            "quotation mark is missing",
        ),
        (
            "action:refund",
            1,
            "action:refund",
            "Did you mean `refunded`?",
        ),
        (
            "action:paid",
            1,
            "action:paid",
            "Known here: `submitted`, `approval_requested`",
        ),
        (
            "outcome:approve",
            1,
            "outcome:approve",
            "Did you mean `approved`?",
        ),
        (
            "status:needs-attention",
            1,
            "status:needs-attention",
            "`needs_attention`",
        ),
        ("status:open", 1, "status:open", "`in_review`, `processing`"),
        (
            "kind:person",
            1,
            "kind:person",
            "`customer`, `system`, `approver`",
        ),
        ("means:cash", 1, "means:cash", "`refund`, `credit`"),
        (
            "service:Refunds",
            1,
            "service:Refunds",
            "such as refund-request",
        ),
        (
            "offering:a/b/c",
            1,
            "offering:a/b/c",
            "such as refund-request",
        ),
        ("request:1", 1, "request:1", "a request's id"),
        ("amount:", 1, "amount:", "the value is missing"),
        (
            "amount:>=",
            1,
            "amount:>=",
            "19.99; it may stand after >=, >",
        ),
        ("amount:$500", 1, "amount:$500", "digits only"),
        ("amount:1,000", 1, "amount:1,000", "digits only"),
        ("amount:-5", 1, "amount:-5", "digits only"),
        ("amount:=5", 1, "amount:=5", "digits only"),
        ("amount:5.001", 1, "amount:5.001", "two digits"),
        ("amount:100..", 1, "amount:100..", "digits only"),
        ("amount:..5", 1, "amount:..5", "digits only"),
        (
            "amount:5..4",
            1,
            "amount:5..4",
            "the smaller amount stands first",
        ),
        (
            "from:yesterday",
            1,
            "from:yesterday",
            "a day such as 2026-11-01",
        ),
        (
            "from:2026-02-30",
            1,
            "from:2026-02-30",
            "a day such as 2026-11-01",
        ),
        (
            "from:20261101",
            1,
            "from:20261101",
            "a day such as 2026-11-01",
        ),
        (
            "from:2026-11",
            1,
            "from:2026-11",
            "a day such as 2026-11-01",
        ),
        (
            "to:2026-11-01T10:00:00",
            1,
            "to:2026-11-01T10:00:00",
            "its zone is missing: end it with Z",
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
        let found = mistakes(query);
        let [mistake] = found.as_slice() else {
            panic!("{query}: {found:?}");
        };
        assert_eq!((mistake.position, mistake.term.as_str()), (position, term));
        assert!(mistake.problem.contains(words), "{query}: {mistake}");
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
