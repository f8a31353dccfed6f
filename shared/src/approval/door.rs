//! The one door to a decision.
//!
//! Whatever route a person comes by, only [`authorize_decision`] makes an [`Authorized`], only an
//! [`Authorized`] can be recorded as a decision, and only what was recorded changes a request. All of
//! them have private fields, so going round the door does not compile:
//!
//! ```compile_fail
//! use shared::approval::{Authorized, Verdict};
//! let forged = Authorized { by: "me@example.com".into(), verdict: Verdict::Approve };
//! ```
//! ```compile_fail
//! use shared::approval::Decision;
//! let forged = Decision { outcome: "approve".into(), by: None, at: jiff::Timestamp::UNIX_EPOCH };
//! ```
//! ```compile_fail
//! let mut approval: shared::approval::Approval = serde_json::from_str("").unwrap();
//! approval.decision = None;
//! ```

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::key::{LinkKey, same};
use super::link::{Link, WRONG_CODES};
use super::{Approval, Approver, shown};
use crate::id::PhaseName;
use crate::request::Request;
use crate::task::{Confirm, outcome};

/// The most characters in a reason.
pub const REASON_CHARS: usize = 2_000;

/// What a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No, with a reason.
    Reject,
}

impl Verdict {
    /// The verdict as links, forms and executions spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Approve => outcome::APPROVE,
            Verdict::Reject => outcome::REJECT,
        }
    }
}

/// The answer to an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
}

impl Decision {
    /// `approve`, `reject` or `expire`.
    pub fn outcome(&self) -> &str {
        &self.outcome
    }

    /// The approver's address; `None` when the time ran out.
    pub fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    /// When.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Why.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The [digest](shown::digest) of what the approver was shown.
    pub fn shown(&self) -> Option<&str> {
        self.shown.as_deref()
    }

    /// Whether it is that person's.
    pub fn is_by(&self, email: &str) -> bool {
        self.by().is_some_and(|by| is_same_person(by, email))
    }

    pub(super) fn expired(at: Timestamp, reason: &str) -> Self {
        Self {
            outcome: outcome::EXPIRE.to_owned(),
            by: None,
            at,
            reason: Some(reason.to_owned()),
            shown: None,
        }
    }
}

/// Whether two addresses are one person's. Mail servers do not mind the case.
pub fn is_same_person(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// Everything that says whether somebody who holds a link may do something.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// For the codes.
    pub key: &'a LinkKey,
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
    /// When.
    pub at: Timestamp,
}

/// Somebody entered: their link is in use and they know its code.
#[derive(Debug, Clone, Copy)]
pub struct Entered<'a> {
    approver: &'a Approver,
}

impl<'a> Entered<'a> {
    /// Who.
    pub fn approver(&self) -> &'a Approver {
        self.approver
    }
}

/// A decision that counts, once it is recorded.
#[derive(Debug)]
pub struct Authorized(pub(super) Decision);

/// Why somebody may look, but not decide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// They are the customer.
    #[error("you cannot decide about your own request; somebody else has to")]
    OwnRequest,
    /// They decided another phase, which the definition keeps separate.
    #[error("you decided {0} of this request, and somebody else has to decide here")]
    DecidedBefore(PhaseName),
}

/// Why an attempt does not count. The message is meant for the approver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody was faster, or the time ran out.
    #[error("this request has already been decided")]
    Decided(Decision),
    /// This person has said yes before, and more people have to.
    #[error("you have already approved, and more of your colleagues have to")]
    Given(Decision),
    /// The link belongs to an earlier round of the same phase, or was followed by a fresh one.
    #[error("this link is no longer in use; please use the newest mail")]
    Superseded,
    /// The person gave the case away.
    #[error("you handed this request to {0}")]
    HandedOver(String),
    /// They were on a team that decides this, and are no longer.
    #[error("you are no longer on a team that decides this")]
    NoMember,
    /// Too many wrong codes.
    #[error("this link is locked after {WRONG_CODES} wrong codes; please use the newest mail")]
    Locked,
    /// The time to decide is over.
    #[error("this link has expired")]
    Expired,
    /// Nothing that could be a code.
    #[error("please enter the six digits of the code in your mail")]
    NoCode,
    /// Not the code in that approver's mail.
    #[error("that is not the code in your mail")]
    WrongCode,
    /// Somebody else has to decide.
    #[error("{0}")]
    Barred(Barred),
    /// A rejection needs a reason.
    #[error("please give the reason; the customer is told")]
    ReasonMissing,
    /// More than [`REASON_CHARS`].
    #[error("please give the reason in at most {REASON_CHARS} characters")]
    ReasonTooLong,
}

