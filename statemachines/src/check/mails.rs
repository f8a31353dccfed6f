//! Mails: to whom, and whether every name in them has a value by then.

use domain::form::FieldKind;
use domain::task::{EmailConfig, Recipient, variable};

use super::context::Context;
use super::invitation;
use crate::definition::{Found, Mail};
use crate::diagnostic::{Report, list};
use crate::names::{CHARGE_TOTAL, Place, STRIPE_CUSTOMER_KNOWN};
use crate::source::At;
use crate::text;

/// To whom a mail may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The customer or a team.
    Anybody,
    /// A team only.
    Team,
    /// The customer only.
    Customer,
}

/// Who reads a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A team of ours.
    Team,
    /// The customer.
    Customer,
    /// The customer, who is invited to another offering.
    Invited,
}

impl Context<'_> {
    pub(crate) fn mail(
        &self,
        report: &mut Report<'_>,
        mail: &Mail,
        place: Place,
        whom: Whom,
    ) -> Option<EmailConfig> {
        let to = match whom {
            Whom::Anybody => self.recipient(report, &mail.to),
            Whom::Team => self.team_recipient(report, &mail.to),
            Whom::Customer => self.customer(report, &mail.to),
        };
        let is_customers = whom == Whom::Customer || matches!(to, Some(Recipient::Field(_)));
        let audience = match (&mail.invites, is_customers) {
            (Some(_), _) => Audience::Invited,
            (None, true) => Audience::Customer,
            (None, false) => Audience::Team,
        };
        let mut names = self.names_in(report, &mail.subject, place, audience);
        names.extend(self.names_in(report, &mail.body, place, audience));
        invitation::check_mail(report, mail, to.as_ref(), &names);
        Some(EmailConfig {
            to: to?,
            subject: mail.subject.value.trim().to_owned(),
            body: mail.body.value.clone(),
            invites: mail.invites.as_ref().map(|invites| invites.value.clone()),
        })
    }

    /// The names in a text. Those that have no value there, or are not for its readers, are reported.
    pub(crate) fn names_in(
        &self,
        report: &mut Report<'_>,
        text: &At<String>,
        place: Place,
        audience: Audience,
    ) -> Vec<At<String>> {
        let names = text::names(report, text);
        for name in &names {
            match name.value.as_str() {
                variable::INVITATION_URL | variable::INVITATION_CODE => {
                    check_invited(report, name, audience);
                }
                found @ (STRIPE_CUSTOMER_KNOWN | CHARGE_TOTAL) => report.refuse(
                    name.span,
                    format!("`{found}` is for conditions, and not for texts"),
                    "Let a condition ask for it, and write a text for each way.",
                ),
                _ => {
                    let (graph, definition) = (&self.graph, self.definition);
                    self.names.check(report, graph, definition, name, place);
                }
            }
            if name.value == variable::STRIPE_ERROR && audience != Audience::Team {
                report.refuse(
                    name.span,
                    "Stripe's own words are for the team, and not for the customer",
                    "Say it in plain words here, and mail `stripeError` to a team.",
                );
            }
        }
        names
    }

    fn recipient(&self, report: &mut Report<'_>, to: &At<String>) -> Option<Recipient> {
        let Some(name) = text::only_name(&to.value) else {
            return self.team_recipient(report, to);
        };
        let (problem, help) = match self.definition.fields.find(name) {
            Found::Invalid => return None,
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

    fn customer(&self, report: &mut Report<'_>, to: &At<String>) -> Option<Recipient> {
        let recipient = self.recipient(report, to)?;
        if let Recipient::Team(_) = recipient {
            report.refuse(
                to.span,
                format!("`{}` is a team, and this mail is the customer's", to.value),
                "Name an email field of the form, in quotes and braces.",
            );
            return None;
        }
        Some(recipient)
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

/// No path sets what an invitation needs: it belongs to the mail.
fn check_invited(report: &mut Report<'_>, name: &At<String>, audience: Audience) {
    if audience != Audience::Invited {
        report.refuse(
            name.span,
            format!("`{}` has a value only in a mail that invites", name.value),
            "Add `invites to: ` with an offering to a phase of `type: email`, and use it there.",
        );
    }
}
