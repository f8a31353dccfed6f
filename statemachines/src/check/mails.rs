//! Mails: to whom, and whether every name in them has a value by then.

use shared::form::FieldKind;
use shared::task::{EmailConfig, Recipient, variable};

use super::Context;
use crate::definition::{Found, Mail};
use crate::diagnostic::{Report, list};
use crate::names::Place;
use crate::source::At;
use crate::text;

impl Context<'_> {
    pub(super) fn mail(
        &self,
        report: &mut Report<'_>,
        mail: &Mail,
        place: Place,
    ) -> Option<EmailConfig> {
        let to = if place.way.is_some() {
            self.team_recipient(report, &mail.to)
        } else {
            self.recipient(report, &mail.to)
        };
        for part in [&mail.subject, &mail.body] {
            for name in text::names(report, part) {
                self.names
                    .check(report, &self.graph, self.definition, &name, place);
                let raw = name.value == variable::STRIPE_ERROR;
                if raw && matches!(to, Some(Recipient::Field(_))) {
                    report.refuse(
                        name.span,
                        "Stripe's own words are for the team, and not for the customer",
                        "Say it in plain words here, and mail `stripeError` to a team.",
                    );
                }
            }
        }
        Some(EmailConfig {
            to: to?,
            subject: mail.subject.value.trim().to_owned(),
            body: mail.body.value.clone(),
            invites: None,
        })
    }

    fn recipient(&self, report: &mut Report<'_>, to: &At<String>) -> Option<Recipient> {
        let Some(name) = text::only_name(&to.value) else {
            return self.team_recipient(report, to);
        };
        let (problem, help) = match self.definition.fields.find(name) {
            Found::Unreadable => return None,
            Found::Field(field) if field.kind == FieldKind::Email && field.required => {
                return Some(Recipient::Field(field.name.clone()));
            }
            Found::Field(field) if field.kind == FieldKind::Email => (
                format!("`{name}` can be left empty, and then nobody gets this email"),
                "Make the field `required: true`.",
            ),
            Found::Field(_) | Found::Unknown => (
                format!("`{name}` is not an email field of the form"),
                "Name a field of `type: email`, such as \"{{ customerEmail }}\".",
            ),
        };
        report.refuse(to.span, problem, help);
        None
    }

    fn team_recipient(&self, report: &mut Report<'_>, to: &At<String>) -> Option<Recipient> {
        let team = self.teams.named(&to.value);
        if team.is_none() {
            let mut teams: Vec<&str> = self.teams.all().map(|team| team.name.as_str()).collect();
            teams.sort_unstable();
            teams.dedup();
            report.refuse(
                to.span,
                format!("`{}` is neither an email field nor a team with a responsibility", to.value),
                format!(
                    "Name a field in quotes and braces, \"{{{{ customerEmail }}}}\", or a team: {}.",
                    list(teams)
                ),
            );
        }
        team.map(|team| Recipient::Team(team.clone()))
    }
}
