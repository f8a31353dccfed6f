//! Stripe against the audit log: each difference is found, and what is pending, late or of another day is none.

use std::collections::{BTreeMap, BTreeSet};

use domain::audit::{Action, AuditRecord, Currency};
use domain::charge_statement::CHARGE;
use domain::id::RequestId;
use domain::money::Usd;
use domain::reconciliation::{
    CHECKED_AFTER_DAYS, Difference, DifferenceKind, Reconciliation, days_due, reconcile,
};
use domain::refund::SettlementMethod;
use domain::request_store::RequestStore;
use domain::stripe::{Credit, CreditTarget, REQUEST_ID, Refund};
use domain::table::{Table, Write};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use testing::{MemoryStripe, MemoryTable, fixtures};

const DAYS: i64 = 45;
const CENTS: u64 = 4_500;

fn hour(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
}

fn day(day: i64) -> std::ops::Range<Timestamp> {
    hour(24 * day)..hour(24 * (day + 1))
}

/// What Stripe makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Refund,
    CreditNote,
    BalanceCredit,
}

/// What happened for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    Recorded,
    Pending,
    Failed,
    CameBack,
    RefusedAndPaidAnew,
    Unrecorded,
    Invented,
    OtherAmount,
    OtherCharge,
    OtherCurrency,
    CameBackUnrecorded,
    PaidAndCameBackInLogAlone,
    PaidTwice,
    RecordedTwice,
    CameBackAlone,
}

impl Story {
    /// What is found.
    fn kind(self) -> Option<DifferenceKind> {
        Some(match self {
            Self::Recorded
            | Self::Pending
            | Self::Failed
            | Self::CameBack
            | Self::RefusedAndPaidAnew => return None,
            Self::Unrecorded => DifferenceKind::NotInLog,
            Self::Invented => DifferenceKind::NotAtStripe,
            Self::OtherAmount => DifferenceKind::OtherAmount,
            Self::OtherCharge => DifferenceKind::OtherCharge,
            Self::OtherCurrency => DifferenceKind::OtherCurrency,
            Self::CameBackUnrecorded => DifferenceKind::ReversalMissing,
            Self::PaidAndCameBackInLogAlone => DifferenceKind::ReversedOnlyInLog,
            Self::PaidTwice => DifferenceKind::SecondAtStripe,
            Self::RecordedTwice | Self::CameBackAlone => DifferenceKind::NotRecordedOnce,
        })
    }
}

fn story() -> impl Strategy<Value = Story> {
    use Story::*;
    prop::sample::select(vec![
        Recorded,
        Pending,
        Failed,
        CameBack,
        RefusedAndPaidAnew,
        Unrecorded,
        Invented,
        OtherAmount,
        OtherCharge,
        OtherCurrency,
        CameBackUnrecorded,
        PaidAndCameBackInLogAlone,
        PaidTwice,
        RecordedTwice,
        CameBackAlone,
    ])
}

/// A request, with the hours of its events, in any order.
#[derive(Debug, Clone)]
struct Drawn {
    story: Story,
    made: Made,
    hours: [i64; 3],
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let made = prop::sample::select(vec![Made::Refund, Made::CreditNote, Made::BalanceCredit]);
    let hours = prop::array::uniform3(0..24 * DAYS);
    (story(), made, hours).prop_map(|(story, made, hours)| Drawn { story, made, hours })
}

/// A table and a Stripe.
#[derive(Default)]
struct Case {
    table: MemoryTable,
    stripe: MemoryStripe,
    number: usize,
}

