//! The authorization of decisions.
//!
//! Whatever route a person comes by, only [`authorize_decision`] makes an [`Authorized`], only an
//! [`Authorized`] can be recorded as a decision, and only what was recorded changes a request. All of
//! them have private fields, so going round the authorization does not compile:
//!
//! ```compile_fail
//! let forged = domain::approval::Authorized(unreachable!());
//! ```
//! ```compile_fail
//! fn forge(mut decision: domain::approval::Decision) {
//!     decision.outcome = "approve".to_owned();
//! }
//! ```
//! ```compile_fail
//! fn forge(mut approval: domain::approval::Approval) {
//!     approval.decision = None;
//! }
//! ```

use jiff::Timestamp;

use super::link::Link;
use super::link_keys::LinkKeys;
use super::{
    Approval, Approver, Asked, Decision, Ineligible, OfferedAnswer, Refusal, SubmittedDecision,
    viewed_digest,
};
use crate::charge_lookup::ChargeLookup;
use crate::one_time_code::CodeCheck;
use crate::request::{Request, UnclearCharge};
use crate::task::Confirm;

/// The most characters in a reason.
pub const REASON_CHARS: usize = 2_000;

/// Everything that says whether somebody who holds a link may do something.
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext<'a> {
    /// For the codes.
    pub keys: &'a LinkKeys,
    /// The question.
    pub approval: &'a Approval,
    /// The link that was opened.
    pub link: &'a Link,
    /// What the question is about.
    pub request: &'a Request,
    /// The approvals that the definition keeps separate from this one.
    pub earlier: &'a [Approval],
    /// Whether the link's holder is on one of the approval's teams, as these are now.
    pub is_member: bool,
    /// What Stripe says about the charge, where it was looked up.
    pub lookup: Option<&'a ChargeLookup>,
    /// When the request was received.
    pub at: Timestamp,
}

/// Somebody whose link is in use and who knows its code.
#[derive(Debug, Clone, Copy)]
pub struct Authenticated<'a> {
    approver: &'a Approver,
}

impl<'a> Authenticated<'a> {
    /// Whose link it is.
    pub fn approver(&self) -> &'a Approver {
        self.approver
    }
}

/// A decision that counts, once it is recorded.
#[derive(Debug)]
pub struct Authorized(pub(super) Decision);

impl Authorized {
    /// What will be recorded.
    pub fn decision(&self) -> &Decision {
        &self.0
    }
}

