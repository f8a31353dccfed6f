//! The answers that are offered: a team's verdicts, or the options of a choice.

use serde::{Deserialize, Serialize};

use crate::closed_set::names;
use crate::task::ChoiceOption;

/// What somebody of a team can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No, with a reason.
    Reject,
}

impl Verdict {
    /// All verdicts.
    pub(super) const ALL: [Verdict; 2] = [Verdict::Approve, Verdict::Reject];

    /// The verdict as links, forms and executions spell it.
    pub fn as_str(self) -> &'static str {
        names::<Self>()[self as usize]
    }
}

/// An answer that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferedAnswer<'a> {
    /// A team's.
    Verdict(Verdict),
    /// One of a choice's options.
    Option(&'a ChoiceOption),
}

impl OfferedAnswer<'_> {
    /// The answer as links, forms and executions spell it.
    pub fn as_str(&self) -> &str {
        match self {
            OfferedAnswer::Verdict(verdict) => verdict.as_str(),
            OfferedAnswer::Option(option) => &option.outcome,
        }
    }
}
