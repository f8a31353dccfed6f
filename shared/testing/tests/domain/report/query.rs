//! The query language: each field, each operator, quotes and times.

use domain::audit::{Action, Actor, AuditRecord};
use domain::money::Usd;
use domain::refund::SettlementMethod;
use domain::report::Query;
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
