//! What Stripe knows about the charge, and which of its customers asks: shown, and entered by an approver.

use domain::approval::Refusal;
use domain::charge_lookup::ChargeReport;
use domain::form::TextFormat;
use domain::mail::sanitize_text;
use domain::request::{AnswerKind, Request};
use maud::{Markup, html};

use crate::OpenedLink;
use crate::actions::{ActionOutcome, Change};

/// The input that the customer's id is entered in.
pub(crate) const CUSTOMER: &str = "stripeCustomerId";

/// Takes which of Stripe's customers it is, where the customer had left it out.
pub(crate) fn identify(opened: &OpenedLink, customer: &str) -> Change {
    let customer = customer.trim();
    // It decides whose the charge is: nobody enters it for a refund that they ask for themselves.
    if let Some(ineligible) = opened.ineligible() {
        return ActionOutcome::Refused(Refusal::Ineligible(ineligible)).into();
    }
    let Some(field) = missing(&opened.request.value) else {
        let message = "it is known already which of Stripe's customers this is";
        return ActionOutcome::invalid(CUSTOMER, message).into();
    };
    if !TextFormat::StripeCustomer.accepts(customer) {
        let message = "a Stripe customer looks like cus_1A2b3C";
        return ActionOutcome::invalid(CUSTOMER, message).into();
    }
    let customer = customer.to_owned();
    ActionOutcome::CustomerIdentified { field, customer }.into()
}

/// The field for Stripe's customer, if there is one and it was left empty.
fn missing(request: &Request) -> Option<domain::id::FieldName> {
    let answers = request.answers.iter();
    let mut open = answers.filter(|a| a.kind == AnswerKind::Customer && a.value.is_none());
    open.next().map(|answer| answer.name.clone())
}

/// What Stripe knows, with warnings first.
pub(crate) fn card(report: &ChargeReport) -> Markup {
    let warnings = report.warnings();
    html! {
        section.card aria-labelledby="charge" {
            h2 #charge { "The charge at Stripe" }
            @if !warnings.is_empty() {
                div.note.bad role="note" {
                    @for warning in &warnings { p { (warning) } }
                }
            }
            dl {
                @for (label, value) in report.lines() {
                    dt { (label) }
                    dd { bdi { (sanitize_text(&value)) } }
                }
            }
        }
    }
}

/// Where the customer's id is entered while it is missing.
pub(crate) fn form(request: &Request, code: &str, is_invalid: bool) -> Markup {
    let invalid = is_invalid.then_some("true");
    html! {
        @if missing(request).is_some() {
            details.card open[is_invalid] {
                summary { "Enter the Stripe customer" }
                form method="post" {
                    input type="hidden" name="code" value=(code);
                    input type="hidden" name="action" value="identify";
                    div.field {
                        label for=(CUSTOMER) { "Stripe Customer ID" }
                        small #customer-help { "Who the customer is in Stripe, where you know it. It stands in the audit log that you entered it." }
                        input id=(CUSTOMER) name=(CUSTOMER) required autocomplete="off" aria-describedby="customer-help" aria-invalid=[invalid];
                    }
                    button.quiet type="submit" { "Enter it" }
                }
            }
        }
    }
}
