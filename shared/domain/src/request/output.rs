//! What phases find out for the conditions and texts of later phases.

use serde::{Deserialize, Serialize};

use crate::money::Usd;

/// The value of a variable that a phase set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Output {
    /// A text, such as a reason or a message.
    Text(String),
    /// A refund or credit as Stripe made it. Texts reach its parts as
    /// [members](crate::task::variable::REFUND_MEMBERS) of the variable.
    Refund {
        /// Stripe's id.
        id: String,
        /// How much, stored in cents.
        amount: Usd,
        /// Stripe's status, or `credited`.
        status: String,
    },
}
