//! A refund only goes forward, and each update counts once.

use domain::id::RequestId;
use domain::stripe::Refund;
use proptest::prelude::*;

use domain::refund::*;

fn refund(id: &str, status: &str) -> Refund {
    Refund {
        id: id.to_owned(),
        amount: 5000,
        currency: "usd".to_owned(),
        charge: Some("ch_1".to_owned()),
        status: Some(status.to_owned()),
        ..Refund::default()
    }
}

fn settled_by(statuses: &[&str]) -> (Option<Settlement>, Vec<RefundUpdate>) {
    let mut entry = testing::fixtures::refund::entry(RequestId::random());
    let updates = statuses
        .iter()
        .map(|status| entry.apply_update(&refund("re_1", status)));
    let updates = updates.collect();
    (entry.settlement, updates)
}

#[test]
fn a_refund_only_goes_forward() {
    let failed = || "The refund re_1 is failed: no reason given".to_owned();
    let pending = || RefundUpdate::Pending("pending".to_owned());
    for (statuses, settlement, updates) in [
        (
            vec!["succeeded"],
            Some(Settlement::Paid),
            vec![RefundUpdate::Paid],
        ),
        (
            vec!["pending", "pending", "succeeded", "pending"],
            Some(Settlement::Paid),
            vec![
                pending(),
                RefundUpdate::None,
                RefundUpdate::Paid,
                RefundUpdate::None,
            ],
        ),
        (
            vec!["succeeded", "failed", "succeeded", "failed"],
            Some(Settlement::Reversed),
            vec![
                RefundUpdate::Paid,
                RefundUpdate::Reversed(failed()),
                RefundUpdate::None,
                RefundUpdate::None,
            ],
        ),
        (
            vec!["pending", "failed", "succeeded"],
            Some(Settlement::Refused),
            vec![
                pending(),
                RefundUpdate::Refused(failed()),
                RefundUpdate::None,
            ],
        ),
    ] {
        assert_eq!(settled_by(&statuses), (settlement, updates), "{statuses:?}");
    }
}

#[test]
fn another_refund_is_no_news() {
    let mut entry = testing::fixtures::refund::entry(RequestId::random());
    assert_eq!(
        entry.apply_update(&refund("re_1", "succeeded")),
        RefundUpdate::Paid
    );
    assert_eq!(
        entry.apply_update(&refund("re_2", "failed")),
        RefundUpdate::None
    );
    assert_eq!(entry.settlement, Some(Settlement::Paid));
}

#[test]
fn a_refund_of_another_charge_amount_or_currency_is_none_of_ours() {
    type Change = fn(&mut Refund);
    let changes: [Change; 5] = [
        |refund| refund.charge = Some("ch_2".to_owned()),
        |refund| refund.charge = None,
        |refund| refund.amount = 4999,
        |refund| refund.amount = 5001,
        |refund| refund.currency = "eur".to_owned(),
    ];
    for change in changes {
        let mut entry = testing::fixtures::refund::entry(RequestId::random());
        let mut other = refund("re_1", "succeeded");
        change(&mut other);
        assert_eq!(entry.apply_update(&other), RefundUpdate::None, "{other:?}");
        assert_eq!((&entry.stripe_id, entry.settlement), (&None, None));
    }
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
        method: SettlementMethod::Credit,
        ..entry.clone()
    };
    assert_ne!(credit.idempotency_key(), entry.idempotency_key());
    let refused = RefundEntry {
        refusals: 1,
        ..entry.clone()
    };
    assert_ne!(refused.idempotency_key(), entry.idempotency_key());
}

proptest! {
    #[test]
    fn every_news_is_told_once(
        statuses in proptest::collection::vec(
            proptest::sample::select(vec!["pending", "requires_action", "succeeded", "failed", "canceled"]), 0..12)
    ) {
        let (settled, updates) = settled_by(&statuses);
        let count = |wanted: fn(&RefundUpdate) -> bool| updates.iter().filter(|n| wanted(n)).count();
        prop_assert!(count(|n| matches!(n, RefundUpdate::Paid)) <= 1);
        prop_assert!(count(|n| matches!(n, RefundUpdate::Refused(_))) <= 1);
        prop_assert!(count(|n| matches!(n, RefundUpdate::Reversed(_))) <= 1);
        prop_assert_eq!(count(|n| matches!(n, RefundUpdate::Refused(_))) == 1, settled == Some(Settlement::Refused));
    }
}
