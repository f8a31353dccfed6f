//! Links, codes and status keys, derived from a list of keys, and what becomes of them when one is replaced.

use domain::approval::{Approval, LinkKeys};
use domain::id::RequestId;
use domain::suppression::{SuppressionReason, is_suppressed, suppress};
use jiff::Timestamp;
use testing::MemoryTable;
use testing::fixtures::approval::{link_keys, waiting};

const OLD: &str = "0123456789abcdef0123456789abcdef";
const NEW: &str = "another-key-of-at-least-32-characters";

fn keys(list: &str) -> LinkKeys {
    LinkKeys::parse(list).unwrap()
}

/// A list in which the new key precedes the old one.
fn rotated() -> LinkKeys {
    keys(&format!("{NEW}, {OLD}\n"))
}

#[test]
fn a_short_secret_is_no_key_and_a_key_does_not_print() {
    for list in ["", "short", &format!("{OLD},"), &format!("{OLD},short")] {
        assert!(LinkKeys::parse(list).is_none(), "{list}");
    }
    assert!(!format!("{:?}", link_keys()).contains("0123"));
}

#[test]
fn a_status_page_opens_with_its_own_key_only() {
    let (keys, a, b) = (link_keys(), RequestId::random(), RequestId::random());
    assert!(keys.opens_status(a, &keys.status_key(a)));
    assert!(!keys.opens_status(a, &keys.status_key(b)));
    for junk in [
        "",
        "0",
        keys.newest().id(),
        "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
    ] {
        assert!(!keys.opens_status(a, junk), "{junk}");
    }
}

#[test]
fn links_and_codes_differ_by_question_approver_and_generation() {
    let keys = link_keys();
    let key = keys.newest();
    let all = [
        ("n", "a@b.c", 0),
        ("n", "a@b.c", 1),
        ("n", "b@b.c", 0),
        ("m", "a@b.c", 0),
    ];
    let links: std::collections::BTreeSet<_> =
        all.iter().map(|(n, a, g)| key.link_id(n, a, *g)).collect();
    assert_eq!(links.len(), all.len());
    assert_eq!(
        (key.link_id("n", "a", 0).len(), key.code("n", "a", 0).len()),
        (32, 6)
    );
    assert_ne!(key.code("n", "a@b.c", 0), key.code("n", "a@b.c", 1));

    let id = RequestId::random();
    let inquiry = [(1, 0), (2, 0), (1, 1)].map(|(n, g)| key.inquiry_code(id, n, g));
    assert!(inquiry[0] != inquiry[1] && inquiry[0] != inquiry[2]);
}

#[test]
fn a_status_page_opens_while_its_key_is_in_the_list() {
    let id = RequestId::random();
    let (before, after) = (keys(OLD).status_key(id), rotated().status_key(id));
    assert_ne!(before, after, "what is new is derived from the newest key");
    assert!(rotated().opens_status(id, &before) && rotated().opens_status(id, &after));
    assert!(keys(NEW).opens_status(id, &after) && !keys(NEW).opens_status(id, &before));
    assert_eq!(LinkKeys::id_in(&before), keys(OLD).newest().id());
}

#[test]
fn an_approval_keeps_its_links_while_its_key_is_in_the_list_and_gets_fresh_ones_after() {
    let (a, b) = ("a@example.com", "b@example.com");
    let waiting = waiting(RequestId::random(), 0, "token");
    let mut approval = Approval::ask(&waiting, 1, &[a.into(), b.into()], &keys(OLD));
    let before = approval.clone();
    assert!(!approval.replace_key(&rotated()));
    for keys in [keys(OLD), rotated()] {
        assert_eq!(approval.secrets(&keys, a), before.secrets(&keys, a));
    }
    let void = before.secrets(&keys(OLD), a);

    assert_eq!(approval.key_id(), keys(OLD).newest().id());

    assert!(approval.replace_key(&keys(NEW)), "the old key is gone");
    assert_eq!(approval.key_id(), keys(NEW).newest().id());
    let fresh = approval.secrets(&keys(NEW), a);
    assert_ne!((&fresh.0, &fresh.1), (&void.0, &void.1));
    assert_eq!(approval.link(&keys(NEW), b).generation, 1);
    assert!(!approval.replace_key(&keys(NEW)), "once");
    assert!(!serde_json::to_string(&approval).unwrap().contains(NEW));
}

#[tokio::test]
async fn an_address_stays_suppressed_while_its_key_is_in_the_list() {
    let (table, now) = (MemoryTable::default(), Timestamp::UNIX_EPOCH);
    let (address, reason) = ("a@example.com", SuppressionReason::Bounced);
    suppress(&table, &keys(OLD), address, reason, now)
        .await
        .unwrap();
    for (keys, expected) in [(keys(OLD), true), (rotated(), true), (keys(NEW), false)] {
        let found = is_suppressed(&table, &keys, address, now).await.unwrap();
        assert_eq!(found, expected);
    }
}
