//! What is asked, and of whom: a team approves or rejects, or the customer chooses.
//!
//! Links, codes and authorization are the same for both. What differs stands here: who may answer with what, how
//! many people have to, and whether they are kept separate from other phases. A customer is not reminded, and nobody
//! else is asked in their place.

use serde::{Deserialize, Serialize};

use super::{Approval, Decider, LinkKeys};
use crate::closed_set::name_of;
use crate::id::{PhaseName, TeamId};
use crate::mail::one_line;
use crate::request::Request;
use crate::task::{ApprovalConfig, ChoiceConfig, ChoiceOption, WaitingTask};
use crate::text::{TextError, render};

/// What is asked, and of whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asked {
    /// A team approves or rejects.
    Team(TeamReview),
    /// The customer chooses.
    Customer(Choice),
}

/// A team's decision, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamReview {
    /// The team's name.
    pub responsible: String,
    /// The teams that are asked, now or later: a decision can be handed over to any of their members.
    pub teams: Vec<TeamId>,
    /// How many different people have to approve.
    pub approvals: u32,
    /// Who decided one of these phases cannot decide this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub separate_from: Vec<PhaseName>,
}

/// What the customer can choose, and what is written around the links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What can be chosen, in order, with labels as the customer reads them.
    pub options: Vec<ChoiceOption>,
    /// A template, as in [`ChoiceConfig`]. It is filled when a mail is written: the texts may name the
    /// status page, whose key the table does not hold.
    pub subject: String,
    /// The same for the mail's paragraphs.
    pub body: String,
}

impl Choice {
    /// What the customer reads for an outcome.
    pub fn label(&self, outcome: &str) -> Option<&str> {
        let mut options = self.options.iter();
        let option = options.find(|option| option.outcome == outcome);
        option.map(|option| option.label.as_str())
    }
}

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
    const ALL: [Verdict; 2] = [Verdict::Approve, Verdict::Reject];

    /// The verdict as links, forms and executions spell it.
    pub fn as_str(self) -> &'static str {
        name_of(&self)
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

impl Asked {
    /// The answers that are offered.
    pub fn answers(&self) -> Vec<OfferedAnswer<'_>> {
        match self {
            Asked::Team(_) => Verdict::ALL.map(OfferedAnswer::Verdict).to_vec(),
            Asked::Customer(choice) => choice.options.iter().map(OfferedAnswer::Option).collect(),
        }
    }

    /// As whom somebody with that address answers.
    pub fn decider<'a>(&self, email: &'a str) -> Decider<'a> {
        match self {
            Asked::Team(_) => Decider::Approver(email),
            Asked::Customer(_) => Decider::Customer,
        }
    }

    /// Whose task it is, as the definition writes it.
    pub fn responsible(&self) -> &str {
        self.team().map_or("customer", |team| &team.responsible)
    }

    /// What it takes, where a team is asked.
    pub fn team(&self) -> Option<&TeamReview> {
        match self {
            Asked::Team(team) => Some(team),
            Asked::Customer(_) => None,
        }
    }

    /// The teams whose members are asked.
    pub fn teams(&self) -> &[TeamId] {
        self.team().map_or(&[], |team| &team.teams)
    }

    /// How many different people have to answer before it is decided.
    pub fn approvals(&self) -> u32 {
        self.team().map_or(1, |team| team.approvals)
    }

    /// The phases whose deciders cannot decide here.
    pub fn separate_from(&self) -> &[PhaseName] {
        self.team().map_or(&[], |team| &team.separate_from)
    }
}

impl Approval {
    /// A new approval by a team, asked for when the waiting state was entered.
    pub fn ask(
        waiting: &WaitingTask<ApprovalConfig>,
        round: u32,
        team: &[String],
        keys: &LinkKeys,
    ) -> Self {
        let config = &waiting.task.config;
        let others = config.escalate.iter().map(|escalation| &escalation.team);
        let teams = [&config.team].into_iter().chain(others);
        let asked = Asked::Team(TeamReview {
            responsible: config.responsible.clone(),
            teams: teams.cloned().collect(),
            approvals: config.approvals,
            separate_from: config.separate_from.clone(),
        });
        let mut approval = Self {
            question: config.question.clone(),
            confirm: config.confirm,
            ..Self::new(waiting, round, config.expire_seconds, asked, keys)
        };
        approval.add_approvers(team, None);
        approval
    }

    /// A new choice, offered to that address when the waiting state was entered.
    pub fn offer(
        waiting: &WaitingTask<ChoiceConfig>,
        round: u32,
        request: &Request,
        to: &str,
        keys: &LinkKeys,
    ) -> Result<Self, TextError> {
        let config = &waiting.task.config;
        let status_url = request.status_url(keys);
        let line = |template: &str| {
            render(template, request, &status_url).map(|rendered| one_line(&rendered.to_string()))
        };
        let options = config.options.iter().map(|option| {
            Ok(ChoiceOption {
                outcome: option.outcome.clone(),
                label: line(&option.label)?,
            })
        });
        let asked = Asked::Customer(Choice {
            options: options.collect::<Result<_, TextError>>()?,
            subject: config.subject.clone(),
            body: config.body.clone(),
        });
        let mut approval = Self {
            question: config.question.clone(),
            confirm: config.confirm,
            ..Self::new(waiting, round, config.expire_seconds, asked, keys)
        };
        approval.add_approvers(&[to.to_owned()], None);
        Ok(approval)
    }
}
