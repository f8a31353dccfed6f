//! Where an approver confirms whose a charge is after the process has stopped for want of that.

use domain::request::UnclearCharge;
use maud::{Markup, html};
use web::{Page, answers};

use super::parts::code_field;
use super::{charge, history};
use crate::OpenedLink;
use crate::ownership::CHARGE;

/// Where an approver confirms whose the charge is.
fn form(opened: &OpenedLink, code: &str) -> Markup {
    html! {
        @if let (Some(UnclearCharge { charge, .. }), None) = (opened.unclear_charge(), opened.ineligible_to_confirm()) {
            details.card open {
                summary { "Confirm whose the charge is" }
                form method="post" {
                    input type="hidden" name="code" value=(code);
                    input type="hidden" name="action" value="confirm-ownership";
                    input type="hidden" name=(CHARGE) value=(charge);
                    p {
                        "Stripe does not say that " bdi { (charge) } " is the customer's. Nothing is refunded until somebody who can tell confirms it. "
                        "It stands in the audit log that you did."
                    }
                    button.quiet type="submit" { "This charge is this customer's" }
                }
            }
        }
    }
}

/// The page of a decided approval, for an approver who knows the code: what the stopped process needs.
pub(super) fn stopped_page(opened: &OpenedLink, code: &str, notice: &Markup) -> Page {
    let request = &opened.request.value;
    let confirmed = opened.unclear_charge().is_none();
    opened.page.page(
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
                (answers(&request.answers_with_approved_amount()))
            }
            @if let Some(case) = &opened.case {
                (charge::card(&opened.page, case))
                (history::card(&opened.page, &case.approvals, request))
            }
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