impl<'a> DecisionContext<'a> {
    /// Whether the link is still one to act by, and for whom.
    pub fn check_link(&self) -> Result<&'a Approver, Refusal> {
        let Self { approval, link, .. } = self;
        if link.round != approval.round {
            return Err(Refusal::Superseded);
        }
        if let Some(decision) = approval.decision() {
            return Err(Refusal::Decided(Box::new(decision.clone())));
        }
        if self.at >= approval.decide_until {
            return Err(Refusal::Expired);
        }
        let approver = self.holder()?;
        match approval.approval_by(self.address()) {
            Some(decision) => Err(Refusal::AlreadyApproved(Box::new(decision.clone()))),
            None => Ok(approver),
        }
    }

    /// The address of whoever the link is for.
    fn address(&self) -> &'a str {
        self.approval.holder(self.link)
    }

    /// Whose link it is, if it is in use, whether or not there is still something to decide.
    fn holder(&self) -> Result<&'a Approver, Refusal> {
        let Self { approval, link, .. } = self;
        if link.round != approval.round {
            return Err(Refusal::Superseded);
        }
        let approver = approval.approver(self.address());
        let approver = approver.ok_or(Refusal::Superseded)?;
        if let Some(to) = &approver.handed_to {
            return Err(Refusal::HandedOver(to.clone()));
        }
        self.is_for_them()?;
        if link.is_locked() {
            return Err(Refusal::Locked);
        }
        if link.generation != approver.generation {
            return Err(Refusal::Superseded);
        }
        Ok(approver)
    }

    /// Whether the link's holder is still one to ask: somebody of a team, or the customer.
    fn is_for_them(&self) -> Result<(), Refusal> {
        match self.approval.asked {
            Asked::Team(_) if !self.is_member => Err(Refusal::NoMember),
            Asked::Customer(_) if !self.request.is_of(self.address()) => Err(Refusal::NotTheirs),
            Asked::Team(_) | Asked::Customer(_) => Ok(()),
        }
    }

    /// The answer that is spelled so, if it is offered.
    ///
    /// This is checked before the code: what cannot be recorded is no guess at a code.
    pub fn offered(&self, decision: &str) -> Result<OfferedAnswer<'a>, Refusal> {
        self.check_link()?;
        let answers = self.approval.asked.answers();
        let meant = answers.iter().find(|answer| answer.as_str() == decision);
        meant.copied().ok_or_else(|| {
            let offered = answers.iter().map(|answer| answer.as_str().to_owned());
            Refusal::NotOffered(offered.collect())
        })
    }

    /// Authenticates by the code, where one is asked for.
    pub fn authenticate(&self, code: &str) -> Result<Authenticated<'a>, Refusal> {
        self.with_code(self.check_link()?, code)
    }

    /// Authenticates an approver of a decided approval: not to decide, but to confirm what a stopped process
    /// needs.
    pub fn authenticate_again(&self, code: &str) -> Result<Authenticated<'a>, Refusal> {
        self.with_code(self.holder()?, code)
    }

    fn with_code(&self, approver: &'a Approver, code: &str) -> Result<Authenticated<'a>, Refusal> {
        if self.approval.confirm == Confirm::Code {
            let (_, right) = self.approval.secrets(self.keys, self.address());
            match CodeCheck::of(code, &right) {
                CodeCheck::Right => {}
                CodeCheck::NoCode => return Err(Refusal::NoCode),
                CodeCheck::Wrong | CodeCheck::Renewed | CodeCheck::Locked => {
                    return Err(Refusal::WrongCode);
                }
            }
        }
        Ok(Authenticated { approver })
    }

    /// The charges of which whoever approves has to confirm one.
    fn unclear_charges(&self) -> Vec<UnclearCharge> {
        let lookup = self.lookup.into_iter();
        let unclear = lookup.flat_map(|lookup| lookup.unclear_charges(self.request));
        unclear.collect()
    }

    /// Why the link's holder must not decide, if that is so.
    pub fn ineligible(&self) -> Option<Ineligible> {
        self.approval
            .ineligible(self.address(), self.request, self.earlier)
    }
}

/// Whether an attempt to decide counts. The only way to a decision.
pub fn authorize_decision(
    context: &DecisionContext<'_>,
    submitted: &SubmittedDecision<'_>,
) -> Result<Authorized, Refusal> {
    let answer = context.offered(submitted.decision)?;
    context.authenticate(submitted.code)?;
    if let Some(ineligible) = context.ineligible() {
        return Err(Refusal::Ineligible(ineligible));
    }
    let shown = viewed_digest::digest(context.request, &context.approval.definition);
    if submitted.viewed.is_some_and(|viewed| viewed != shown) {
        return Err(Refusal::Changed);
    }
    let viewed_amount = context.request.amount();
    let (by, reason, approved_amount, confirmed) = match answer {
        OfferedAnswer::Verdict(verdict) => (
            Some(context.address().to_owned()),
            submitted.checked_reason(verdict)?,
            submitted.checked_amount(verdict, viewed_amount)?,
            submitted.checked_confirmation(verdict, context.request, context.unclear_charges())?,
        ),
        // Nobody has to give reasons for what they choose, and what they choose has its amount.
        OfferedAnswer::Option(_) if submitted.amount.trim().is_empty() => (None, None, None, None),
        OfferedAnswer::Option(_) => return Err(Refusal::AmountNotWanted),
    };
    Ok(Authorized(Decision {
        outcome: answer.as_str().to_owned(),
        by_customer: by.is_none(),
        by,
        at: context.at,
        reason,
        shown: Some(shown),
        viewed_amount,
        approved_amount,
        confirmed,
    }))
}
