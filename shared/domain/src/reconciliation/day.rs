//! The result of a day, and when a day is compared.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::compare::Totals;
use super::difference::Difference;
use super::read::Reconciliation;
use crate::dates::midnight;
use crate::table::{Entity, Key, ReadError, Stored, Table, load_all};

/// How many days after it began a day in UTC is compared first. It is over for a day then: for so long a call to Stripe
/// is retried.
pub const SETTLED_DAYS: i32 = 2;

/// How many days after it began a day is compared. A refund may be pending for 30 days, and comes back within 30.
pub const CHECKED_AFTER_DAYS: [i32; 4] = [SETTLED_DAYS, 9, 16, 33];

/// For how many days a day that was never compared is made up for.
const MADE_UP_DAYS: i32 = 7;

/// For how many days a result is kept. It can be made again at any time.
const KEPT_DAYS: i32 = 400;

/// The most differences that are stored of a day. An item has room for some thousand.
const MOST_STORED: usize = 500;

const PARTITION: &str = "RECONCILIATION";

/// What the last comparison of a day came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconciledDay {
    /// The day in UTC.
    pub day: Date,
    /// When it was compared last.
    pub checked_on: Date,
    /// How many requests were compared.
    pub requests: usize,
    /// What was given in all for these requests, per means.
    pub totals: Totals,
    /// How much does not agree.
    pub difference_count: usize,
    /// The first of what does not agree.
    pub differences: Vec<Difference>,
}

impl ReconciledDay {
    /// The result of a comparison.
    pub fn new(day: Date, checked_on: Date, mut found: Reconciliation) -> Self {
        let difference_count = found.differences.len();
        found.differences.truncate(MOST_STORED);
        Self {
            day,
            checked_on,
            requests: found.requests,
            totals: found.totals,
            difference_count,
            differences: found.differences,
        }
    }

    /// Whether people are to be told, who know the result before.
    pub fn is_news(&self, before: Option<&Self>) -> bool {
        let known = before.map_or(&[][..], |it| &it.differences);
        self.difference_count > 0 && self.differences != known
    }

    /// All results that are kept, by day.
    pub async fn all(table: &impl Table) -> Result<BTreeMap<Date, Stored<Self>>, ReadError> {
        let days = load_all::<Self>(table, PARTITION, "").await?;
        Ok(days.into_iter().map(|it| (it.value.day, it)).collect())
    }
}

/// Which days are to be compared today, newest first, by when each was compared last.
pub fn days_due(known: impl Fn(Date) -> Option<Date>, today: Date) -> Vec<Date> {
    let ages = SETTLED_DAYS..=CHECKED_AFTER_DAYS[3] + MADE_UP_DAYS;
    let days = ages.filter_map(|age| Some((age, today.checked_sub(age.days()).ok()?)));
    let is_due = |(age, day): &(i32, Date)| match known(*day) {
        Some(checked) => {
            let passed = CHECKED_AFTER_DAYS.iter().filter(|after| *after <= age);
            let next = passed
                .max()
                .and_then(|after| day.checked_add(after.days()).ok());
            next.is_some_and(|next| checked < next)
        }
        None => *age < SETTLED_DAYS + MADE_UP_DAYS,
    };
    days.filter(is_due).map(|(_, day)| day).collect()
}

impl Entity for ReconciledDay {
    const KIND: &'static str = "reconciliation";

    fn key(&self) -> Key {
        Key::new(PARTITION, self.day.to_string())
    }

    fn expires_at(&self) -> Option<Timestamp> {
        let expires_on = self.day.checked_add(KEPT_DAYS.days()).ok()?;
        Some(midnight(expires_on))
    }
}
