//! What does not agree, and what a person does about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::closed_set::name_of;
use crate::id::RequestId;
use crate::refund::SettlementMethod;
use crate::stripe::amount_text;

/// Something in which Stripe and the audit log do not agree about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The request.
    pub request_id: RequestId,
    /// Stripe's id of the refund or credit.
    pub stripe_id: String,
    /// What does not agree.
    pub kind: DifferenceKind,
    /// As money, or as a credit.
    pub means: SettlementMethod,
    /// What the customer got of it by Stripe, in the smallest unit of its currency.
    pub stripe_cents: u64,
    /// What the customer got of it by the log, less what came back, in cents.
    pub log_cents: i64,
    /// Of Stripe's amount, in lower case.
    pub currency: String,
    /// What else there is to say: a status, or both charges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What does not agree. The names are stored and logged: they do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// Stripe has given it, and the log does not say so.
    NotInLog,
    /// The log says that it was given, and Stripe does not have it.
    NotAtStripe,
    /// It is one more than the one that the request was given.
    SecondAtStripe,
    /// The log has more than once that it was given or came back, or has the latter alone.
    NotRecordedOnce,
    /// The amounts differ.
    OtherAmount,
    /// The charges differ.
    OtherCharge,
    /// Stripe's currency is not the log's.
    OtherCurrency,
    /// The log says that the customer has it, and Stripe says that it failed, was canceled or taken back, or is pending.
    ReversalMissing,
    /// The log says that it came back, and Stripe says that the customer has it.
    ReversedOnlyInLog,
}

impl DifferenceKind {
    /// The name that is stored: `not_in_log`.
    pub fn name(self) -> &'static str {
        name_of(&self)
    }

    /// What is wrong, in plain words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotInLog => "Stripe has given it, and the audit log does not say so",
            Self::NotAtStripe => {
                "the audit log says that it was given, and Stripe does not have it"
            }
            Self::SecondAtStripe => "Stripe has given more than one thing for the request",
            Self::NotRecordedOnce => "the audit log does not have exactly once that it was given",
            Self::OtherAmount => "Stripe's amount is not that of the audit log",
            Self::OtherCharge => "Stripe's charge is not that of the audit log",
            Self::OtherCurrency => "Stripe's currency is not that of the audit log",
            Self::ReversalMissing => {
                "the audit log says that the customer has it, and Stripe does not"
            }
            Self::ReversedOnlyInLog => {
                "the audit log says that it came back, and Stripe that the customer has it"
            }
        }
    }

    /// What a person does about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NotInLog => {
                "Find out in Stripe's log who made it. Where it was made by hand, write its reason down; else let the request \
                 go on, which looks for it."
            }
            Self::NotAtStripe => {
                "Check that the Stripe key is of the account that pays, then whether the customer has the money."
            }
            Self::SecondAtStripe => {
                "The customer may have been given too much: find out who made the second, and whether to ask for it back."
            }
            Self::NotRecordedOnce => {
                "Check the audit log with `admin audit verify` and report the defect."
            }
            Self::OtherAmount | Self::OtherCharge | Self::OtherCurrency => {
                "Check the audit log with `admin audit verify`, and what was approved against what Stripe has given."
            }
            Self::ReversalMissing => {
                "The customer was told that they have it. Resend Stripe's event from its dashboard, and find another way \
                 to pay."
            }
            Self::ReversedOnlyInLog => {
                "Do not pay again before it is clear: by Stripe the customer has it."
            }
        }
    }
}

/// One line: which, what, and both amounts.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (request, noun, meaning) = (self.request_id, self.means.noun(), self.kind.meaning());
        write!(f, "{request} {noun} {}: {meaning}", self.stripe_id)?;
        let at_stripe = amount_text(self.stripe_cents, &self.currency);
        let in_log = signed_text(self.log_cents);
        write!(f, ": {at_stripe} at Stripe, {in_log} in the audit log")?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

/// Cents of US dollars as people read them: `-$45.00`.
pub(super) fn signed_text(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}", amount_text(cents.unsigned_abs(), "usd"))
}
