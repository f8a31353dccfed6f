//! What Stripe knows about the charge, and where an approver enters the customer.

use domain::charge_lookup::ChargeReport;
use domain::mail::sanitize_text;
use domain::request::Request;
use maud::{Markup, html};

use crate::charge::{CUSTOMER, missing_customer};

/// What Stripe knows, with warnings first.
pub(super) fn card(report: &ChargeReport) -> Markup {
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
            @if let Some(summary) = report.others_summary() {
                details {
                    summary { "For this charge: " (summary) }
                    ul { @for other in report.others() { li { (other) } } }
                }
            }
        }
    }
}

/// Where the customer's id is entered while it is missing.
pub(super) fn customer_form(request: &Request, code: &str, is_invalid: bool) -> Markup {
    let invalid = is_invalid.then_some("true");
    html! {
        @if missing_customer(request).is_some() {
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
