//! The few rules of our own: only where Stripe would not stop us.

use domain::failure::Failure;
use domain::request::Request;
use domain::stripe::{Ownership, Payment, Requester, StripeError, ownership};
use domain::task::RequesterConfig;

/// Who asks, as the fields that the definition names say.
pub(crate) struct RequesterIdentity {
    email: String,
    vouched: Option<String>,
    /// The charge that a reviewer vouches for.
    confirmed_charge: Option<String>,
}

impl RequesterIdentity {
    pub(crate) fn of(request: &Request, config: &RequesterConfig) -> Self {
        let email = request.value(&config.customer_email);
        let field = config.stripe_customer.as_ref();
        let vouched = field.and_then(|field| request.vouched(field));
        Self {
            email: email.map(ToString::to_string).unwrap_or_default(),
            vouched: vouched.map(ToString::to_string),
            confirmed_charge: request.confirmed_charge().map(ToOwned::to_owned),
        }
    }

    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn owns(&self, payment: &Payment) -> Ownership {
        let asker = Requester {
            email: &self.email,
            vouched: self.vouched.as_deref(),
        };
        match ownership(&payment.payer, asker) {
            // Only where nobody else can tell, and for the charge that the reviewer was shown.
            Ownership::Unclear if self.is_confirmed(payment) => Ownership::Theirs,
            found @ (Ownership::Theirs | Ownership::Another | Ownership::Unclear) => found,
        }
    }

    fn is_confirmed(&self, payment: &Payment) -> bool {
        let charge = payment.charge.as_ref().map(|charge| &charge.id);
        charge.is_some() && charge == self.confirmed_charge.as_ref()
    }
}

/// Why something is not given back although Stripe would.
pub(crate) enum PreconditionFailed {
    /// For good, in words for the team.
    No(String),
    /// Until a person has settled it.
    AskSomebody(Failure),
}

/// Looks for an objection. A message here is kept in the audit log, which holds nothing of a customer.
pub(crate) fn precondition_failed(
    payment: &Payment,
    requester: &RequesterIdentity,
) -> Option<PreconditionFailed> {
    let id = &payment.id;
    match requester.owns(payment) {
        // Fifty of another currency are not fifty dollars.
        _ if payment.currency != "usd" => {
            let currency = payment.currency.to_uppercase();
            Some(PreconditionFailed::No(format!("{id} was paid in {currency}, not in USD.")))
        }
        Ownership::Theirs => None,
        Ownership::Another => Some(PreconditionFailed::No(format!(
            "{id} belongs to another customer than the one who asks."
        ))),
        Ownership::Unclear => Some(PreconditionFailed::AskSomebody(Failure::StripeGuestCharge(
            "it is unclear whose the charge is: no customer of Stripe's with an address paid it, and \
             the address given at the payment is not that of the one who asks"
                .to_owned(),
        ))),
    }
}

/// Stripe's words, where an answer is a definite no.
pub(crate) fn refusal(error: &StripeError) -> Option<&str> {
    match error {
        StripeError::Refused { message, .. } => Some(message),
        StripeError::Busy(_)
        | StripeError::Unknown(_)
        | StripeError::Undecided(_)
        | StripeError::Misconfigured(_)
        | StripeError::KeyRefused => None,
    }
}
