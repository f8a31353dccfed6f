//! Links, codes and status keys, derived from one secret.

use domain::approval::LinkKey;
use domain::id::RequestId;
use testing::fixtures::approval::link_key;

#[test]
fn a_short_secret_is_no_key_and_a_key_does_not_print() {
    assert!(LinkKey::new("short").is_none());
    assert!(!format!("{:?}", link_key()).contains("0123"));
}

#[test]
fn a_status_page_opens_with_its_own_key_only() {
    let (key, a, b) = (link_key(), RequestId::random(), RequestId::random());
    assert!(key.opens_status(a, &key.status_key(a)));
    assert!(!key.opens_status(a, &key.status_key(b)));
    assert!(!key.opens_status(a, ""));
}

#[test]
fn links_and_codes_differ_by_question_approver_and_generation() {
    let key = link_key();
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
}
