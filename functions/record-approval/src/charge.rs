//! Which of Stripe's customers asks, as an approver enters it.

use domain::approval::Refusal;
use domain::form::TextFormat;
use domain::id::FieldName;
use domain::request::{AnswerKind, Request};

use crate::OpenedLink;
use crate::action_outcome::{ActionOutcome, Change};

/// The input that the customer's id is entered in.
pub(crate) const CUSTOMER: &str = "stripeCustomerId";

/// Takes which of Stripe's customers it is, where the customer had left it out.
pub(crate) fn identify(opened: &OpenedLink, customer: &str) -> Change {
    let customer = customer.trim();
    // It says whose the charge is, and takes the same as to confirm that.
    if let Some(ineligible) = opened.ineligible_to_confirm() {
        return ActionOutcome::Refused(Refusal::Ineligible(ineligible)).into();
    }
    let Some(field) = missing_customer(&opened.request.value) else {
        let message = "it is known already which of Stripe's customers this is";
        return ActionOutcome::invalid(CUSTOMER, message).into();
    };
    let Ok(customer) = TextFormat::StripeCustomer.read(customer) else {
        let message = "a Stripe customer looks like cus_1A2b3C";
        return ActionOutcome::invalid(CUSTOMER, message).into();
    };
    ActionOutcome::CustomerIdentified { field, customer }.into()
}

/// The field for Stripe's customer, if there is one and it was left empty.
pub(crate) fn missing_customer(request: &Request) -> Option<FieldName> {
    let answers = request.answers.iter();
    let mut open = answers.filter(|a| a.kind == AnswerKind::Customer && a.value.is_none());
    open.next().map(|answer| answer.name.clone())
}
