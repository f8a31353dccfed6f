//! Why an attempt to decide does not count, in words for whoever tried.

use super::Decision;
use crate::id::PhaseName;
use crate::money::{AmountError, Usd};
use crate::one_time_code::{CODE_DIGITS_WORD, WRONG_CODES};
use crate::prose::ProseError;

/// Why somebody may look, but not decide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    /// They are the customer.
    #[error("you cannot decide about your own request; somebody else has to")]
    OwnRequest,
    /// They decided another phase, which the definition keeps separate.
    #[error("you decided {0} of this request, and somebody else has to decide here")]
    DecidedBefore(PhaseName),
}

/// Why an attempt does not count. The message is meant for whoever tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody was faster, or the time ran out.
    #[error("this request has already been decided")]
    Decided(Box<Decision>),
    /// This person has approved, and more people have to.
    #[error("you have already approved, and more of your colleagues have to")]
    AlreadyApproved(Box<Decision>),
    /// The link belongs to an earlier round of the same phase, or was followed by a fresh one.
    #[error("this link is no longer in use; please use the newest mail")]
    Superseded,
    /// The person handed the decision over.
    #[error("you handed this request to {0}")]
    HandedOver(String),
    /// A choice is the customer's alone.
    #[error("only the customer whose request this is can choose")]
    NotTheirs,
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
    #[error("please enter the {CODE_DIGITS_WORD} digits of the code in your mail")]
    NoCode,
    /// Not the code in that approver's mail.
    #[error("that is not the code in your mail")]
    WrongCode,
    /// None of the answers that there are, which are these.
    #[error("please answer with one of these: {}", .0.join(", "))]
    NotOffered(Vec<String>),
    /// Somebody else has to decide.
    #[error("{0}")]
    Ineligible(Ineligible),
    /// A rejection needs a reason.
    #[error("please give the reason; the customer is told")]
    ReasonMissing,
    /// A reason that cannot be told to anybody.
    #[error("{0}")]
    ReasonInvalid(ProseError),
    /// The case is not what the page has shown: a colleague approved less meanwhile.
    #[error("the request has changed since you opened it; please look at it again and decide then")]
    Changed,
    /// Not an amount.
    #[error("the amount {0}")]
    AmountInvalid(AmountError),
    /// More than what was shown, which is this.
    #[error("the amount must be at most {0}, which is what you are asked about")]
    AmountTooLarge(Usd),
    /// An amount goes only with an approval of an amount.
    #[error("an amount can only be given with an approval of a refund; please leave it empty")]
    AmountNotWanted,
    /// Only a person can tell whose this charge is, or which of these it is, and they have not said that they did.
    #[error(
        "please confirm that you have checked that the charge {} is the customer's, and the one that is asked for",
        .0.join(" or ")
    )]
    ConfirmationMissing(Vec<String>),
}
