//! What may happen for a request, at Stripe and in the audit log.

use std::collections::BTreeMap;

use domain::audit::{Action, AuditRecord, Currency};
use domain::charge_statement::CHARGE;
use domain::id::RequestId;
use domain::money::Usd;
use domain::reconciliation::{DifferenceKind, Reconciliation, reconcile};
use domain::refund::SettlementMethod;
use domain::request_store::RequestStore;
use domain::stripe::{Credit, CreditTarget, REQUEST_ID, Refund};
use domain::table::{Table, Write};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use testing::{MemoryStripe, MemoryTable, fixtures};

pub(crate) const DAYS: i64 = 45;
const CENTS: u64 = 4_500;

fn hour(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
}

fn day(day: i64) -> std::ops::Range<Timestamp> {
    hour(24 * day)..hour(24 * (day + 1))
}

/// What Stripe makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Refund,
    CreditNote,
    BalanceCredit,
}

/// What happened for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
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
    pub(crate) fn kind(self) -> Option<DifferenceKind> {
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

const STORIES: [Story; 15] = [
    Story::Recorded,
    Story::Pending,
    Story::Failed,
    Story::CameBack,
    Story::RefusedAndPaidAnew,
    Story::Unrecorded,
    Story::Invented,
    Story::OtherAmount,
    Story::OtherCharge,
    Story::OtherCurrency,
    Story::CameBackUnrecorded,
    Story::PaidAndCameBackInLogAlone,
    Story::PaidTwice,
    Story::RecordedTwice,
    Story::CameBackAlone,
];

/// A request, with the hours of its events, in any order.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) story: Story,
    pub(crate) made: Made,
    pub(crate) hours: [i64; 3],
}

pub(crate) fn drawn() -> impl Strategy<Value = Drawn> {
    let story = prop::sample::select(&STORIES[..]);
    let made = prop::sample::select(vec![Made::Refund, Made::CreditNote, Made::BalanceCredit]);
    let hours = prop::array::uniform3(0..24 * DAYS);
    let drawn = (story, made, hours);
    let drawn = drawn.prop_map(|(story, made, hours)| Drawn { story, made, hours });
    drawn.prop_filter("it can happen", |it| !it.is_impossible())
}

impl Drawn {
    /// The status that Stripe has of the first that it made. None: it made nothing.
    fn status(&self) -> Option<&'static str> {
        Some(match self.story {
            Story::Invented => return None,
            Story::Pending => "pending",
            Story::Failed
            | Story::CameBack
            | Story::CameBackUnrecorded
            | Story::CameBackAlone
            | Story::RefusedAndPaidAnew => {
                if self.made == Made::Refund {
                    "failed"
                } else {
                    "void"
                }
            }
            Story::Recorded
            | Story::Unrecorded
            | Story::OtherAmount
            | Story::OtherCharge
            | Story::OtherCurrency
            | Story::PaidAndCameBackInLogAlone
            | Story::PaidTwice
            | Story::RecordedTwice => "succeeded",
        })
    }

    /// How often the log has that it was given.
    fn times_given(&self) -> u32 {
        let not = [
            Story::Pending,
            Story::Failed,
            Story::Unrecorded,
            Story::CameBackAlone,
        ];
        u32::from(!not.contains(&self.story)) + u32::from(self.story == Story::RecordedTwice)
    }

    fn is(&self, stories: &[Story]) -> bool {
        stories.contains(&self.story)
    }

    /// Credits are never pending, and one on a balance is never taken back.
    fn is_impossible(&self) -> bool {
        match self.made {
            Made::Refund => false,
            Made::CreditNote => self.story == Story::Pending,
            Made::BalanceCredit => self.status().is_some_and(|it| it != "succeeded"),
        }
    }
}

/// A table and a Stripe.
#[derive(Default)]
pub(crate) struct Case {
    table: MemoryTable,
    stripe: MemoryStripe,
    number: usize,
}

impl Case {
    /// Plays what was drawn; gives the request's id.
    pub(crate) async fn play(&mut self, drawn: &Drawn) -> RequestId {
        self.number += 1;
        let request = RequestId::random();
        let [created, recorded, later] = drawn.hours.map(hour);
        let (made, first, second) = (drawn.made, self.id(drawn.made, 1), self.id(drawn.made, 2));
        let or = |story, otherwise, usual| {
            if drawn.story == story {
                otherwise
            } else {
                usual
            }
        };
        if let Some(status) = drawn.status() {
            let cents = if drawn.is(&[Story::OtherAmount]) {
                4_000
            } else {
                CENTS
            };
            let currency = or(Story::OtherCurrency, "eur", "usd");
            let charge = or(Story::OtherCharge, "ch_2", "ch_1");
            let content = (status, cents, currency, charge);
            self.make(request, (made, &first), content, created);
        }
        if drawn.is(&[Story::RefusedAndPaidAnew, Story::PaidTwice]) {
            let content = ("succeeded", CENTS, "usd", "ch_1");
            self.make(request, (made, &second), content, later);
        }
        let id = or(Story::RefusedAndPaidAnew, &*second, &*first);
        let given = drawn.times_given();
        for seq in 1..=given {
            self.record(request, seq, (made, id), false, recorded).await;
        }
        let came_back = [
            Story::CameBack,
            Story::PaidAndCameBackInLogAlone,
            Story::CameBackAlone,
        ];
        if drawn.is(&came_back) {
            self.record(request, given + 1, (made, id), true, later)
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
        let (target, amount, status) = if made == Made::CreditNote {
            (CreditTarget::Invoice("in_1".to_owned()), cents, status)
        } else {
            (CreditTarget::Customer("cus_ada".to_owned()), -cents, None)
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
        let (means, given) = if made == Made::Refund {
            (SettlementMethod::Refund, Action::Refunded)
        } else {
            (SettlementMethod::Credit, Action::Credited)
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

    pub(crate) async fn reconcile(self, days: i64) -> Vec<Reconciliation> {
        let store = RequestStore::new(self.table);
        let mut found = Vec::new();
        for it in 0..days {
            found.push(reconcile(&store, &self.stripe, &day(it)).await.unwrap());
        }
        found
    }
}
