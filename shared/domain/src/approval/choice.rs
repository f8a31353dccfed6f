//! A question to the customer: the same links, codes and door as for a team, with answers of its own.
//!
//! What differs from an approval: only the customer may answer, with one of the options that the
//! definition offers; nobody is reminded, and nobody else is asked.

use serde::{Deserialize, Serialize};

use super::{Approval, Decider, LinkKey};
use crate::mail::one_line;
use crate::request::Request;
use crate::task::{ChoiceConfig, ChoiceOption, WaitingTask};
use crate::text::{TextError, render};

/// Whose task a choice is, where an approval has the name of its team.
const RESPONSIBLE: &str = "customer";

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
    /// An option by its outcome.
    pub fn option(&self, outcome: &str) -> Option<&ChoiceOption> {
        self.options.iter().find(|option| option.outcome == outcome)
    }

    /// What the customer reads for an outcome.
    pub fn label(&self, outcome: &str) -> Option<&str> {
        self.option(outcome).map(|option| option.label.as_str())
    }
}

impl Approval {
    /// A new choice, offered to that address when the waiting state was entered.
    pub fn offer(
        waiting: &WaitingTask<ChoiceConfig>,
        round: u32,
        request: &Request,
        to: &str,
        key: &LinkKey,
    ) -> Result<Self, TextError> {
        let config = &waiting.task.config;
        let status_url = request.status_url(key);
        let line = |template: &str| {
            render(template, request, &status_url).map(|rendered| one_line(&rendered))
        };
        let options = config.options.iter().map(|option| {
            Ok(ChoiceOption {
                outcome: option.outcome.clone(),
                label: line(&option.label)?,
            })
        });
        let choice = Choice {
            options: options.collect::<Result<_, TextError>>()?,
            subject: config.subject.clone(),
            body: config.body.clone(),
        };
        let mut approval = Self::new(waiting, round, config.expire_seconds);
        RESPONSIBLE.clone_into(&mut approval.responsible);
        approval.question.clone_from(&config.question);
        approval.confirm = config.confirm;
        approval.choice = Some(choice);
        approval.add_approvers(&[to.to_owned()]);
        Ok(approval)
    }

    /// In what capacity somebody is asked.
    pub fn asks<'a>(&self, email: &'a str) -> Decider<'a> {
        if self.is_choice() {
            Decider::Customer
        } else {
            Decider::Approver(email)
        }
    }

    /// Whether it is the customer who is asked.
    pub fn is_choice(&self) -> bool {
        self.choice.is_some()
    }
}
