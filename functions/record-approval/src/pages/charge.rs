//! What Stripe knows about the charge, and where an approver enters the customer.

use domain::charge_lookup::ChargeReport;
use domain::mail::sanitize_text;
use domain::request::Request;
use maud::{Markup, html};
use web::PageContext;

use crate::case::Case;
use crate::charge::{CUSTOMER, missing_customer};

/// What Stripe knows, with warnings first.
pub(super) fn card(page: &PageContext, case: &Case) -> Markup {
    html! {
        @if let Some(report) = &case.report {
            section.card aria-labelledby="charge" {
                h2 #charge { "The charge at Stripe" }
                (warnings(report, case.is_outdated))
                @for lines in report.charges(&page.brand.zone) {
                    dl {
                        @for (label, value) in lines {
                            dt { (label) }
                            dd { bdi { (sanitize_text(&value)) } }
                        }
                    }
                }
                @if let Some(summary) = report.others_summary() {
                    details {
                        summary { "For this charge: " (summary) }
                        ul { @for other in report.others(&page.brand.zone) { li { (other) } } }
                    }
                }
                @if let Some(found) = &report.found {
                    p.soft { small { "As of " (page.time(found.looked_up_at)) } }
                }
            }
        }
    }
}

fn warnings(report: &ChargeReport, is_outdated: bool) -> Markup {
    let outdated = "Stripe did not answer just now: this is what it said before. Look it up before you decide.";
    let outdated = report
        .found
        .as_ref()
        .filter(|_| is_outdated)
        .map(|_| outdated);
    let mut warnings = report.warnings();
    warnings.extend(outdated.map(ToOwned::to_owned));
    html! {
        @if !warnings.is_empty() {
            div.note.bad role="note" {
                @for warning in &warnings { p { (warning) } }
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
