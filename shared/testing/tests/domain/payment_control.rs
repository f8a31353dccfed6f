//! Whether a payment may be made now: limits, the switch, and what operators change of both.

use domain::failure::{LIMIT_REACHED, PAYMENTS_STOPPED, STRIPE_GUEST_CHARGE};
use domain::id::OfferingPath;
use domain::money::Usd;
use domain::operator_log::{Change, OperatorAction, OperatorRecord};
use domain::payment_control::operations::{override_limits, switch_payments};
use domain::payment_control::*;
use domain::refund::SettlementMethod;
use domain::request::Event;
use domain::stripe::{Customer, Payer};
use domain::table::{CommitError, Entity, Table, Write};
use domain::task::StateEntry;
use jiff::Timestamp;
use testing::{MemoryTable, fixtures};

mod races;

const MORNING: &str = "2026-03-01T09:00:00Z";

fn offering() -> OfferingPath {
    "customer-success/refund-request".parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn usd(cents: u64) -> Usd {
    Usd::from_cents(cents).unwrap()
}

fn limits(per_refund: u64, per_customer: u64, per_day: u64) -> Limits {
    Limits {
        per_refund: Usd::from_cents(per_refund).ok(),
        per_customer: Usd::from_cents(per_customer).ok(),
        per_day: Usd::from_cents(per_day).ok(),
    }
}

fn change() -> Change {
    Change {
        by: "ada@example.com".to_owned(),
        because: "Stripe is being looked at".to_owned(),
        at: at(MORNING),
    }
}

/// Reserves and commits, and says which limit held it, if one did.
async fn pay(
    table: &MemoryTable,
    limits: Limits,
    (customer, cents, when): (&str, u64, &str),
) -> Result<Option<Reservation>, ReserveError> {
    let offering = offering();
    let intent = Intent {
        offering: &offering,
        customer,
        amount: usd(cents),
        at: at(when),
        limits,
    };
    let (reservation, writes) = reserve(table, intent).await?;
    table.commit(writes).await.unwrap();
    Ok(reservation)
}

fn limit_of(held: &Result<Option<Reservation>, ReserveError>) -> Option<(Limit, u64)> {
    match held {
        Ok(_) => None,
        Err(ReserveError::Held(Hold::AboveLimit {
            limit, used_cents, ..
        })) => Some((*limit, *used_cents)),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_left_of_a_limit_is_paid_to_the_cent_and_no_cent_more() {
    let table = MemoryTable::default();
    let limits = limits(1000, 1500, 2000);
    for (customer, cents, when, held) in [
        ("a", 1001, MORNING, Some((Limit::PerRefund, 0))),
        ("a", 1000, MORNING, None),
        ("a", 501, MORNING, Some((Limit::PerCustomer, 1000))),
        ("a", 500, MORNING, None),
        ("b", 501, MORNING, Some((Limit::PerDay, 1500))),
        ("b", 500, "2026-03-01T23:59:59Z", None),
        ("b", 1, "2026-03-01T23:59:59Z", Some((Limit::PerDay, 2000))),
        // The next day, and the days of the window.
        ("b", 1000, "2026-03-02T00:00:00Z", None),
        (
            "a",
            1,
            "2026-03-31T23:59:59Z",
            Some((Limit::PerCustomer, 1500)),
        ),
        ("a", 1000, "2026-04-01T00:00:00Z", None),
    ] {
        let paid = pay(&table, limits, (customer, cents, when)).await;
        assert_eq!(limit_of(&paid), held, "{customer} {cents} {when}");
    }
}

#[tokio::test]
async fn a_refusal_gives_back_what_was_reserved_and_nothing_else() {
    let table = MemoryTable::default();
    let limits = limits(0, 1500, 2000);
    pay(&table, limits, ("b", 1000, MORNING)).await.unwrap();
    let reservation = pay(&table, limits, ("a", 1000, MORNING))
        .await
        .unwrap()
        .unwrap();
    assert!(pay(&table, limits, ("a", 1, MORNING)).await.is_err());
    let writes = release(&table, &reservation).await.unwrap();
    table.commit(writes).await.unwrap();
    let held = pay(&table, limits, ("a", 1001, MORNING)).await;
    assert_eq!(limit_of(&held), Some((Limit::PerDay, 1000)));
    pay(&table, limits, ("a", 1000, MORNING)).await.unwrap();
}

#[tokio::test]
async fn without_limits_nothing_is_counted() {
    let table = MemoryTable::default();
    let paid = pay(&table, Limits::default(), ("a", 1000, MORNING)).await;
    assert_eq!((paid, table.items()), (Ok(None), vec![]));
}

#[tokio::test]
async fn totals_end_by_themselves_and_name_no_address() {
    let table = MemoryTable::default();
    let payer = Payer::Guest(Some("Ada+shop@Example.com".to_owned()));
    let customer = customer_key(&payer, "eve@example.com");
    let limits = limits(0, 0, 5000);
    pay(&table, limits, (&customer, 1000, MORNING))
        .await
        .unwrap();
    let items = table.items();
    assert_eq!(items.len(), 2);
    for item in items {
        assert_eq!(item.expires_at, Some(at("2026-04-30T00:00:00Z")));
        let shown = format!("{item:?}").to_lowercase();
        assert!(
            !shown.contains("ada") && !shown.contains("example.com"),
            "{shown}"
        );
    }
}

#[test]
fn a_customer_is_who_paid_however_the_address_is_spelled() {
    let guest = |email: Option<&str>| Payer::Guest(email.map(ToOwned::to_owned));
    let ada = customer_key(&guest(Some("ada@example.com")), "");
    for same in ["ADA@example.com", "ada+1@example.com", " Ada+@Example.COM "] {
        assert_eq!(customer_key(&guest(Some(same)), "eve@example.com"), ada);
        assert_eq!(customer_key(&guest(None), same), ada, "{same}");
    }
    assert_ne!(customer_key(&guest(Some("adam@example.com")), ""), ada);
    let customer = Customer {
        id: "cus_1".to_owned(),
        email: Some("ada@example.com".to_owned()),
    };
    let known = Payer::Customer(customer, None);
    assert_eq!(customer_key(&known, "eve@example.com"), "cus_1");
}

#[tokio::test]
async fn while_payments_are_stopped_nothing_is_reserved_and_what_was_read_before_does_not_commit() {
    let table = MemoryTable::default();
    let offering = offering();
    let intent = Intent {
        offering: &offering,
        customer: "a",
        amount: usd(1000),
        at: at(MORNING),
        limits: Limits::default(),
    };
    let (_, early) = reserve(&table, intent).await.unwrap();
    switch_payments(&table, true, &change()).await.unwrap();
    assert_eq!(table.commit(early).await, Err(CommitError::Conflict));
    let stopped = ReserveError::Held(Hold::Stopped(Some(change())));
    assert_eq!(reserve(&table, intent).await.unwrap_err(), stopped);
    assert_eq!(check_running(&table).await.unwrap_err(), stopped);

    switch_payments(&table, false, &change()).await.unwrap();
    check_running(&table).await.unwrap();
    let (_, writes) = reserve(&table, intent).await.unwrap();
    table.commit(writes).await.unwrap();
}

#[tokio::test]
async fn overrides_hold_in_place_of_the_definitions_limits_until_they_are_reset() {
    let table = MemoryTable::default();
    let own = limits(1000, 0, 2000);
    let raise = |raised| {
        let table = &table;
        async move {
            override_limits(table, &offering(), raised, &change())
                .await
                .unwrap()
        }
    };
    assert!(pay(&table, own, ("a", 1001, MORNING)).await.is_err());
    assert_eq!(raise(limits(3000, 0, 0)).await, limits(3000, 0, 0));
    let held = pay(&table, own, ("a", 2001, MORNING)).await;
    assert_eq!(limit_of(&held), Some((Limit::PerDay, 0)));
    assert_eq!(raise(limits(0, 0, 4000)).await, limits(3000, 0, 4000));
    pay(&table, own, ("a", 3000, MORNING)).await.unwrap();
    assert_eq!(raise(Limits::default()).await, Limits::default());
    let held = pay(&table, own, ("a", 1, MORNING)).await;
    assert_eq!(limit_of(&held), Some((Limit::PerDay, 3000)));
}

#[test]
fn the_team_is_told_what_held_a_payment_until_it_is_begun() {
    let (mut request, _) = fixtures::request::request();
    let phase = "Process Refund".parse().unwrap();
    let now = StateEntry::during(&phase, at(MORNING));
    for (error, event, expected) in [
        (
            LIMIT_REACHED,
            Some(Event::PaymentHeld("Why.")),
            Some("Why.\n\nThe payment would pass a limit"),
        ),
        (PAYMENTS_STOPPED, None, Some("Why.\n\nPayments are stopped")),
        (
            STRIPE_GUEST_CHARGE,
            None,
            Some("It is unclear whose the charge is"),
        ),
        (
            PAYMENTS_STOPPED,
            Some(Event::SettlementIntended {
                method: SettlementMethod::Refund,
                charge: "ch_1",
                amount: usd(1),
                reason: None,
            }),
            Some("Payments are stopped"),
        ),
        ("Stripe.Misconfigured", None, None),
    ] {
        if let Some(event) = event {
            request.apply(&event, now);
        }
        request.apply(&Event::Stopped { error, redrives: 0 }, now);
        let advice = request.advice();
        match expected {
            Some(expected) => assert!(advice.unwrap().starts_with(expected), "{error}"),
            None => assert_eq!(advice, None),
        }
    }
}

#[tokio::test]
async fn each_change_is_recorded_with_who_and_why_and_what_changes_nothing_is_not() {
    let table = MemoryTable::default();
    for is_stopped in [false, true, true, false] {
        switch_payments(&table, is_stopped, &change())
            .await
            .unwrap();
    }
    override_limits(&table, &offering(), limits(0, 0, 4000), &change())
        .await
        .unwrap();
    override_limits(&table, &offering(), Limits::default(), &change())
        .await
        .unwrap();
    let records = OperatorRecord::all(&table).await.unwrap();
    let shown = records.iter().map(|record| {
        assert_eq!(
            (record.actor.as_str(), record.at),
            ("ada@example.com", at(MORNING))
        );
        (record.seq, record.action, record.detail.as_str())
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            (
                1,
                OperatorAction::PaymentsStopped,
                "Stripe is being looked at"
            ),
            (
                2,
                OperatorAction::PaymentsResumed,
                "Stripe is being looked at"
            ),
            (
                3,
                OperatorAction::LimitsOverridden,
                "per day $40.00: Stripe is being looked at"
            ),
            (
                4,
                OperatorAction::LimitsReset,
                "none: Stripe is being looked at"
            ),
        ]
    );
    assert_eq!(records[2].offering, Some(offering()));
    let stale = vec![Write::create(&records[3])];
    assert_eq!(
        table.commit(stale).await,
        Err(CommitError::Conflict),
        "a record stays"
    );
    assert_eq!(records[3].key().sk, "AUDIT#000004");
}
