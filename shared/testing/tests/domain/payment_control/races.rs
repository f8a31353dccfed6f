//! Many that pay at the same time, in any order of their reads and writes.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

const CUSTOMERS: [&str; 2] = ["a", "b"];
const PER_CUSTOMER: u64 = 150;
const PER_DAY: u64 = 100;

/// An intent that somebody wants to pay.
#[derive(Debug, Clone, Copy)]
struct DrawnIntent {
    customer: usize,
    cents: u64,
    day: i64,
    /// Whether Stripe refuses it in the end.
    is_refused: bool,
}

/// What one of them does next.
enum Progress {
    Reading,
    Writing(Reservation, Vec<Write>),
    Refused(Reservation),
    Over,
}

fn drawn_intent() -> impl Strategy<Value = DrawnIntent> {
    (0..2usize, 1..80u64, 0..45i64, prop::bool::weighted(0.2)).prop_map(
        |(customer, cents, day, is_refused)| DrawnIntent {
            customer,
            cents,
            day,
            is_refused,
        },
    )
}

/// What is paid and under way, by customer and day.
type Paid = BTreeMap<(usize, i64), u64>;

fn largest(paid: &Paid) -> (u64, u64) {
    let sum = |of: &dyn Fn(usize, i64) -> bool| {
        let counted = paid
            .iter()
            .filter(|((customer, day), _)| of(*customer, *day));
        counted.map(|(_, cents)| cents).sum::<u64>()
    };
    let days = (0..45).map(|day| sum(&|_, of| of == day)).max();
    // Any 30 days touch at most 31 of the calendar.
    let windows = (0..2).flat_map(|customer| (0..45).map(move |day| (customer, day)));
    let windows = windows.map(|(customer, first)| {
        sum(&|of, day| of == customer && (first..=first + 30).contains(&day))
    });
    (days.unwrap_or_default(), windows.max().unwrap_or_default())
}

async fn step(
    table: &MemoryTable,
    drawn: DrawnIntent,
    progress: Progress,
    paid: &mut Paid,
) -> Progress {
    let offering = offering();
    let of = (drawn.customer, drawn.day);
    match progress {
        Progress::Reading => {
            let intent = Intent {
                offering: &offering,
                customer: CUSTOMERS[drawn.customer],
                amount: usd(drawn.cents),
                at: at(MORNING) + SignedDuration::from_hours(24 * drawn.day),
                limits: limits(0, PER_CUSTOMER, PER_DAY),
            };
            match reserve(table, intent).await {
                Ok((reservation, writes)) => Progress::Writing(reservation.unwrap(), writes),
                Err(ReserveError::Held(_)) => Progress::Over,
                Err(error) => panic!("{error:?}"),
            }
        }
        Progress::Writing(reservation, writes) => {
            if table.commit(writes).await.is_err() {
                return Progress::Reading;
            }
            *paid.entry(of).or_default() += drawn.cents;
            if drawn.is_refused {
                Progress::Refused(reservation)
            } else {
                Progress::Over
            }
        }
        Progress::Refused(reservation) => {
            let writes = release(table, &reservation).await.unwrap();
            table.commit(writes).await.unwrap();
            *paid.entry(of).or_default() -= drawn.cents;
            Progress::Over
        }
        Progress::Over => Progress::Over,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn none_passes_a_limit_and_what_was_given_back_can_be_paid_again(
        drawn in prop::collection::vec(drawn_intent(), 1..12),
        turns in prop::collection::vec(0..12usize, 0..150),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (table, mut paid) = (MemoryTable::default(), Paid::new());
            let mut all: Vec<_> = drawn.iter().map(|_| Progress::Reading).collect();
            // As drawn, then each to its end.
            let rest = (0..drawn.len()).flat_map(|one| [one; 4]);
            for turn in turns.into_iter().map(|turn| turn % drawn.len()).chain(rest) {
                let progress = std::mem::replace(&mut all[turn], Progress::Over);
                all[turn] = step(&table, drawn[turn], progress, &mut paid).await;
                let (day, window) = largest(&paid);
                assert!(day <= PER_DAY && window <= PER_CUSTOMER, "{day} {window}: {paid:?}");
            }
            // The totals are what is paid: the next day has room for exactly the rest.
            for (_, day) in paid.keys() {
                let used: u64 = paid.iter().filter(|((_, of), _)| of == day).map(|(_, cents)| cents).sum();
                let when = at(MORNING) + SignedDuration::from_hours(24 * day);
                let held = pay(&table, limits(0, 0, PER_DAY), ("c", PER_DAY + 1, &when.to_string())).await;
                assert_eq!(limit_of(&held), Some((Limit::PerDay, used)));
            }
        });
    }
}
