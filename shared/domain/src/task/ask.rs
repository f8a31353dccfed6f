//! `ask-approvers`: somebody is asked, and the execution waits.

use serde::{Deserialize, Serialize};

use super::lines;
use crate::id::{FieldName, PhaseName, TeamId};

/// `ask-approvers`: ask somebody, and wait. A choice is told by its options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AskConfig {
    /// The customer chooses.
    Choice(ChoiceConfig),
    /// A team approves.
    Approval(ApprovalConfig),
}

/// Let the customer choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChoiceConfig {
    /// The field that holds the address of the one who chooses.
    pub to: FieldName,
    /// What is asked.
    pub question: String,
    /// What can be chosen, in order; at least two.
    pub options: Vec<ChoiceOption>,
    /// What is written around the links: a template of one line.
    pub subject: String,
    /// A template of paragraphs, separated by empty lines.
    #[serde(with = "lines")]
    pub body: String,
    /// What a choice needs besides the link.
    #[serde(default, skip_serializing_if = "is_default")]
    pub confirm: Confirm,
    /// How long until the choice is taken not to be made, in seconds from the asking.
    pub expire_seconds: u32,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// The outcome, as links and executions spell it.
    pub outcome: String,
    /// What the customer reads. In a [`ChoiceConfig`] a template of one line.
    pub label: String,
}

/// Ask a team to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalConfig {
    /// Who is asked.
    pub team: TeamId,
    /// The team's name as the definition writes it.
    pub responsible: String,
    /// What is asked.
    pub question: String,
    /// How many different people have to say yes.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub approvals: u32,
    /// Who decided one of these phases of the same request cannot decide this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub separate_from: Vec<PhaseName>,
    /// What a decision needs besides the link.
    #[serde(default, skip_serializing_if = "is_default")]
    pub confirm: Confirm,
    /// Who is asked too when nobody decided for some time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate: Option<Escalation>,
    /// How long until people are asked again, in seconds. The state's own time limit is the same. 0 in
    /// machines that were generated before this was written into them.
    #[serde(default)]
    pub remind_seconds: u32,
    /// How long until nobody is waited for any longer, in seconds from the first asking.
    pub expire_seconds: u32,
    /// What the customer is told when nobody decided.
    pub expire_reason: String,
    /// Who is told when nobody who is asked may decide.
    pub attention: TeamId,
}

/// What a decision needs besides the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// The code that is printed in the approver's mail. No robot that opens links has it.
    #[default]
    Code,
    /// A click is enough: whoever holds the link decides, a robot too.
    Click,
}

/// Another team, which is asked in addition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Escalation {
    /// How long nobody decided, in seconds from the first asking.
    pub after_seconds: u32,
    /// Who is asked then.
    pub team: TeamId,
    /// The team's name as the definition writes it.
    pub responsible: String,
}

fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(number: &u32) -> bool {
    *number == 1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
