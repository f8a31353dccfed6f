//! Reserving the cents of an intent, in the transaction that writes it: on the condition that payments are not
//! stopped, and that nobody else has reserved any of the same limits since they were read.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hold::Hold;
use super::limits::{Limit, Limits};
use super::operations::{LimitOverrides, PaymentSwitch};
use super::totals::PaymentTotals;
use crate::approval::{hex, mailbox};
use crate::dates::utc_date;
use crate::id::OfferingPath;
use crate::money::Usd;
use crate::stripe::Payer;
use crate::table::{ReadError, Stored, Table, Write, load_or};

/// What is about to be paid.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// By which offering.
    pub offering: &'a OfferingPath,
    /// To whom: see [`customer_key`].
    pub customer: &'a str,
    /// How much.
    pub amount: Usd,
    /// When it was intended.
    pub at: Timestamp,
    /// The limits of the definition that the request runs by.
    pub limits: Limits,
}

/// What an intent has reserved of the limits, so that a refusal gives it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    offering: OfferingPath,
    customer: String,
    day: Date,
    amount: Usd,
}

/// By what a customer is counted: Stripe's id of them, else a hash of the address that paid, else of the one that
/// asks. All spellings of one [`mailbox`] count as one.
pub fn customer_key(payer: &Payer, requester_email: &str) -> String {
    match payer {
        Payer::Customer(customer, _) => customer.id.clone(),
        Payer::Guest(email) => {
            let mailbox = mailbox(email.as_deref().unwrap_or(requester_email));
            format!("address-{}", hex(&Sha256::digest(mailbox.as_bytes())))
        }
    }
}

/// Why nothing is reserved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// The payment may not be made now.
    #[error("{0}")]
    Held(Hold),
    /// It could not be read whether it may be.
    #[error(transparent)]
    Unread(#[from] ReadError),
}

/// The switch, on whose condition a payment commits; an error while payments are stopped.
pub async fn check_running(table: &impl Table) -> Result<Stored<PaymentSwitch>, ReserveError> {
    let switch = load_or(table, PaymentSwitch::default()).await?;
    if switch.value.is_stopped {
        return Err(ReserveError::Held(Hold::Stopped(switch.value.changed)));
    }
    Ok(switch)
}

/// What reserves an intent's cents. Nothing is counted for an offering without limits.
pub async fn reserve(
    table: &impl Table,
    intent: Intent<'_>,
) -> Result<(Option<Reservation>, Vec<Write>), ReserveError> {
    let switch = check_running(table).await?;
    let mut writes = vec![Write::check(&switch)];
    let overrides = load_or(table, LimitOverrides::none(intent.offering)).await?;
    let limits = intent.limits.overridden_by(overrides.value.limits);
    if limits.is_empty() {
        return Ok((None, writes));
    }
    let reservation = Reservation {
        offering: intent.offering.clone(),
        customer: intent.customer.to_owned(),
        day: utc_date(intent.at),
        amount: intent.amount,
    };
    let [mut all, mut customer] = reservation.totals(table).await?;
    let (day, cents) = (reservation.day, intent.amount.cents());
    for limit in Limit::ALL {
        let used_cents = match limit {
            Limit::PerRefund => 0,
            Limit::PerCustomer => customer.value.since_window(day),
            Limit::PerDay => all.value.of_day(day),
        };
        if let Some(most) = limits.amount(limit)
            && used_cents.saturating_add(cents) > most.cents()
        {
            return Err(ReserveError::Held(Hold::AboveLimit {
                limit,
                most,
                used_cents,
            }));
        }
    }
    for totals in [&mut all, &mut customer] {
        totals.value.add(day, cents);
        writes.push(Write::update(totals));
    }
    Ok((Some(reservation), writes))
}

/// What gives back the cents of an intent that Stripe has refused.
pub async fn release(
    table: &impl Table,
    reservation: &Reservation,
) -> Result<Vec<Write>, ReadError> {
    let mut writes = Vec::new();
    for mut totals in reservation.totals(table).await? {
        totals
            .value
            .subtract(reservation.day, reservation.amount.cents());
        writes.push(Write::update(&totals));
    }
    Ok(writes)
}

impl Reservation {
    /// Those of all customers, and those of its own.
    async fn totals(&self, table: &impl Table) -> Result<[Stored<PaymentTotals>; 2], ReadError> {
        let (all, own) = (None, Some(self.customer.as_str()));
        Ok([
            load_or(table, PaymentTotals::new(&self.offering, all)).await?,
            load_or(table, PaymentTotals::new(&self.offering, own)).await?,
        ])
    }
}
