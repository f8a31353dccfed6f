//! The limits of an offering, in whole cents. A payment of exactly what is left is made.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::money::Usd;

/// How much an offering may pay, in refunds and credits together. What is absent has no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// For one request.
    #[serde(rename = "perRefundCents", skip_serializing_if = "Option::is_none")]
    pub per_refund: Option<Usd>,
    /// To one customer in 30 days.
    #[serde(rename = "perCustomerCents", skip_serializing_if = "Option::is_none")]
    pub per_customer: Option<Usd>,
    /// In one day, in UTC.
    #[serde(rename = "perDayCents", skip_serializing_if = "Option::is_none")]
    pub per_day: Option<Usd>,
}

/// One of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// See [`Limits::per_refund`].
    PerRefund,
    /// See [`Limits::per_customer`].
    PerCustomer,
    /// See [`Limits::per_day`].
    PerDay,
}

impl Limits {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These limits, where `others` has none of that kind.
    #[must_use]
    pub fn overridden_by(self, others: Self) -> Self {
        Self {
            per_refund: others.per_refund.or(self.per_refund),
            per_customer: others.per_customer.or(self.per_customer),
            per_day: others.per_day.or(self.per_day),
        }
    }

    /// The amount of a limit.
    pub fn amount(&self, limit: Limit) -> Option<Usd> {
        match limit {
            Limit::PerRefund => self.per_refund,
            Limit::PerCustomer => self.per_customer,
            Limit::PerDay => self.per_day,
        }
    }

    /// Sets the amount of a limit.
    pub fn set(&mut self, limit: Limit, amount: Option<Usd>) {
        *match limit {
            Limit::PerRefund => &mut self.per_refund,
            Limit::PerCustomer => &mut self.per_customer,
            Limit::PerDay => &mut self.per_day,
        } = amount;
    }
}

impl Limit {
    /// Every limit, the narrowest first.
    pub const ALL: [Limit; 3] = [Limit::PerRefund, Limit::PerCustomer, Limit::PerDay];

    /// As the definition calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Limit::PerRefund => "per refund",
            Limit::PerCustomer => "per customer in 30 days",
            Limit::PerDay => "per day",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `per refund $2,000.00, per day $10,000.00`.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = Limit::ALL.into_iter();
        let given = given.filter_map(|limit| Some(format!("{limit} {}", self.amount(limit)?)));
        let given: Vec<_> = given.collect();
        if given.is_empty() {
            return f.write_str("none");
        }
        f.write_str(&given.join(", "))
    }
}
