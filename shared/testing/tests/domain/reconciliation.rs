//! Stripe against the audit log: each difference is found, and what is pending, late or of another day is none.

mod history;

use std::collections::{BTreeMap, BTreeSet};

use domain::id::RequestId;
use domain::reconciliation::{CHECKED_AFTER_DAYS, Difference, DifferenceKind, days_due};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use history::{Case, DAYS, Drawn, Made, Story, drawn};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_difference_is_found_and_nothing_else_whenever_things_happen(
        all in prop::collection::vec(drawn(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut case = Case::default();
            let mut wanted: BTreeMap<RequestId, DifferenceKind> = BTreeMap::new();
            let mut unseen = BTreeSet::new();
            for drawn in &all {
                let request = case.play(drawn).await;
                wanted.extend(drawn.story.kind().map(|kind| (request, kind)));
                // Of a balance that no credit in the log leads to, nothing is known.
                let is_hidden = matches!(drawn.story, Story::Unrecorded | Story::PaidTwice);
                if drawn.made == Made::BalanceCredit && is_hidden {
                    unseen.insert(request);
                }
            }
            let results = case.reconcile(DAYS).await;
            let mut found: BTreeMap<RequestId, DifferenceKind> = BTreeMap::new();
            for result in &results {
                found.extend(result.differences.iter().map(|it| (it.request_id, it.kind)));
                let totals = [result.totals.refunds, result.totals.credits];
                let agree = totals.iter().all(|it| i64::try_from(it.stripe_cents) == Ok(it.log_cents));
                // A day on which nothing differs has equal sums.
                prop_assert!(agree || !result.differences.is_empty(), "{:?}", result);
            }
            for request in unseen {
                if !found.contains_key(&request) {
                    wanted.remove(&request);
                }
            }
            prop_assert_eq!(found, wanted);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_difference_says_which_request_how_much_and_what_to_do() {
    let mut case = Case::default();
    let mut requests = Vec::new();
    for (story, made) in [
        (Story::Unrecorded, Made::Refund),
        (Story::Invented, Made::BalanceCredit),
        (Story::OtherAmount, Made::CreditNote),
        (Story::CameBackUnrecorded, Made::Refund),
        (Story::OtherCharge, Made::Refund),
        (Story::PaidTwice, Made::Refund),
    ] {
        let hours = [1, 2, 3];
        requests.push(case.play(&Drawn { story, made, hours }).await);
    }
    let mut found = case.reconcile(1).await.remove(0);
    let number = |it: &Difference| requests.iter().position(|id| *id == it.request_id);
    found.differences.sort_by_key(number);
    let lines = found.differences.iter().map(|it| {
        let (said, id) = (it.to_string(), it.request_id.to_string());
        assert!(said.starts_with(&id) && !it.kind.advice().is_empty());
        said[id.len() + 1..].to_owned()
    });
    let lines: Vec<_> = lines.collect();
    let expected = [
        "refund re_1_1: Stripe has given it, and the audit log does not say so: $45.00 at Stripe, $0.00 in the audit log",
        "credit cbtxn_2_1: the audit log says that it was given, and Stripe does not have it: $0.00 at Stripe, $45.00 in the audit log",
        "credit cn_3_1: Stripe's amount is not that of the audit log: $40.00 at Stripe, $45.00 in the audit log",
        "refund re_4_1: the audit log says that the customer has it, and Stripe does not: $0.00 at Stripe, $45.00 in the audit log (failed at Stripe)",
        "refund re_5_1: Stripe's charge is not that of the audit log: $45.00 at Stripe, $45.00 in the audit log (ch_2 at Stripe, ch_1 in the audit log)",
        "refund re_6_2: Stripe has given more than one thing for the request: $45.00 at Stripe, $0.00 in the audit log",
    ];
    assert_eq!(lines, expected);
    let totals = found.totals;
    assert_eq!(
        (totals.refunds.stripe_cents, totals.refunds.log_cents),
        (4 * 4_500, 3 * 4_500)
    );
    assert_eq!(
        (totals.credits.stripe_cents, totals.credits.log_cents),
        (4_000, 9_000)
    );
}

#[test]
fn a_day_is_compared_once_it_has_settled_and_three_times_more() {
    let today = date(2026, 3, 1);
    let mut checked: BTreeMap<Date, Vec<i32>> = BTreeMap::new();
    for age in 0..100 {
        let now = today.checked_add(age.days()).unwrap();
        // On two days it did not run.
        if age == 20 || age == 21 {
            continue;
        }
        let last = |day: Date| {
            let ages = checked.get(&day)?;
            day.checked_add(ages.last()?.days()).ok()
        };
        for day in days_due(last, now) {
            let age = (now - day).get_days();
            checked.entry(day).or_default().push(age);
        }
    }
    let of = |age: i32| &checked[&today.checked_add(age.days()).unwrap()];
    assert_eq!(of(30), &CHECKED_AFTER_DAYS);
    // What was due while it did not run is made up for.
    assert_eq!(of(18), &[4, 9, 16, 33]);
    assert_eq!(of(11), &[2, 11, 16, 33]);
    // The first run looks back a week and no further.
    let first = checked.keys().next().unwrap();
    assert_eq!((today - *first).get_days(), 8);
}