impl Case {
    /// Plays what was drawn; gives the request's id.
    async fn play(&mut self, drawn: &Drawn) -> RequestId {
        use Story::*;
        self.number += 1;
        let request = RequestId::random();
        let [created, recorded, came_back] = drawn.hours.map(hour);
        let (made, own) = (drawn.made, self.id(drawn.made, 1));
        // Only refunds fail or are pending.
        let is_refund = made == Made::Refund;
        let status = match drawn.story {
            Pending if is_refund => Some("pending"),
            Failed | CameBack | CameBackUnrecorded | CameBackAlone if is_refund => Some("failed"),
            RefusedAndPaidAnew if is_refund => Some("canceled"),
            Pending | Failed | CameBack | Invented => None,
            CameBackUnrecorded | CameBackAlone | RefusedAndPaidAnew if made == Made::CreditNote => {
                Some("void")
            }
            RefusedAndPaidAnew | CameBackAlone | CameBackUnrecorded => None,
            _ => Some("succeeded"),
        };
        let cents = if drawn.story == OtherAmount {
            4_000
        } else {
            CENTS
        };
        let currency = if drawn.story == OtherCurrency {
            "eur"
        } else {
            "usd"
        };
        let charge = if drawn.story == OtherCharge {
            "ch_2"
        } else {
            "ch_1"
        };
        if let Some(status) = status {
            self.make(
                request,
                (made, &own),
                (status, cents, currency, charge),
                created,
            );
        }
        let mut id = own;
        if matches!(drawn.story, RefusedAndPaidAnew | PaidTwice) {
            let second = self.id(made, 2);
            let content = ("succeeded", CENTS, "usd", "ch_1");
            self.make(request, (made, &second), content, came_back);
            if drawn.story == RefusedAndPaidAnew {
                id = second;
            }
        }
        let gave = [
            Recorded,
            CameBack,
            Invented,
            OtherAmount,
            OtherCharge,
            OtherCurrency,
        ];
        let gave = gave.contains(&drawn.story)
            || [CameBackUnrecorded, PaidAndCameBackInLogAlone, PaidTwice].contains(&drawn.story)
            || [RecordedTwice, RefusedAndPaidAnew].contains(&drawn.story);
        let mut seq = 0;
        let given = u32::from(gave) + u32::from(drawn.story == RecordedTwice);
        for _ in 0..given {
            seq += 1;
            self.record(request, seq, (made, &id), false, recorded)
                .await;
        }
        if [CameBack, PaidAndCameBackInLogAlone, CameBackAlone].contains(&drawn.story) {
            self.record(request, seq + 1, (made, &id), true, came_back)
                .await;
        }
        request
    }

    fn id(&self, made: Made, nth: u8) -> String {
        let prefix = match made {
            Made::Refund => "re",
            Made::CreditNote => "cn",
            Made::BalanceCredit => "cbtxn",
        };
        format!("{prefix}_{}_{nth}", self.number)
    }

    fn make(
        &self,
        request: RequestId,
        (made, id): (Made, &str),
        (status, cents, currency, charge): (&str, u64, &str, &str),
        created: Timestamp,
    ) {
        self.stripe.set_now(created);
        let mut metadata = BTreeMap::from([(REQUEST_ID.to_owned(), request.to_string())]);
        let (id, currency, charge) = (id.to_owned(), currency.to_owned(), charge.to_owned());
        let status = Some(status.to_owned());
        if made == Made::Refund {
            let charge = Some(charge);
            return self.stripe.pay_by_hand(Refund {
                id,
                amount: cents,
                currency,
                charge,
                status,
                metadata,
                ..Refund::default()
            });
        }
        metadata.insert(CHARGE.to_owned(), charge);
        let cents = i64::try_from(cents).unwrap();
        let (target, amount, status) = match made {
            Made::CreditNote => (CreditTarget::Invoice("in_1".to_owned()), cents, status),
            _ => (CreditTarget::Customer("cus_ada".to_owned()), -cents, None),
        };
        let credit = Credit {
            id,
            amount,
            currency,
            status,
            metadata,
            ..Credit::default()
        };
        self.stripe.give(target, credit);
    }

    async fn record(
        &self,
        request_id: RequestId,
        seq: u32,
        (made, id): (Made, &str),
        came_back: bool,
        at: Timestamp,
    ) {
        let (means, given) = match made {
            Made::Refund => (SettlementMethod::Refund, Action::Refunded),
            _ => (SettlementMethod::Credit, Action::Credited),
        };
        let (_, record) = fixtures::request::request();
        let record = AuditRecord {
            request_id,
            seq,
            at,
            action: if came_back {
                Action::RefundReversed
            } else {
                given
            },
            amount: Usd::from_cents(CENTS).ok(),
            currency: Some(Currency::Usd),
            means: Some(means),
            charge: Some("ch_1".to_owned()),
            stripe_id: Some(id.to_owned()),
            ..record
        };
        let written = self.table.commit(vec![Write::create(&record)]);
        written.await.unwrap();
    }

    async fn reconcile(self, days: i64) -> Vec<Reconciliation> {
        let store = RequestStore::new(self.table);
        let mut found = Vec::new();
        for it in 0..days {
            found.push(reconcile(&store, &self.stripe, &day(it)).await.unwrap());
        }
        found
    }
}

/// Whether such a thing cannot happen to what is made: a credit neither fails nor is it pending, and one on a balance is never
/// taken back.
fn is_impossible(drawn: &Drawn) -> bool {
    use Story::*;
    match drawn.made {
        Made::Refund => false,
        Made::CreditNote => matches!(drawn.story, Pending | Failed | CameBack),
        Made::BalanceCredit => matches!(
            drawn.story,
            Pending | Failed | CameBack | CameBackUnrecorded | CameBackAlone | RefusedAndPaidAnew
        ),
    }
}

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
            for drawn in all.iter().filter(|it| !is_impossible(it)) {
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
