//! Removing the personal data of a request that has ended. The audit log stays, and so does what money needs.

use std::fmt;

use jiff::Timestamp;

use super::{Output, Request};

/// Why personal data is removed. It prints as it stands in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgetReason {
    /// So many days have passed since the request ended.
    Age(u16),
    /// Somebody asked for it.
    Erasure,
}

impl fmt::Display for ForgetReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForgetReason::Age(days) => write!(f, "{days} days after the end"),
            ForgetReason::Erasure => f.write_str("on request"),
        }
    }
}

impl Request {
    /// Empties what the customer sent, what was written about it, and what says who they are. The amounts, the charge
    /// and Stripe's ids of what was given back stay: other requests for the charge are decided and paid by them.
    pub(super) fn forget(&mut self, at: Timestamp) {
        let designated = &self.designated;
        let (amount, charge) = (&designated.amount_field, &designated.charge_field);
        self.answers.retain(|answer| {
            let field = Some(&answer.name);
            field == amount.as_ref() || field == charge.as_ref()
        });
        self.outputs
            .retain(|_, output| matches!(output, Output::Refund { .. }));
        self.invited = None;
        self.approved.clear();
        self.ownership_confirmation = None;
        self.inquiries.clear();
        self.payment_hold = None;
        self.forgotten_at = Some(at);
    }
}
