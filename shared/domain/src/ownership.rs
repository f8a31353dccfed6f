//! Whose a payment is, for the request that asks for it back: what Stripe says, and what an approver has confirmed.

use crate::request::Request;
use crate::stripe::{Ownership, Payment, Requester, ownership};

/// Who asks, as the fields that the definition designates say.
#[derive(Debug)]
pub struct RequesterIdentity<'a> {
    email: &'a str,
    /// Which of Stripe's customers it is, by an approver's word.
    confirmed_customer: Option<&'a str>,
    /// The charge that is theirs, by an approver's word.
    confirmed_charge: Option<&'a str>,
}

impl<'a> RequesterIdentity<'a> {
    /// Who asks in that request.
    pub fn of(request: &'a Request) -> Self {
        Self {
            email: request.customer_email().unwrap_or_default(),
            confirmed_customer: request.customer_entered_by_approver(),
            confirmed_charge: request.confirmed_charge(),
        }
    }

    /// The address that they gave.
    pub fn email(&self) -> &str {
        self.email
    }

    /// Whether the payment is theirs.
    pub fn owns(&self, payment: &Payment) -> Ownership {
        let requester = Requester {
            email: self.email,
            confirmed_customer: self.confirmed_customer,
        };
        match ownership(&payment.payer, requester) {
            // Only where Stripe cannot tell, and only for the charge that the approver was shown.
            Ownership::Unclear if self.is_confirmed(payment) => Ownership::Theirs,
            found @ (Ownership::Theirs | Ownership::Another | Ownership::Unclear) => found,
        }
    }

    fn is_confirmed(&self, payment: &Payment) -> bool {
        let charge = payment.charge.as_ref().map(|charge| charge.id.as_str());
        charge.is_some() && charge == self.confirmed_charge
    }
}
