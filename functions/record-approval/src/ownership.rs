//! Whose the charge is, or which, where only a person can tell, and the process has stopped for want of that.
//!
//! Whoever approves confirms it with their decision. What stopped nevertheless, as nobody could look the charge up
//! before, is confirmed behind the decided link. It takes the code, and nobody confirms it who may not decide here.

use domain::approval::{Decision, Ineligible, Refusal, is_same_person};
use domain::task::outcome;

use crate::OpenedLink;
use crate::action_outcome::{ActionOutcome, Change};

/// The input that holds the charge.
pub(crate) const CHARGE: &str = "charge";

/// Takes an approver's confirmation for the charge that they were shown.
pub(crate) fn confirm_ownership(opened: &OpenedLink, charge: &str) -> Change {
    if let Some(ineligible) = opened.ineligible_to_confirm() {
        return ActionOutcome::Refused(Refusal::Ineligible(ineligible)).into();
    }
    if opened.approval.value.decision().is_none() {
        let message = "please confirm it together with your decision";
        return ActionOutcome::invalid(CHARGE, message).into();
    }
    // The same form sent twice is one confirmation.
    let given = opened.request.value.ownership_confirmation.as_ref();
    if let Some(given) = given.filter(|given| given.of.charge == charge) {
        let of = given.of.clone();
        return Change::repeat(ActionOutcome::OwnershipConfirmed { of });
    }
    let mut unclear = opened.unclear_charges().into_iter();
    let Some(of) = unclear.find(|of| of.charge == charge) else {
        let message = "this charge is none that you could confirm";
        return ActionOutcome::invalid(CHARGE, message).into();
    };
    ActionOutcome::OwnershipConfirmed { of }.into()
}

impl OpenedLink {
    /// Why the link's holder must say nothing about whose the charge is. A customer never may, whatever they are
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
