//! What somebody sends who wants to decide, and the checks of it that need no link.

use super::{REASON_CHARS, Refusal, Verdict};
use crate::money::{Usd, typed};
use crate::prose::{ProseError, prose};
use crate::request::{Request, UnclearCharge};

/// What somebody sends who wants to decide, as it was written.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubmittedDecision<'a> {
    /// One of the answers that are offered.
    pub decision: &'a str,
    /// The code of the mail.
    pub code: &'a str,
    /// Why; needed to reject.
    pub reason: &'a str,
    /// In dollars, as decimal text: to approve less than what is shown. Empty: all of it.
    pub amount: &'a str,
    /// The digest of the case as a page has shown it. None: it is decided by what a mail says.
    pub viewed: Option<&'a str>,
    /// The charge of which they confirm that it is the one, and the customer's. Empty: of none.
    pub confirm_charge: &'a str,
}

impl SubmittedDecision<'_> {
    pub(super) fn checked_reason(&self, verdict: Verdict) -> Result<Option<String>, Refusal> {
        match (prose(self.reason, REASON_CHARS), verdict) {
            (Ok(reason), _) => Ok(Some(reason)),
            (Err(ProseError::Empty), Verdict::Approve) => Ok(None),
            (Err(ProseError::Empty), Verdict::Reject) => Err(Refusal::ReasonMissing),
            (Err(error), _) => Err(Refusal::ReasonInvalid(error)),
        }
    }

    /// What is approved of the amount that is shown.
    pub(super) fn checked_amount(
        &self,
        verdict: Verdict,
        shown: Option<Usd>,
    ) -> Result<Option<Usd>, Refusal> {
        let amount = self.amount.trim();
        match (verdict, shown) {
            (Verdict::Reject, _) | (Verdict::Approve, None) if amount.is_empty() => Ok(None),
            (Verdict::Reject, _) | (Verdict::Approve, None) => Err(Refusal::AmountNotWanted),
            (Verdict::Approve, Some(shown)) if amount.is_empty() => Ok(Some(shown)),
            (Verdict::Approve, Some(shown)) => {
                let amount = typed(amount).and_then(|text| text.parse::<Usd>());
                let amount = amount.map_err(Refusal::AmountInvalid)?;
                if amount > shown {
                    return Err(Refusal::AmountTooLarge(shown));
                }
                Ok(Some(amount))
            }
        }
    }

    /// The confirmation that an approval needs where only a person can tell whose the charge is, or which.
    pub(super) fn checked_confirmation(
        &self,
        verdict: Verdict,
        request: &Request,
        mut unclear: Vec<UnclearCharge>,
    ) -> Result<Option<UnclearCharge>, Refusal> {
        let confirmed = self.confirm_charge.trim();
        if verdict == Verdict::Reject {
            return Ok(None);
        }
        if unclear.is_empty() {
            // A colleague has confirmed another one meanwhile.
            let known = request.charge_number().and_then(|_| request.charge());
            let is_another = !confirmed.is_empty() && known.is_some_and(|it| it != confirmed);
            return if is_another {
                Err(Refusal::Changed)
            } else {
                Ok(None)
            };
        }
        match unclear.iter().position(|it| it.charge == confirmed) {
            Some(at) => Ok(Some(unclear.swap_remove(at))),
            None => Err(Refusal::ConfirmationMissing(
                unclear.into_iter().map(|it| it.charge).collect(),
            )),
        }
    }
}
