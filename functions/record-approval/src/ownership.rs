//! Whose the charge is, where only a person can tell: an approver confirms that a guest's charge is that of
//! the customer who asks.
//!
//! They can before they decide, and after that while the process has stopped for want of it. In both cases it takes
//! the code, and nobody confirms it who may not decide here.

use domain::approval::{Decision, Ineligible, Refusal, is_same_person};
use domain::charge_lookup::ChargeReport;
use domain::mail::Mailer;
use domain::optimistic::AttemptError;
use domain::table::Table;
use domain::task::outcome;
use domain::workflow::Workflow;
use maud::{Markup, html};
use web::{answers, page};

use crate::actions::{ActionOutcome, Change};
use crate::pages::code_field;
use crate::{OpenedLink, RecordApproval, charge};

/// The input that holds the charge.
const CHARGE: &str = "charge";

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    /// Takes an approver's confirmation for the charge that they were shown.
    pub(crate) async fn confirm_ownership(
        &self,
        opened: &OpenedLink,
        charge: &str,
    ) -> Result<Change, AttemptError> {
        if let Some(ineligible) = opened.ineligible_to_confirm() {
            return Ok(ActionOutcome::Refused(Refusal::Ineligible(ineligible)).into());
        }
        let request = &opened.request.value;
        let outcome = ActionOutcome::OwnershipConfirmed {
            charge: charge.to_owned(),
        };
        // The same form sent twice is one confirmation.
        if request.confirmed_charge() == Some(charge) {
            return Ok(Change::repeat(outcome));
        }
        let report = self.store.charge_report(request).await?;
        if report.charge_to_confirm() != Some(charge) {
            let message = "this charge is none that you could confirm";
            return Ok(ActionOutcome::invalid(CHARGE, message).into());
        }
        Ok(outcome.into())
    }
}

impl OpenedLink {
    /// Why the link's holder must not confirm whose the charge is. A customer never may, whatever they are
    /// asked.
    fn ineligible_to_confirm(&self) -> Option<Ineligible> {
        let mut own = self.request.value.emails();
        if own.any(|email| is_same_person(email, self.approver())) {
            return Some(Ineligible::OwnRequest);
        }
        self.ineligible()
    }

    /// Whether the link's holder can still confirm it after this decision, because the process has stopped for want of
    /// it.
    pub(crate) fn can_confirm_after(&self, decision: &Decision) -> bool {
        decision.outcome() == outcome::APPROVE
            && self.request.value.stopped_over_a_guests_charge()
            && self.ineligible_to_confirm().is_none()
    }
}

/// Where an approver confirms whose the charge is.
pub(crate) fn form(opened: &OpenedLink, code: &str) -> Markup {
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
pub(crate) fn stopped_page(opened: &OpenedLink, code: &str, notice: &Markup) -> Markup {
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
pub(crate) fn reopen_form(opened: &OpenedLink) -> Markup {
    html! {
        form.card method="post" {
            p { strong { "The refund has stopped" } ": it is unclear whose the charge is. If you can tell, you can say so." }
            (code_field(opened.approval.value.confirm, "", None))
            button type="submit" { "Show the case" }
        }
    }
}
