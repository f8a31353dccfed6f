//! How many requests are taken, and of what.

use std::net::IpAddr;

use domain::admission::*;
use domain::form::{Value, Values};
use domain::id::RequestId;
use domain::request::{Request, Submission};
use domain::table::{CommitError, Table as _, Write};
use domain::task::Offering;
use jiff::Timestamp;
use proptest::prelude::*;
use testing::{MemoryTable, fixtures};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Whoever asks: from where, with which address, for which charge and of which offering.
#[derive(Debug, Clone, Copy)]
struct Asks<'a>(&'a str, &'a str, &'a str, &'a str);

struct Limited {
    limits: AdmissionLimits,
    table: MemoryTable,
    offering: Offering,
}

impl Limited {
    fn by(limits: &str) -> Self {
        Self {
            limits: limits.parse().unwrap(),
            table: MemoryTable::default(),
            offering: fixtures::request::offering(),
        }
    }

    /// `None` if the request is taken.
    async fn ask(&self, asks: Asks<'_>, second: i64) -> Option<LimitReached> {
        match self.admit(asks, second).await {
            Ok(counters) => {
                self.table.commit(counters).await.unwrap();
                None
            }
            Err(reached) => Some(reached),
        }
    }

    /// What is to be written where the request is stored.
    async fn admit(&self, asks: Asks<'_>, second: i64) -> Result<Vec<Write>, LimitReached> {
        let Asks(caller, address, charge, offering) = asks;
        let designated = &self.offering.form.designated;
        let values = Values::from([
            (
                designated.email_field.clone().unwrap(),
                Value::Text(address.to_owned()),
            ),
            (
                designated.charge_field.clone().unwrap(),
                Value::Text(charge.to_owned()),
            ),
        ]);
        let (request, _) = Request::submit(Submission {
            request_id: RequestId::random(),
            offering: &Offering {
                path: offering.parse().unwrap(),
                ..self.offering.clone()
            },
            values: &values,
            origin: String::new(),
            about: None,
            at: Timestamp::from_second(second).unwrap(),
        });
        let keys = fixtures::approval::link_keys();
        let (caller, key) = (caller.parse::<IpAddr>().ok(), keys.newest());
        let admitted = admit(&self.table, &self.limits, key, &request, caller).await;
        admitted.unwrap()
    }

    /// How many of these are taken, and what stops the last of them.
    async fn flood(&self, asks: impl Iterator<Item = [String; 4]>) -> (usize, Option<CountedFor>) {
        let (mut taken, mut stopped) = (0, None);
        for [caller, address, charge, offering] in asks {
            let reached = self
                .ask(Asks(&caller, &address, &charge, &offering), 0)
                .await;
            taken += usize::from(reached.is_none());
            stopped = reached.map(|it| it.counted_for);
        }
        (taken, stopped)
    }
}

/// The default of the template.
const USUAL: &str = "caller=4/hour,address=3/day,charge=3/day,offering=100/hour";

/// The same with an offering that thousands use.
const LARGE: &str = "caller=4/hour,address=3/day,charge=3/day,offering=1000/hour";

/// One of many who have nothing in common but the offering.
fn stranger(n: usize) -> [String; 4] {
    let (caller, address, charge) = (
        format!("10.0.{}.{}", n / 256, n % 256),
        format!("a{n}@example.com"),
        format!("ch_{n}"),
    );
    [caller, address, charge, "shop/refund".to_owned()]
}

#[tokio::test]
async fn each_kind_of_flood_is_bounded_by_its_own_limit() {
    type Same = fn(usize, &mut [String; 4]);
    let floods: [(&str, Same, usize, CountedFor); 8] = [
        (
            "one caller",
            |_, asks| asks[0] = "192.0.2.1".to_owned(),
            4,
            CountedFor::Caller,
        ),
        (
            "one network of IPv6",
            |n, asks| asks[0] = format!("2001:db8::{n:x}"),
            4,
            CountedFor::Caller,
        ),
        (
            "ten callers",
            |n, asks| asks[0] = format!("192.0.2.{}", n % 10),
            40,
            CountedFor::Caller,
        ),
        (
            "one address",
            |_, asks| asks[1] = "ada@example.com".to_owned(),
            3,
            CountedFor::Address,
        ),
        (
            "one mailbox with a tag for each request",
            |n, asks| asks[1] = format!("Ada+{n}@Example.com"),
            3,
            CountedFor::Address,
        ),
        (
            "a hundred addresses",
            |n, asks| asks[1] = format!("b{}@example.com", n % 100),
            300,
            CountedFor::Address,
        ),
        (
            "one charge",
            |_, asks| asks[2] = "ch_one".to_owned(),
            3,
            CountedFor::Charge,
        ),
        ("one offering", |_, _| {}, 1000, CountedFor::Offering),
    ];
    for (kind, same, taken, by) in floods {
        let limited = Limited::by(LARGE);
        let asks = |n| {
            let mut asks = stranger(n);
            same(n, &mut asks);
            asks
        };
        assert_eq!(
            limited.flood((0..1100).map(asks)).await,
            (taken, Some(by)),
            "{kind}"
        );
        // What is refused leaves nothing: each item counts what was taken, or part of it, and ends.
        for item in limited.table.items() {
            assert!(
                item.kind == "counter" && item.expires_at.is_some(),
                "{kind}"
            );
            assert!((1..=taken as u64).contains(&item.version), "{kind}");
        }
        // Nobody else is touched by it, unless all of an offering is.
        let expected = usize::from(by != CountedFor::Offering);
        assert_eq!(
            limited.flood([stranger(2001)].into_iter()).await.0,
            expected,
            "{kind}"
        );
        let mut elsewhere = stranger(2002);
        elsewhere[3] = "shop/other".to_owned();
        assert_eq!(limited.flood([elsewhere].into_iter()).await.0, 1, "{kind}");
    }
}

