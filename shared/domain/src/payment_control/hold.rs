//! Why a payment is not made now. It goes on by a redrive once a person has changed what held it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::limits::Limit;
use crate::dates::Zone;
use crate::failure::Failure;
use crate::money::Usd;
use crate::operator_log::Change;
use crate::stripe::amount_text;

/// What holds a payment. It prints as a sentence for the team, which names no customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// Nobody is paid anything.
    Stopped(Option<Change>),
    /// The payment would pass a limit.
    AboveLimit {
        /// Which one.
        limit: Limit,
        /// The limit.
        most: Usd,
        /// The cents of it that are paid or under way.
        used_cents: u64,
    },
}

/// A payment of a request that was held last, and has not been begun since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentHold {
    /// Which entry into the paying state it was.
    pub at: Timestamp,
    /// Why, for the team.
    pub reason: String,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hold::Stopped(None) => f.write_str("All payments are stopped."),
            Hold::Stopped(Some(Change { by, because, at })) => {
                // It is stored, for whoever reads it in whichever zone.
                let at = Zone::UTC.when(*at);
                write!(f, "All payments were stopped by {by} on {at}: {because}")
            }
            Hold::AboveLimit {
                limit,
                most,
                used_cents,
            } => {
                write!(f, "The limit {limit} is {most}")?;
                if *limit == Limit::PerRefund {
                    return f.write_str(".");
                }
                let used = amount_text(*used_cents, "usd");
                write!(f, ", of which {used} are paid or under way.")
            }
        }
    }
}

impl From<&Hold> for Failure {
    fn from(hold: &Hold) -> Self {
        match hold {
            Hold::Stopped(_) => Failure::PaymentsStopped,
            Hold::AboveLimit { limit, .. } => Failure::LimitReached(*limit),
        }
    }
}
