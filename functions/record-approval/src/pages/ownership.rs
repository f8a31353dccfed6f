//! Where an approver confirms whose a charge is, or which: with an approval, and after the process has stopped for want
//! of that.

use domain::request::UnclearCharge;
use maud::{Markup, html};
use web::{Page, answers};

use super::parts::{Notice, Written, code_field};
use super::{charge, history};
use crate::OpenedLink;
use crate::form_data::CONFIRM_CHARGE;
use crate::ownership::CHARGE;

/// What an approval needs where only a person can tell whose the charge is, or which.
pub(super) fn confirmation(
    opened: &OpenedLink,
    written: &Written<'_>,
    notice: &Notice<'_>,
) -> Markup {
    let unclear = opened.unclear_charges();
    if unclear.is_empty() {
        return html! {};
    }
    let is_numbered = is_numbered(opened);
    let kind = if unclear.len() > 1 {
        "radio"
    } else {
        "checkbox"
    };
    let (legend, help) = if is_numbered {
        (
            "Which charge it is",
            "The customer gave the number of a receipt or an invoice. An approval needs your word which charge that is: what you confirm is refunded. It stands in the audit log.",
        )
    } else {
        (
            "Whose the charge is",
            "An approval needs your word that the charge is the customer's, as Stripe does not say so. It stands in the audit log.",
        )
    };
    let field = notice.field(CONFIRM_CHARGE, help);
    html! {
        fieldset.field {
            legend { (legend) }
            small id={ (field.id) "-help" } { (field.help) }
            @for (position, UnclearCharge { charge, .. }) in unclear.iter().enumerate() {
                label.choice {
                    input type=(kind) name=(field.id) value=(charge) id=[(position == 0).then_some(field.id)] checked[written.inputs.confirm_charge == *charge] aria-describedby=[field.described_by()] aria-invalid=[field.invalid()];
                    span { "I have checked that " bdi { (charge) } " is the customer's" @if is_numbered { ", and the charge that is asked for" } }
                }
            }
            (field.error())
        }
    }
}

/// Whether the request gives the number of a receipt or an invoice, and nobody has confirmed which charge that is.
fn is_numbered(opened: &OpenedLink) -> bool {
    opened.request.value.charge().is_none()
}

/// Where an approver confirms whose the charge is, or which.
fn form(opened: &OpenedLink, code: &str) -> Markup {
    let unclear = opened.unclear_charges();
    html! {
        @if !unclear.is_empty() && opened.ineligible_to_confirm().is_none() {
            details.card open {
                summary { @if is_numbered(opened) { "Confirm which charge it is" } @else { "Confirm whose the charge is" } }
                form method="post" {
                    input type="hidden" name="code" value=(code);
                    input type="hidden" name="action" value="confirm-ownership";
                    p {
                        @if is_numbered(opened) { "The customer gave the number of a receipt or an invoice. " } @else { "Stripe does not say that the charge is the customer's. " }
                        "Nothing is refunded until somebody who can tell confirms it. It stands in the audit log that you did."
                    }
                    @for UnclearCharge { charge, .. } in &unclear {
                        button.quiet type="submit" name=(CHARGE) value=(charge) { @if is_numbered(opened) { bdi { (charge) } " is the charge, and this customer's" } @else { "This charge is this customer's" } }
                    }
                }
            }
        }
    }
}

/// The page of a decided approval, for an approver who knows the code: what the stopped process needs.
pub(super) fn stopped_page(opened: &OpenedLink, code: &str, notice: &Markup) -> Page {
    let request = &opened.request.value;
    let confirmed = opened.unclear_charges().is_empty();
    opened.page.page(
        "The refund has stopped",
        &html! {
            p.crumb { (opened.approval.value.phase) " · " (request.title) }
            h1 { "The refund has stopped" }
            (notice)
            @if confirmed {
                p { "It is confirmed which charge it is, and whose. An operator can now let the refund go on." }
            } @else {
                p { "It was approved, and then it was unclear whose the charge is, or which. If you know that it is the customer's, confirm it here; an operator can let the refund go on then. If it is not, tell the operator to stop it." }
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
            p { strong { "The refund has stopped" } ": it is unclear whose the charge is, or which. If you can tell, you can say so." }
            (code_field(opened.approval.value.confirm, "", None))
            button type="submit" { "Show the case" }
        }
    }
}
