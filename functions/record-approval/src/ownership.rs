//! Whose the charge is, where only a person can tell: an approver confirms that a guest's charge is that of
//! the customer who asks.
//!
//! They can while they decide, and once more after that while the process stands still for want of it. In
//! both cases it takes the code, and nobody vouches who may not decide here.

use domain::approval::{Decision, Ineligible, Refusal, is_same_person};
use domain::charge_lookup::ChargeReport;
use domain::mail::Mailer;
use domain::request::Event;
use domain::table::Table;
use domain::task::{Confirm, outcome};
use domain::workflow::Workflow;
use jiff::Timestamp;
use maud::{Markup, html};
use web::{answers, page};

use crate::actions::Attempted;
use crate::{Case, Done, RecordApproval, Undone, charge};

/// The input that holds the charge.
const CHARGE: &str = "charge";

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    /// Takes an approver's word for the charge that they were shown.
    pub(crate) async fn confirm_ownership(
        &self,
        case: &mut Case,
        charge: &str,
        at: Timestamp,
    ) -> Attempted {
        if let Some(ineligible) = case.ineligible_to_confirm() {
            self.note_right_code(case, at).await?;
            return Ok(Err(Undone::Refused(Refusal::Ineligible(ineligible))));
        }
        let report = self.store.findings(&case.request.value).await?;
        // The same form sent twice is one word.
        if case.request.value.confirmed_charge() == Some(charge) {
            self.note_right_code(case, at).await?;
            return Ok(Ok(Done::OwnershipConfirmed));
        }
        if report.charge_to_confirm() != Some(charge) {
            self.note_right_code(case, at).await?;
            let message = "this charge is none that you could confirm".to_owned();
            return Ok(Err(Undone::Unfit(CHARGE, message)));
        }
        let by = case.approver().to_owned();
        case.link.value.note_right_code(at);
        let event = Event::OwnershipConfirmed { by: &by, charge };
        self.save(case, &event, at, Vec::new()).await?;
        Ok(Ok(Done::OwnershipConfirmed))
    }
}

impl Case {
    /// Why the link's holder must not say whose the charge is. A customer never does, whatever they are
    /// asked.
    fn ineligible_to_confirm(&self) -> Option<Ineligible> {
        let mut own = self.request.value.emails();
        if own.any(|email| is_same_person(email, self.approver())) {
            return Some(Ineligible::OwnRequest);
        }
        self.ineligible()
    }

    /// Whether an approver of this decided question can still settle what the process stands still for.
    pub(crate) fn is_settled_by_a_word(&self, decision: &Decision) -> bool {
        decision.outcome() == outcome::APPROVE
            && self.request.value.stopped_over_a_guests_charge()
            && self.ineligible_to_confirm().is_none()
    }
}

/// Where an approver confirms whose the charge is.
pub(crate) fn form(case: &Case, code: &str) -> Markup {
    let report = case.report.as_ref();
    let charge = report.and_then(ChargeReport::charge_to_confirm);
    html! {
        @if let (Some(charge), None) = (charge, case.ineligible_to_confirm()) {
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

/// The page of a decided question, for an approver who knows the code: what the process stands still for.
pub(crate) fn page_again(case: &Case, code: &str, notice: &Markup) -> Markup {
    let request = &case.request.value;
    let confirmed = case
        .report
        .as_ref()
        .is_some_and(|report| report.charge_to_confirm().is_none());
    page(
        "The refund has stopped",
        &html! {
            p.crumb { (case.approval.value.phase) " · " (request.title) }
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
            @if let Some(report) = &case.report { (charge::card(report)) }
            (form(case, code))
        },
    )
}

/// On the page of a decided question: the way in again.
pub(crate) fn way_in_again(case: &Case) -> Markup {
    html! {
        form.card method="post" {
            p { strong { "The refund has stopped" } ": it is unclear whose the charge is. If you can tell, you can say so." }
            @match case.approval.value.confirm {
                Confirm::Code => div.field {
                    label for="code" { "Code" }
                    small #code-help { "The six digits in the mail that brought you here." }
                    input.code #code name="code" required inputmode="numeric" autocomplete="one-time-code" maxlength="12" aria-describedby="code-help";
                },
                Confirm::Click => {},
            }
            button type="submit" { "Show the case" }
        }
    }
}
