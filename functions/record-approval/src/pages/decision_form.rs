//! Where an approver decides: whose the charge is where Stripe cannot tell, why, how much of the amount, and the two
//! buttons.

use domain::approval::Verdict;
use domain::charge_lookup::ChargeReport;
use maud::{Markup, html};

use super::ownership;
use super::parts::{Notice, Written};
use crate::OpenedLink;

pub(super) fn decision(opened: &OpenedLink, written: &Written<'_>, notice: &Notice<'_>) -> Markup {
    let missing = opened.approval.value.missing();
    let obstacles = opened.report().map(ChargeReport::obstacles);
    let reason = notice.field(
        "reason",
        "Needed to reject; the customer is told. Otherwise for the record.",
    );
    html! {
        section.card aria-label="Your decision" {
            (ownership::confirmation(opened, written, notice))
            (reason.around(&html! {
                textarea.short #reason name="reason" aria-describedby=[reason.described_by()] aria-invalid=[reason.invalid()] { "\n" (written.inputs.reason) }
            }))
            (less(opened, written, notice))
            @if missing > 1 { p.soft { (missing) " more approvals of different people are needed; the first rejection ends it." } }
            @for obstacle in obstacles.into_iter().flatten() {
                p.note.bad { "An approval would not be paid as it stands. " (obstacle) }
            }
            div.buttons {
                (button(Verdict::Approve, "Approve", written))
                (button(Verdict::Reject, "Reject", written))
            }
        }
    }
}

/// The button of a decision. The suggested one stands out.
fn button(verdict: Verdict, label: &str, written: &Written<'_>) -> Markup {
    let is_suggested = written.decision == Some(verdict.as_str());
    let class = (!is_suggested).then_some("quiet");
    html! {
        button type="submit" name="decision" value=(verdict.as_str()) class=[class] { (label) }
    }
}

/// Where less than the amount is approved.
fn less(opened: &OpenedLink, written: &Written<'_>, notice: &Notice<'_>) -> Markup {
    let Some(amount) = opened.request.value.amount() else {
        return html! {};
    };
    let help = format!(
        "In dollars, at most {amount}. Leave it empty to approve all of that. The customer is told both amounts."
    );
    let field = notice.field("amount", &help);
    let given = &written.inputs.amount;
    html! {
        details open[field.problem.is_some() || !given.is_empty()] {
            summary { "Approve less than " (amount) }
            (field.around(&html! {
                div.money {
                    span aria-hidden="true" { "$" }
                    input #amount name="amount" inputmode="decimal" autocomplete="off" value=(given) aria-describedby=[field.described_by()] aria-invalid=[field.invalid()];
                }
            }))
        }
    }
}
