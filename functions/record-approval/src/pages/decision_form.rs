//! Where an approver decides: the verdict, how much of the amount, whose the charge is where Stripe cannot tell, and
//! the reason.

use domain::approval::{Verdict, viewed_digest};
use domain::charge_lookup::ChargeReport;
use maud::{Markup, html};

use super::ownership;
use super::parts::{Notice, Written};
use crate::OpenedLink;
use crate::form_data::field_of;

pub(super) fn form(opened: &OpenedLink, written: &Written<'_>, notice: &Notice<'_>) -> Markup {
    let (approval, request) = (&opened.approval.value, &opened.request.value);
    let invalid = |name| {
        let is_about = |refusal| field_of(refusal) == Some(name);
        matches!(notice, Notice::Refused(refusal) if is_about(refusal)).then_some("true")
    };
    let missing = approval.missing();
    let obstacles = opened.report().map(ChargeReport::obstacles);
    let choice = |verdict: Verdict, label: &str| {
        html! {
            label.choice {
                input type="radio" name="decision" value=(verdict.as_str()) required checked[written.decision == Some(verdict.as_str())];
                (label)
            }
        }
    };
    html! {
        form.card method="post" {
            input type="hidden" name="code" value=(written.code);
            input type="hidden" name="viewed" value=(viewed_digest::digest(request, &approval.definition));
            fieldset.field {
                legend { "Your decision" }
                (choice(Verdict::Approve, "Approve"))
                (choice(Verdict::Reject, "Reject"))
            }
            @if let Some(amount) = request.amount() {
                div.field {
                    label for="amount" { "Approve less" }
                    small #amount-help { "The amount in dollars, at most " (amount) ". Leave it empty to approve all of that. The customer is told both amounts." }
                    input #amount name="amount" inputmode="decimal" autocomplete="off" value=(written.amount) aria-describedby="amount-help" aria-invalid=[invalid("amount")];
                }
            }
            (ownership::confirmation(opened, written, invalid("confirmCharge")))
            div.field {
                label for="reason" { "Reason" }
                small #reason-help { "Needed to reject; the customer is told. Otherwise for the record." }
                textarea #reason name="reason" aria-describedby="reason-help" aria-invalid=[invalid("reason")] { "\n" (written.reason) }
            }
            @if missing > 1 { p.soft { (missing) " more approvals of different people are needed; the first rejection ends it." } }
            @for obstacle in obstacles.into_iter().flatten() {
                p.note.bad { "An approval would not be paid as it stands. " (obstacle) }
            }
            button type="submit" { "Record my decision" }
        }
    }
}
