//! Stripe's connectors: which fields of the form it takes its values from.

use domain::form::{Field, FieldKind, TextFormat};
use domain::id::FieldName;
use domain::task::{ConnectorConfig, LookUpConfig, RefundConfig, RequesterConfig, outcome};

use super::Context;
use crate::definition::{self, Deed, Found, LookUp, Requester};
use crate::diagnostic::{Report, suggestion};
use crate::names::{KEYWORDS, Place, RESERVED};
use crate::process::Connector;
use crate::source::At;
use crate::text;

impl Context<'_> {
    pub(super) fn connector(
        &self,
        report: &mut Report<'_>,
        phase: usize,
        written: &definition::Connector,
    ) -> Option<Connector> {
        let config = self.config(report, written);
        let place = |way| Place { phase, way };
        let on_error = self.mail(report, &written.on_error, place(Some(outcome::ERROR)));
        let while_pending = written.while_pending.as_ref();
        let while_pending = while_pending.map(|mail| self.mail(report, mail, place(None)));
        let (config, on_error) = (config?, on_error?);
        Some(Connector {
            config: match written.deed {
                Deed::Refund => ConnectorConfig::CreateRefund(config),
                Deed::Credit => ConnectorConfig::CreateCredit(config),
            },
            on_error,
            while_pending: match while_pending {
                Some(mail) => Some(mail?),
                None => None,
            },
        })
    }

    /// What is looked up before a person is asked.
    pub(super) fn look_up(
        &self,
        report: &mut Report<'_>,
        written: &LookUp,
    ) -> Option<LookUpConfig> {
        let charge = self.charge(report, &written.charge);
        let asker = self.asker(report, &written.asker);
        Some(LookUpConfig {
            charge: charge?,
            asker: asker?,
        })
    }

    fn charge(&self, report: &mut Report<'_>, written: &At<String>) -> Option<FieldName> {
        self.input(report, written, "a text of `format: stripe-charge`", |k| {
            let format = Some(TextFormat::StripeCharge);
            *k == FieldKind::Text { format }
        })
    }

    fn asker(&self, report: &mut Report<'_>, written: &Requester) -> Option<RequesterConfig> {
        let customer_email = self.input(report, &written.email, "an email address", |kind| {
            *kind == FieldKind::Email
        });
        let stripe_customer = match &written.stripe_customer {
            Some(written) => {
                let wanted = "a text of `format: stripe-customer`";
                let format = Some(TextFormat::StripeCustomer);
                let fits = |kind: &FieldKind| *kind == FieldKind::Text { format };
                Some(self.field(report, written, wanted, false, fits)?)
            }
            None => None,
        };
        Some(RequesterConfig {
            customer_email: customer_email?,
            stripe_customer,
        })
    }

    fn config(
        &self,
        report: &mut Report<'_>,
        written: &definition::Connector,
    ) -> Option<RefundConfig> {
        let charge = self.charge(report, &written.charge);
        let asker = self.asker(report, &written.asker);
        let amount = self.input(
            report,
            &written.amount,
            "an amount, `type: number`",
            |kind| *kind == FieldKind::Usd,
        );
        let reason = self.input(report, &written.reason, "a select or a text", |kind| {
            matches!(kind, FieldKind::Select { .. } | FieldKind::Text { .. })
        });
        self.check_stripe_reasons(report, written, reason.as_ref());
        let output = self.output(report, &written.output);
        let stripe_reasons = written.stripe_reasons.iter();
        let tell = self.teams.named(&written.on_error.to.value).cloned();
        Some(RefundConfig {
            charge: charge?,
            asker: asker?,
            amount: amount?,
            reason: reason?,
            stripe_reasons: stripe_reasons
                .map(|(key, to)| (key.value.clone(), *to))
                .collect(),
            output: output?,
            tell: tell?,
        })
    }

    /// The field that a `"{{ name }}"` means: a required one of the right kind.
    fn input(
        &self,
        report: &mut Report<'_>,
        written: &At<String>,
        wanted: &str,
        fits: impl Fn(&FieldKind) -> bool,
    ) -> Option<FieldName> {
        self.field(report, written, wanted, true, fits)
    }

    /// The field that a `"{{ name }}"` means.
    fn field(
        &self,
        report: &mut Report<'_>,
        written: &At<String>,
        wanted: &str,
        required: bool,
        fits: impl Fn(&FieldKind) -> bool,
    ) -> Option<FieldName> {
        let a = if required { "a required" } else { "a" };
        let help = format!("Name {a} field of the form that is {wanted}, in quotes and braces.");
        let Some(name) = text::only_name(&written.value) else {
            let problem = format!("`{}` is not a field", written.value);
            report.refuse(written.span, problem, help);
            return None;
        };
        let problem = match self.definition.fields.find(name) {
            Found::Invalid => return None,
            Found::Field(field) if fits(&field.kind) && (field.required || !required) => {
                return Some(field.name.clone());
            }
            Found::Field(_) => format!("`{name}` does not fit here"),
            Found::Unknown => format!("the form has no field `{name}`"),
        };
        report.refuse(written.span, problem, help);
        None
    }

    fn check_stripe_reasons(
        &self,
        report: &mut Report<'_>,
        connector: &definition::Connector,
        reason: Option<&FieldName>,
    ) {
        let field = reason.map(|name| self.definition.fields.find(name.as_str()));
        let Some(Found::Field(Field {
            kind: FieldKind::Select { options },
            ..
        })) = field
        else {
            return;
        };
        for (key, _) in &connector.stripe_reasons {
            if !options.contains(&key.value) {
                report.refuse(
                    key.span,
                    format!("`{}` is not an option of the reason", key.value),
                    suggestion(&key.value, options.iter().map(String::as_str)),
                );
            }
        }
    }

    fn output(&self, report: &mut Report<'_>, output: &At<String>) -> Option<FieldName> {
        let written = output.value.as_str();
        let taken = RESERVED.contains(&written)
            || KEYWORDS.contains(&written)
            || !matches!(self.definition.fields.find(written), Found::Unknown);
        if taken {
            report.refuse(
                output.span,
                format!("`{written}` already means something else"),
                "Call the output something else, such as `stripeRefundResult`.",
            );
            return None;
        }
        let name = written.parse();
        if name.is_err() {
            report.refuse(
                output.span,
                format!("`{written}` cannot be the name of an output"),
                "Begin with a letter, and use letters, digits and _ only, such as `stripeRefundResult`.",
            );
        }
        name.ok()
    }
}
