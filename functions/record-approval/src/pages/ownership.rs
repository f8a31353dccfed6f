//! Where an approver confirms whose a guest's charge is.

use domain::charge_lookup::ChargeReport;
use maud::{Markup, html};
use web::{answers, page};

use super::charge;
use super::parts::code_field;
use crate::OpenedLink;
use crate::ownership::CHARGE;

/// Where an approver confirms whose the charge is.
pub(super) fn form(opened: &OpenedLink, code: &str) -> Markup {
    let report = opened.report.as_ref();
    let charge = report.and_then(ChargeReport::charge_to_confirm);
    html! {
        @if let (Some(charge), None) = (charge, opened.ineligible_to_confirm()) {
            details.card open {
                summary { "Confirm whose the charge is" }
                form method="post" {
                    input type="hidden" name="code" value=(code);
                    input type="hidden" name="action" value="confirm-ownership";
                    input type="hidden" name=(CHARGE) value=(charge);
                    p {
                        "Stripe cannot tell whose " bdi { (charge) } " is. Nothing is refunded until somebody who can tell confirms it. "
                        "It stands in the audit log that you did."
                    }
                    button.quiet type="submit" { "This charge is this customer's" }
                }
            }
        }
    }
}

/// The page of a decided approval, for an approver who knows the code: what the stopped process needs.
pub(super) fn stopped_page(opened: &OpenedLink, code: &str, notice: &Markup) -> Markup {
    let request = &opened.request.value;
    let confirmed = opened
        .report
        .as_ref()
        .is_some_and(|report| report.charge_to_confirm().is_none());
    page(
        "The refund has stopped",
        &html! {
            p.crumb { (opened.approval.value.phase) " · " (request.title) }
            h1 { "The refund has stopped" }
            (notice)
            @if confirmed {
                p { "It is confirmed whose the charge is. A redrive of the request's execution pays the refund." }
            } @else {
                p { "It was approved, and then it was unclear whose the charge is. If you know that it is the customer's, confirm it here; a redrive of the request's execution pays then. If it is not, tell whoever looks after the executions to stop it." }
            }
            section.card aria-labelledby="case" {
                h2 #case { "The request" }
                (answers(&request.answers))
            }
            @if let Some(report) = &opened.report { (charge::card(report)) }
            (form(opened, code))
        },
    )
}

/// On the page of a decided approval: where the link's holder opens the request again.
pub(super) fn reopen_form(opened: &OpenedLink) -> Markup {
    html! {
        form.card method="post" {
            p { strong { "The refund has stopped" } ": it is unclear whose the charge is. If you can tell, you can say so." }
            (code_field(opened.approval.value.confirm, "", None))
            button type="submit" { "Show the case" }
        }
    }
}
