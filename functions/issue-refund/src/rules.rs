//! The rules of our own: only those that Stripe does not enforce.

use domain::failure::Failure;
use domain::request::Request;
use domain::stripe::{Ownership, Payment, Requester, StripeError, ownership};
use domain::task::RequesterConfig;

/// Who asks, as the fields that the definition names say.
pub(crate) struct RequesterIdentity {
    email: String,
    /// Which of Stripe's customers it is, by an approver's word.
    confirmed_customer: Option<String>,
    /// The charge that is theirs, by an approver's word.
    confirmed_charge: Option<String>,
}

impl RequesterIdentity {
    pub(crate) fn of(request: &Request, config: &RequesterConfig) -> Self {
        let email = request.value(&config.customer_email);
        let field = config.stripe_customer.as_ref();
        let customer = field.and_then(|field| request.value_by_approver(field));
        Self {
            email: email.map(ToString::to_string).unwrap_or_default(),
            confirmed_customer: customer.map(ToString::to_string),
            confirmed_charge: request.confirmed_charge().map(ToOwned::to_owned),
        }
    }

    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn owns(&self, payment: &Payment) -> Ownership {
        let requester = Requester {
            email: &self.email,
            confirmed_customer: self.confirmed_customer.as_deref(),
        };
        match ownership(&payment.payer, requester) {
            // Only where Stripe cannot tell, and only for the charge that the approver was shown.
            Ownership::Unclear if self.is_confirmed(payment) => Ownership::Theirs,
            found @ (Ownership::Theirs | Ownership::Another | Ownership::Unclear) => found,
        }
    }

    fn is_confirmed(&self, payment: &Payment) -> bool {
        let charge = payment.charge.as_ref().map(|charge| &charge.id);
        charge.is_some() && charge == self.confirmed_charge.as_ref()
    }
}

/// Why nothing is given back now.
#[derive(Debug)]
pub(crate) enum NotPaid {
    /// For good, by Stripe's word or by a rule of ours: in words for the team.
    Refused(String),
    /// For the time being: it is retried, or a person has to look.
    Failed(Failure),
}

impl From<Failure> for NotPaid {
    fn from(failure: Failure) -> Self {
        NotPaid::Failed(failure)
    }
}

/// For the calls whose refusal answers the customer: those that read what is to be given back, and those that give it.
impl From<StripeError> for NotPaid {
    fn from(error: StripeError) -> Self {
        let StripeError::Refused { message, .. } = error else {
            return NotPaid::Failed(error.into());
        };
        NotPaid::Refused(message)
    }
}

/// Refuses what Stripe would give back although it must not be. A message here is kept in the audit log, which holds
/// nothing of a customer.
pub(crate) fn check_preconditions(
    payment: &Payment,
    requester: &RequesterIdentity,
) -> Result<(), NotPaid> {
    let id = &payment.id;
    match requester.owns(payment) {
        // Fifty of another currency are not fifty dollars.
        _ if payment.currency != "usd" => {
            let currency = payment.currency.to_uppercase();
            Err(NotPaid::Refused(format!("{id} was paid in {currency}, not in USD.")))
        }
        Ownership::Theirs => Ok(()),
        Ownership::Another => Err(NotPaid::Refused(format!(
            "{id} belongs to another customer than the one who asks."
        ))),
        Ownership::Unclear => Err(NotPaid::Failed(Failure::StripeGuestCharge(
            "it is unclear whose the charge is: no customer of Stripe's with an address paid it, and \
             the address given at the payment is not that of the one who asks"
                .to_owned(),
        ))),
    }
}
