//! What a customer can choose, and what the mail about it says.

use domain::task::{ChoiceConfig, ChoiceOption, Recipient, variable};

use super::Context;
use super::mails::Audience;
use crate::definition::Choice;
use crate::diagnostic::Report;
use crate::names::Place;

impl Context<'_> {
    /// The configuration of a choice.
    pub(super) fn choice(
        &self,
        report: &mut Report<'_>,
        phase: usize,
        choice: &Choice,
    ) -> Option<ChoiceConfig> {
        let place = Place { phase, way: None };
        let mail = self.mail(report, &choice.mail, place);
        for (_, label) in &choice.options {
            let names = self.names_in(report, label, place, Audience::Customer);
            for name in names.iter().filter(|it| it.value == variable::STATUS_URL) {
                report.refuse(
                    name.span,
                    "an option's text is kept with the request, where no link may stand",
                    "Name the status page in the body.",
                );
            }
        }
        let mail = mail?;
        let Recipient::Field(to) = mail.to else {
            report.refuse(
                choice.mail.to.span,
                format!("`{}` is a team, and a choice is the customer's", choice.mail.to.value),
                "Name an email field of the form in quotes and braces, or let the team decide in an approval.",
            );
            return None;
        };
        let options = choice.options.iter();
        Some(ChoiceConfig {
            to,
            question: choice.question.clone(),
            options: options
                .map(|(name, label)| ChoiceOption {
                    outcome: name.value.clone(),
                    label: label.value.trim().to_owned(),
                })
                .collect(),
            subject: mail.subject,
            body: mail.body,
            confirm: choice.confirm,
            expire_seconds: choice.expire_seconds.value,
        })
    }
}