impl<'a> Door<'a> {
    /// Whether the link is still one to act by, and for whom.
    pub fn standing(&self) -> Result<&'a Approver, Refusal> {
        let Self { approval, link, .. } = self;
        if link.round != approval.round {
            return Err(Refusal::Superseded);
        }
        if let Some(decision) = approval.decision() {
            return Err(Refusal::Decided(decision.clone()));
        }
        if self.at >= approval.decide_until {
            return Err(Refusal::Expired);
        }
        let approver = self.holder()?;
        match approval.given_by(&link.approver) {
            Some(decision) => Err(Refusal::Given(decision.clone())),
            None => Ok(approver),
        }
    }

    /// Whose link it is, if it is in use, whether or not there is still something to decide.
    fn holder(&self) -> Result<&'a Approver, Refusal> {
        let Self { approval, link, .. } = self;
        if link.round != approval.round {
            return Err(Refusal::Superseded);
        }
        let approver = approval.approver(&link.approver);
        let approver = approver.ok_or(Refusal::Superseded)?;
        if let Some(to) = &approver.handed_to {
            return Err(Refusal::HandedOver(to.clone()));
        }
        if !self.is_member {
            return Err(Refusal::NoMember);
        }
        if link.is_locked() {
            return Err(Refusal::Locked);
        }
        if link.generation != approver.generation {
            return Err(Refusal::Superseded);
        }
        Ok(approver)
    }

    /// Lets somebody in who knows the code, where one is asked for.
    pub fn enter(&self, code: &str) -> Result<Entered<'a>, Refusal> {
        self.with_code(self.standing()?, code)
    }

    /// Lets an approver of a decided question in again, who knows the code: not to decide, but to say
    /// what the process stands still for.
    pub fn enter_again(&self, code: &str) -> Result<Entered<'a>, Refusal> {
        self.with_code(self.holder()?, code)
    }

    fn with_code(&self, approver: &'a Approver, code: &str) -> Result<Entered<'a>, Refusal> {
        if self.approval.confirm == Confirm::Code {
            let code = code.trim();
            // What cannot be a code is no guess, and is not counted as one.
            if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Refusal::NoCode);
            }
            let (_, right) = self.approval.secrets(self.key, &self.link.approver);
            if !same(&right, code) {
                return Err(Refusal::WrongCode);
            }
        }
        Ok(Entered { approver })
    }

    /// Why the link's holder must not decide, if that is so.
    pub fn barred(&self) -> Option<Barred> {
        self.approval
            .barred(&self.link.approver, self.request, self.earlier)
    }
}

/// Whether an attempt to decide counts. The only door to a decision.
pub fn authorize_decision(
    door: &Door<'_>,
    verdict: Verdict,
    code: &str,
    reason: &str,
) -> Result<Authorized, Refusal> {
    door.enter(code)?;
    if let Some(barred) = door.barred() {
        return Err(Refusal::Barred(barred));
    }
    let reason = reason.trim();
    if reason.is_empty() && verdict == Verdict::Reject {
        return Err(Refusal::ReasonMissing);
    }
    if reason.chars().count() > REASON_CHARS {
        return Err(Refusal::ReasonTooLong);
    }
    Ok(Authorized(Decision {
        outcome: verdict.as_str().to_owned(),
        by: Some(door.link.approver.clone()),
        at: door.at,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        shown: Some(shown::digest(door.request, &door.approval.definition)),
    }))
}
