//! Whose a charge is: what Stripe says, and what approvers have entered and confirmed where it cannot tell. And which
//! charge it is, where the request gives the number of a receipt or an invoice: the one that an approver has confirmed.
//!
//! [`Request::owns`] is the one rule. What is paid follows it, and so does what an approver is shown.

use serde::{Deserialize, Serialize};

use super::Request;
use crate::failure::STRIPE_GUEST_CHARGE;
use crate::stripe::{Ownership, Payment, ownership};

/// A charge of which only a person can tell whose it is, or whether it is the one that the request is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnclearCharge {
    /// `ch_...`
    pub charge: String,
    /// Stripe's id of who paid. None: a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

/// An approver's word that a charge is the one that the request is about, and that of the customer who asks. It holds for
/// this charge, paid by this customer of Stripe's, alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnershipConfirmation {
    /// What they confirmed.
    #[serde(flatten)]
    pub of: UnclearCharge,
    /// The approver's address.
    pub by: String,
}

impl Request {
    /// Whose a payment is: the customer's who asks, another one's, or for a person to tell.
    pub fn owns(&self, payment: &Payment) -> Ownership {
        let found = ownership(&payment.payer, self.customer_email().unwrap_or_default());
        let charge = payment.charge.as_ref().map(|charge| charge.id.as_str());
        self.judge_ownership(found, charge, payment.payer.customer_id())
    }

    /// The same, where Stripe's word is known already.
    ///
    /// That an approver entered the customer who paid, against Stripe's word, makes it a question for a person and no
    /// answer: only the explicit confirmation of this charge does.
    pub(crate) fn judge_ownership(
        &self,
        found: Ownership,
        charge: Option<&str>,
        customer: Option<&str>,
    ) -> Ownership {
        let is_entered = customer.is_some() && self.customer_entered_by_approver() == customer;
        let is_confirmed = self.ownership_confirmation.as_ref().is_some_and(|given| {
            Some(given.of.charge.as_str()) == charge && given.of.customer.as_deref() == customer
        });
        match found {
            Ownership::Theirs => Ownership::Theirs,
            Ownership::Another if !is_entered => Ownership::Another,
            Ownership::Another | Ownership::Unclear if is_confirmed => Ownership::Theirs,
            Ownership::Another | Ownership::Unclear => Ownership::Unclear,
        }
    }

    /// Whether it stands still because nobody could tell whose the charge is, or which.
    pub fn stopped_over_a_guests_charge(&self) -> bool {
        let stopped = self.stopped.as_ref();
        stopped.is_some_and(|stopped| stopped.error == STRIPE_GUEST_CHARGE)
    }
}
