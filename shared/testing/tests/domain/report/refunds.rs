//! The refunds report: one row for each movement of money, with who approved it and why.

use domain::audit::{Action, Actor, AuditRecord, Currency};
use domain::money::Usd;
use domain::refund::SettlementMethod::{self, Credit, Refund};
use domain::report::{PageLimits, Report};
use domain::table::{Table, Write};
use serde_json::{Value, json};
use testing::{MemoryTable, fixtures};

const NOW: &str = "2026-12-26T12:00:00Z";

/// Something that happened to a request: when, by whom, what, and the reason that was given.
type Happened<'h> = (&'h str, &'h str, Action, Option<&'h str>);

/// Stores the log of a request. Its records about money are of so many cents.
async fn store(table: &MemoryTable, means: SettlementMethod, cents: u64, log: &[Happened<'_>]) {
    let (_, first) = fixtures::request::request();
    for (seq, (at, actor, action, detail)) in (1..).zip(log) {
        let is_moved =
            [Action::Refunded, Action::Credited, Action::RefundReversed].contains(action);
        let actor = Actor::from((*actor).to_owned());
        let record = AuditRecord {
            seq,
            at: at.parse().unwrap(),
            actor_kind: actor.kind(),
            actor,
            action: *action,
            detail: detail.map(str::to_owned),
            means: is_moved.then_some(means),
            amount: is_moved.then(|| Usd::from_cents(cents).unwrap()),
            currency: is_moved.then_some(Currency::Usd),
            charge: is_moved.then(|| "ch_1".to_owned()),
            stripe_id: is_moved.then(|| "re_1".to_owned()),
            ..first.clone()
        };
        table.commit(vec![Write::create(&record)]).await.unwrap();
    }
}

async fn rows(table: &MemoryTable, month: &str) -> Vec<Value> {
    let report = Report::refunds(month.parse().unwrap(), NOW.parse().unwrap());
    let page = report.page(table, None, &PageLimits::default()).await;
    let rows = page.unwrap().rows;
    for row in &rows {
        let names: Vec<_> = row.as_object().unwrap().keys().collect();
        assert_eq!(names, report.columns());
    }
    rows
}

fn without_id(mut row: Value) -> Value {
    let id = row.as_object_mut().unwrap().remove("requestId");
    assert!(id.is_some_and(|id| id.is_string()));
    row
}

#[tokio::test]
async fn a_refund_with_its_approvals_and_then_its_reversal() {
    let table = MemoryTable::default();
    let log: [Happened<'_>; 8] = [
        ("2026-11-01T00:00:00Z", "customer", Action::Submitted, None),
        (
            "2026-11-02T00:00:00Z",
            "csm-1@example.com",
            Action::Approved,
            Some("Sold twice."),
        ),
        (
            "2026-11-03T00:00:00Z",
            "finance-1@example.com",
            Action::PartlyApproved,
            None,
        ),
        (
            "2026-11-04T00:00:00Z",
            "finance-2@example.com",
            Action::Approved,
            Some("=fine"),
        ),
        (
            "2026-11-05T00:00:00Z",
            "system",
            Action::RefundIntended,
            Some("Duplicate charge"),
        ),
        ("2026-11-30T23:59:59.999Z", "system", Action::Refunded, None),
        ("2026-12-01T00:00:00Z", "system", Action::Closed, None),
        (
            "2026-12-01T00:00:00Z",
            "system",
            Action::RefundReversed,
            Some("expired card"),
        ),
    ];
    store(&table, Refund, 50_000, &log).await;
    let approvals = json!({
        "approvedBy": "csm-1@example.com; finance-1@example.com; finance-2@example.com",
        "approvedAt": "2026-11-02T00:00:00Z; 2026-11-03T00:00:00Z; 2026-11-04T00:00:00Z",
        "approverReasons": "Sold twice.; =fine", "reason": "Duplicate charge",
        "offering": "customer-success/refund-request", "charge": "ch_1", "stripeId": "re_1", "currency": "usd",
    });
    for (month, at, cents, kind) in [
        ("2026-11", "2026-11-30T23:59:59.999Z", 50_000, "refund"),
        ("2026-12", "2026-12-01T00:00:00Z", -50_000, "reversal"),
    ] {
        let [row] = <[Value; 1]>::try_from(rows(&table, month).await).unwrap();
        let mut expected = json!({"paidAt": at, "amountCents": cents, "kind": kind});
        let all = expected.as_object_mut().unwrap();
        all.extend(approvals.as_object().unwrap().clone());
        assert_eq!(without_id(row), expected);
    }
    assert!(rows(&table, "2026-10").await.is_empty());
}

#[tokio::test]
async fn a_credit_that_nobody_had_to_approve() {
    let table = MemoryTable::default();
    let log: [Happened<'_>; 4] = [
        ("2026-11-01T00:00:00Z", "customer", Action::Submitted, None),
        (
            "2026-11-01T00:00:01Z",
            "customer",
            Action::Chosen,
            Some("credit"),
        ),
        (
            "2026-11-01T00:00:02Z",
            "system",
            Action::CreditIntended,
            None,
        ),
        ("2026-11-01T00:00:03Z", "system", Action::Credited, None),
    ];
    store(&table, Credit, 4_999, &log).await;
    let [row] = <[Value; 1]>::try_from(rows(&table, "2026-11").await).unwrap();
    assert_eq!(row["kind"], "credit");
    assert_eq!(row["amountCents"], 4_999);
    for name in ["approvedBy", "approvedAt", "approverReasons"] {
        assert_eq!(row[name], "", "{name}");
    }
    assert_eq!(row["reason"], Value::Null);
}
