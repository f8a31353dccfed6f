//! A refund only goes forward, and each update counts once.

use domain::id::RequestId;
use domain::stripe::Refund;
use proptest::prelude::*;

use domain::refund::*;

fn refund(id: &str, status: &str) -> Refund {
    Refund {
        id: id.to_owned(),
        amount: 5000,
        status: Some(status.to_owned()),
        failure_reason: None,
        metadata: std::collections::BTreeMap::new(),
    }
}

fn settled_by(statuses: &[&str]) -> (Option<Settled>, Vec<News>) {
    let mut entry = testing::fixtures::refund::entry(RequestId::random());
    let news = statuses
        .iter()
        .map(|status| entry.take_in(&refund("re_1", status)));
    let news = news.collect();
    (entry.settled, news)
}

#[test]
fn a_refund_only_goes_forward() {
    let failed = || "The refund re_1 is failed: no reason given".to_owned();
    let pending = || News::Pending("pending".to_owned());
    for (statuses, settled, news) in [
        (vec!["succeeded"], Some(Settled::Paid), vec![News::Paid]),
        (
            vec!["pending", "pending", "succeeded", "pending"],
            Some(Settled::Paid),
            vec![pending(), News::None, News::Paid, News::None],
        ),
        (
            vec!["succeeded", "failed", "succeeded", "failed"],
            Some(Settled::Reversed),
            vec![News::Paid, News::Reversed(failed()), News::None, News::None],
        ),
        (
            vec!["pending", "failed", "succeeded"],
            Some(Settled::Refused),
            vec![pending(), News::Refused(failed()), News::None],
        ),
    ] {
        assert_eq!(settled_by(&statuses), (settled, news), "{statuses:?}");
    }
}

#[test]
fn another_refund_is_no_news() {
    let mut entry = testing::fixtures::refund::entry(RequestId::random());
    assert_eq!(entry.take_in(&refund("re_1", "succeeded")), News::Paid);
    assert_eq!(entry.take_in(&refund("re_2", "failed")), News::None);
    assert_eq!(entry.settled, Some(Settled::Paid));
}

#[test]
fn the_key_depends_on_what_is_paid_alone() {
    let id = RequestId::random();
    let entry = testing::fixtures::refund::entry(id);
    let later = RefundEntry {
        intended_at: "2026-01-02T00:00:00Z".parse().unwrap(),
        ..entry.clone()
    };
    assert_eq!(entry.idempotency_key(), format!("refund-{id}-ch_1-5000"));
    assert_eq!(entry.idempotency_key(), later.idempotency_key());
    let credit = RefundEntry {
        means: Means::Credit,
        ..entry.clone()
    };
    assert_ne!(credit.idempotency_key(), entry.idempotency_key());
}

proptest! {
    #[test]
    fn every_news_is_told_once(
        statuses in proptest::collection::vec(
            proptest::sample::select(vec!["pending", "requires_action", "succeeded", "failed", "canceled"]), 0..12)
    ) {
        let (settled, news) = settled_by(&statuses);
        let count = |wanted: fn(&News) -> bool| news.iter().filter(|n| wanted(n)).count();
        prop_assert!(count(|n| matches!(n, News::Paid)) <= 1);
        prop_assert!(count(|n| matches!(n, News::Refused(_))) <= 1);
        prop_assert!(count(|n| matches!(n, News::Reversed(_))) <= 1);
        prop_assert_eq!(count(|n| matches!(n, News::Refused(_))) == 1, settled == Some(Settled::Refused));
    }
}
