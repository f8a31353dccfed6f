//! The Stripe connector: which fields of the form it takes its values from.

use shared::form::{Field, FieldKind, TextFormat};
use shared::id::FieldName;
use shared::task::RefundConfig;

use super::Context;
use crate::definition::{Found, Refund};
use crate::diagnostic::{Report, suggestion};
use crate::names::{KEYWORDS, RESERVED};
use crate::source::At;
use crate::text;

impl Context<'_> {
    pub(super) fn refund(&self, report: &mut Report<'_>, refund: &Refund) -> Option<RefundConfig> {
        let charge = self.input(
            report,
            &refund.charge,
            "a text of `format: stripe-charge`",
            |k| {
                let format = Some(TextFormat::StripeCharge);
                *k == FieldKind::Text { format }
            },
        );
        let amount = self.input(
            report,
            &refund.amount,
            "an amount, `type: number`",
            |kind| *kind == FieldKind::Usd,
        );
        let reason = self.input(report, &refund.reason, "a select or a text", |kind| {
            matches!(kind, FieldKind::Select { .. } | FieldKind::Text { .. })
        });
        self.check_stripe_reasons(report, refund, reason.as_ref());
        let output = self.output(report, &refund.output);
        let stripe_reasons = refund.stripe_reasons.iter();
        Some(RefundConfig {
            charge: charge?,
            amount: amount?,
            reason: reason?,
            stripe_reasons: stripe_reasons
                .map(|(key, to)| (key.value.clone(), *to))
                .collect(),
            output: output?,
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
        let help =
            format!("Name a required field of the form that is {wanted}, in quotes and braces.");
        let Some(name) = text::only_name(&written.value) else {
            let problem = format!("`{}` is not a field", written.value);
            report.refuse(written.span, problem, help);
            return None;
        };
        let problem = match self.definition.fields.find(name) {
            Found::Unreadable => return None,
            Found::Field(field) if fits(&field.kind) && field.required => {
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
        refund: &Refund,
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
        for (key, _) in &refund.stripe_reasons {
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
