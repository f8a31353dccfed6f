//! Whose the charge is, where only a person can tell: an approver confirms that a guest's charge is that of
//! the customer who asks.
//!
//! They can before they decide, and after that while the process has stopped for want of it. In both cases it takes
//! the code, and nobody confirms it who may not decide here.

use domain::approval::{Decision, Ineligible, Refusal, is_same_person};
use domain::mail::Mailer;
use domain::optimistic::AttemptError;
use domain::table::Table;
use domain::task::outcome;
use domain::workflow::Workflow;

use crate::action_outcome::{ActionOutcome, Change};
use crate::{OpenedLink, RecordApproval};

/// The input that holds the charge.
pub(crate) const CHARGE: &str = "charge";

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
    pub(crate) fn ineligible_to_confirm(&self) -> Option<Ineligible> {
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
