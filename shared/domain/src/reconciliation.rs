//! Whether the audit log and Stripe agree, to the cent: every refund and credit at Stripe that names a request of ours
//! (`metadata.request_id`), and every movement in the log.
//!
//! The two give different times to one movement. A record has the time at which its state was entered: up to a day before
//! Stripe was asked, where calls were retried, and weeks before a pending refund is paid. So a span says which requests
//! are compared, those for which Stripe created something in it or the log has a movement in it, and never
//! what: of each of them all movements of the log are read, and what the span's lists do not hold is read by its id. A refund
//! that is created before midnight and recorded after it is compared with its record on both days.
//!
//! A day is compared once it has [settled](SETTLED_DAYS): by then a call that was retried has come to its end, or has
//! stopped for a person to look. A refund that is pending and is in no record is no difference. It may be paid, fail, or
//! come back weeks later, so each day is compared [again](CHECKED_AFTER_DAYS).
//!
//! What this cannot see: a transaction on a customer's balance that names a request, where the log has no such credit of
//! that customer in the span. Stripe lists those transactions by customer alone.

mod compare;
mod day;
mod difference;
mod read;

pub use compare::{Arrival, MeansTotal, StripeMovement, Totals, compare};
pub use day::{CHECKED_AFTER_DAYS, ReconciledDay, SETTLED_DAYS, days_due};
pub use difference::{Difference, DifferenceKind};
pub use read::{Reconciliation, reconcile};
