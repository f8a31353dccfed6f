//! Whether a payment may be made now: the switch that stops all of them, and the limits of an offering.
//!
//! A payment is a refund or a credit. It is held before Stripe is asked for anything, so that the request needs
//! attention and goes on by a redrive. People change the switch and the limits by the command line tool
//! `infra/admin`, which goes through [`operations`]; each change is in the operators' audit log.

mod hold;
mod limits;
pub mod operations;
mod reservation;
mod totals;

pub use hold::{Hold, PaymentHold};
pub use limits::{Limit, Limits};
pub use operations::{LimitOverrides, PaymentSwitch};
pub use reservation::{
    Intent, Reservation, ReserveError, check_running, customer_key, release, reserve,
};
pub use totals::PaymentTotals;
