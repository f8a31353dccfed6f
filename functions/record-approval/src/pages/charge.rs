//! What Stripe knows about the charge, what to be warned of, and where an approver enters the customer.

use domain::charge_lookup::ChargeReport;
use domain::mail::sanitize_text;
use maud::{Markup, html};
use web::PageContext;

use super::parts::{Notice, Written};
use crate::OpenedLink;
use crate::case::Case;
use crate::charge::{CUSTOMER, missing_customer};

/// What Stripe knows.
pub(super) fn card(page: &PageContext, case: &Case) -> Markup {
    html! {
        @if let Some(report) = &case.report {
            section.card aria-labelledby="charge" {
                h2 #charge { "The charge at Stripe" }
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

/// What has to be known before a decision.
pub(super) fn warnings(case: &Case) -> Markup {
    let outdated = "Stripe did not answer just now: this is what it said before. Look it up before you decide.";
    let report = case.report.as_ref();
    let mut warnings = report.map(ChargeReport::warnings).unwrap_or_default();
    if case.is_outdated && report.is_some_and(|report| report.found.is_some()) {
        warnings.push(outdated.to_owned());
    }
    html! {
        @if !warnings.is_empty() {
            div.note.bad role="note" {
                @for warning in &warnings { p { (warning) } }
            }
        }
    }
}

/// Where the customer's id is entered while it is missing.
pub(super) fn customer_field(
    opened: &OpenedLink,
    written: &Written<'_>,
    notice: &Notice<'_>,
) -> Markup {
    let field = notice.field(
        CUSTOMER,
        "Who the customer is in Stripe, where you know it. It stands in the audit log that you entered it.",
    );
    let given = &written.inputs.customer;
    let is_missing = missing_customer(&opened.request.value).is_some();
    html! {
        @if is_missing && opened.ineligible_to_confirm().is_none() {
            details.card open[field.problem.is_some() || !given.is_empty()] {
                summary { "Enter the Stripe customer" }
                (field.around(&html! {
                    input id=(CUSTOMER) name=(CUSTOMER) autocomplete="off" autocapitalize="none" value=(given) aria-describedby=[field.described_by()] aria-invalid=[field.invalid()];
                }))
                button.quiet type="submit" name="action" value="identify" { "Enter it" }
            }
        }
    }
}