#[tokio::test]
async fn of_two_at_the_same_moment_the_second_is_read_again() {
    let limited = Limited::by("caller=9/hour,offering=1/hour");
    let [one, other] = ["192.0.2.1", "192.0.2.2"]
        .map(|caller| Asks(caller, "ada@example.com", "ch_1", "shop/refund"));
    let first = limited.admit(one, 0).await.unwrap();
    let second = limited.admit(other, 0).await.unwrap();
    limited.table.commit(first).await.unwrap();
    let late = limited.table.commit(second).await;
    assert_eq!(late, Err(CommitError::Conflict));
    let reached = limited.admit(other, 0).await.unwrap_err();
    assert_eq!(reached.counted_for, CountedFor::Offering);
}

#[tokio::test]
async fn a_window_ends_and_says_when() {
    let limited = Limited::by("caller=2/hour,address=3/day");
    let ask = |second| {
        limited.ask(
            Asks("192.0.2.1", "ada@example.com", "ch_1", "shop/refund"),
            second,
        )
    };
    assert_eq!(ask(DAY + 10).await, None);
    assert_eq!(ask(DAY + 20).await, None);
    let reached = ask(DAY + 30).await.unwrap();
    assert_eq!(
        (reached.counted_for, reached.until.as_second()),
        (CountedFor::Caller, DAY + HOUR)
    );
    assert_eq!(ask(DAY + HOUR).await, None);
    let reached = ask(DAY + 2 * HOUR).await.unwrap();
    assert_eq!(
        (reached.counted_for, reached.until.as_second()),
        (CountedFor::Address, 2 * DAY)
    );
    assert_eq!(ask(2 * DAY).await, None);
}

#[tokio::test]
async fn what_is_refused_counts_for_nobody() {
    let limited = Limited::by("caller=1/day,address=1/day,offering=1/hour");
    let first = Asks("192.0.2.1", "ada@example.com", "ch_1", "shop/refund");
    let second = Asks("192.0.2.2", "eve@example.com", "ch_2", "shop/refund");
    assert_eq!(limited.ask(first, 0).await, None);
    for time in 1..5 {
        let reached = limited.ask(second, time).await.unwrap();
        assert_eq!(reached.counted_for, CountedFor::Offering);
    }
    assert_eq!(limited.ask(second, HOUR).await, None);
}

#[tokio::test]
async fn counters_say_nothing_of_whom_they_count_and_end() {
    let limited = Limited::by(USUAL);
    limited
        .ask(
            Asks("192.0.2.1", "ada@example.com", "ch_1", "shop/refund"),
            0,
        )
        .await;
    let items = limited.table.items();
    assert_eq!(items.len(), 4);
    for item in items {
        let end = item.expires_at.unwrap().as_second();
        assert!(end == HOUR || end == DAY);
        let text = format!("{item:?}");
        for secret in ["192.0.2.1", "ada@", "ch_1"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn limits_are_read_or_refused_with_what_may_stand_there() {
    for good in [
        "",
        USUAL,
        "offering=1/day",
        " caller=4/hour , charge=5/hour,",
    ] {
        good.parse::<AdmissionLimits>().unwrap();
    }
    for bad in [
        "caller",
        "caller=4",
        "caller=/hour",
        "caller=0/hour",
        "caller=-1/hour",
        "caller=4/minute",
        "people=4/hour",
        "caller=4/hour;charge=1/day",
    ] {
        let refusal = bad.parse::<AdmissionLimits>().unwrap_err();
        assert!(refusal.contains("such as caller=4/hour"), "{refusal}");
    }
    let twice = "caller=4/hour,caller=9/day".parse::<AdmissionLimits>();
    assert_eq!(twice.unwrap_err(), "caller has two limits");
}

proptest! {
    /// Whoever calls whenever: in no window are more taken than the limit, and one is refused only where it is full.
    #[test]
    fn no_window_has_more_than_its_limit(
        most in 1_u32..5,
        mut calls in prop::collection::vec((0_i64..4 * HOUR, 0_u8..3), 0..60),
    ) {
        calls.sort_unstable();
        let limited = Limited::by(&format!("caller={most}/hour"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut taken = std::collections::BTreeMap::new();
        for (second, caller) in calls {
            let caller = format!("192.0.2.{caller}");
            let asks = Asks(&caller, "ada@example.com", "ch_1", "shop/refund");
            let is_taken = runtime.block_on(limited.ask(asks, second)).is_none();
            let in_window: &mut u32 = taken.entry((caller, second / HOUR)).or_default();
            prop_assert_eq!(is_taken, *in_window < most);
            *in_window += u32::from(is_taken);
        }
    }
}
