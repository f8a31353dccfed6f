//! What an offering has paid or is about to pay, by the UTC day of the intent: in all, and to each customer.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::OfferingPath;
use crate::table::{Entity, Key};

/// The window of [`Limits::per_customer`](super::Limits::per_customer), in days. A payment counts in it from its day
/// on and on the 30 days that follow, so that no 30 days have more than the limit.
const WINDOW_DAYS: i32 = 30;

/// How many days are kept: twice the window, so that an intent that is late still finds its own.
const KEPT_DAYS: i32 = 2 * WINDOW_DAYS;

/// Sums of payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentTotals {
    offering: OfferingPath,
    /// The customer's [key](super::customer_key); all customers where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    /// In cents.
    days: BTreeMap<Date, u64>,
}

impl PaymentTotals {
    /// No payments, of one customer or of all.
    pub fn new(offering: &OfferingPath, customer: Option<&str>) -> Self {
        Self {
            offering: offering.clone(),
            customer: customer.map(ToOwned::to_owned),
            days: BTreeMap::new(),
        }
    }

    /// The cents of a day.
    pub fn of_day(&self, day: Date) -> u64 {
        self.days.get(&day).copied().unwrap_or_default()
    }

    /// The cents of the 30 days before a day, of that day, and of later ones: an intent that is late counts together
    /// with those that overtook it.
    pub fn since_window(&self, day: Date) -> u64 {
        let days = self.days.range(days_before(day, WINDOW_DAYS)..);
        days.map(|(_, cents)| cents).sum()
    }

    pub(super) fn add(&mut self, day: Date, cents: u64) {
        *self.days.entry(day).or_default() += cents;
        if let Some((newest, _)) = self.days.last_key_value() {
            let oldest = days_before(*newest, KEPT_DAYS);
            self.days.retain(|day, _| *day >= oldest);
        }
    }

    pub(super) fn subtract(&mut self, day: Date, cents: u64) {
        if let Some(total) = self.days.get_mut(&day) {
            *total = total.saturating_sub(cents);
        }
    }
}

fn days_before(day: Date, days: i32) -> Date {
    day.saturating_sub(Span::new().days(days))
}

impl Entity for PaymentTotals {
    const KIND: &'static str = "paymentTotals";

    fn key(&self) -> Key {
        let sk = match &self.customer {
            None => "TOTALS".to_owned(),
            Some(customer) => format!("TOTALS#{customer}"),
        };
        Key::new(format!("PAYMENTS#{}", self.offering), sk)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        let (newest, _) = self.days.last_key_value()?;
        let last = newest.checked_add(Span::new().days(KEPT_DAYS)).ok()?;
        TimeZone::UTC.to_timestamp(last.to_datetime(Time::MIN)).ok()
    }
}
