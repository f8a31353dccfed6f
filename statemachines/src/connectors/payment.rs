//! What all connectors that give money back by Stripe have in common.

use shared::form::{Field, FieldKind, TextFormat};
use shared::id::FieldName;
use shared::task::{AskerConfig, RefundConfig, StripeReason, variable};

use crate::check::context::Context;
use crate::connector::Place;
use crate::definition::Found;
use crate::diagnostic::{Report, suggestion};
use crate::names::{KEYWORDS, RESERVED};
use crate::read::reserved_syntax;
use crate::read::section::{Section, text_of};
use crate::source::At;
use crate::text;
use crate::usage::Usage;
use crate::yaml::Node;

/// Who acts, in the diagram.
pub(super) const ACTOR: &str = "Stripe";
/// What Stripe tells about a payment.
const WEBHOOKS: u64 = 2;
const STRIPE_REASONS: [(&str, StripeReason); 2] = [
    ("duplicate", StripeReason::Duplicate),
    ("requested_by_customer", StripeReason::RequestedByCustomer),
];

/// What is given back, as it is written.
#[derive(Debug)]
pub(super) struct Payment {
    asker: Asker,
    charge: At<String>,
    amount: At<String>,
    reason: At<String>,
    stripe_reasons: Vec<(At<String>, StripeReason)>,
    output: At<String>,
}

/// Who asks: fields in braces.
#[derive(Debug)]
pub(super) struct Asker {
    email: At<String>,
    stripe_customer: Option<At<String>>,
}

impl Payment {
    pub(super) fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Self> {
        let charge = section.text(report, "charge");
        let asker = Asker::read(report, section);
        let amount = section.text(report, "amount");
        let reason = section.text(report, "reason");
        let stripe_reasons = stripe_reasons(report, section);
        let output = section.text(report, "output");
        Some(Self {
            asker: asker?,
            charge: charge?,
            amount: amount?,
            reason: reason?,
            stripe_reasons: stripe_reasons?,
            output: output?,
        })
    }

    /// The parts of its output.
    pub(super) fn sets(&self) -> Vec<String> {
        let members = variable::REFUND_MEMBERS.iter();
        members
            .map(|member| format!("{}.{member}", self.output.value))
            .collect()
    }

    pub(super) fn check(&self, report: &mut Report<'_>, place: &Place<'_>) -> Option<RefundConfig> {
        let context = place.context;
        let charge = charge(report, context, &self.charge);
        let asker = self.asker.check(report, context);
        let amount = field(
            report,
            context,
            &self.amount,
            "an amount, `type: number`",
            true,
            |kind| *kind == FieldKind::Usd,
        );
        let reason = field(
            report,
            context,
            &self.reason,
            "a select or a text",
            true,
            |kind| matches!(kind, FieldKind::Select { .. } | FieldKind::Text { .. }),
        );
        self.check_stripe_reasons(report, context, reason.as_ref());
        let output = self.check_output(report, context);
        let stripe_reasons = self.stripe_reasons.iter();
        Some(RefundConfig {
            charge: charge?,
            asker: asker?,
            amount: amount?,
            reason: reason?,
            stripe_reasons: stripe_reasons
                .map(|(key, to)| (key.value.clone(), *to))
                .collect(),
            output: output?,
            tell: place.tell?.clone(),
        })
    }

    fn check_stripe_reasons(
        &self,
        report: &mut Report<'_>,
        context: &Context<'_>,
        reason: Option<&FieldName>,
    ) {
        let field = reason.map(|name| context.definition.fields.find(name.as_str()));
        let Some(Found::Field(Field {
            kind: FieldKind::Select { options },
            ..
        })) = field
        else {
            return;
        };
        for (key, _) in &self.stripe_reasons {
            if !options.contains(&key.value) {
                report.refuse(
                    key.span,
                    format!("`{}` is not an option of the reason", key.value),
                    suggestion(&key.value, options.iter().map(String::as_str)),
                );
            }
        }
    }

    fn check_output(&self, report: &mut Report<'_>, context: &Context<'_>) -> Option<FieldName> {
        let written = self.output.value.as_str();
        let taken = RESERVED.contains(&written)
            || KEYWORDS.contains(&written)
            || !matches!(context.definition.fields.find(written), Found::Unknown);
        if taken {
            report.refuse(
                self.output.span,
                format!("`{written}` already means something else"),
                "Call the output something else, such as `stripeRefundResult`.",
            );
            return None;
        }
        let name = written.parse();
        if name.is_err() {
            report.refuse(
                self.output.span,
                format!("`{written}` cannot be the name of an output"),
                "Begin with a letter, and use letters, digits and _ only, such as `stripeRefundResult`.",
            );
        }
        name.ok()
    }
}

/// What it uses besides its states: the key of Stripe, and what Stripe tells about it.
pub(super) fn usage() -> Usage {
    Usage {
        secret_calls: 1,
        api_requests: WEBHOOKS,
        ..Usage::default()
    }
}

impl Asker {
    pub(super) fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Self> {
        let email = section.text(report, "customer email");
        let stripe_customer = section.optional("stripe customer");
        let stripe_customer = stripe_customer.map(|(key, node)| text_of(report, &key.value, node));
        Some(Self {
            email: email?,
            stripe_customer: match stripe_customer {
                Some(written) => Some(written?),
                None => None,
            },
        })
    }

    pub(super) fn check(
        &self,
        report: &mut Report<'_>,
        context: &Context<'_>,
    ) -> Option<AskerConfig> {
        let customer_email = field(
            report,
            context,
            &self.email,
            "an email address",
            true,
            |kind| *kind == FieldKind::Email,
        );
        let stripe_customer = match &self.stripe_customer {
            Some(written) => {
                let wanted = "a text of `format: stripe-customer`";
                let format = Some(TextFormat::StripeCustomer);
                let fits = |kind: &FieldKind| *kind == FieldKind::Text { format };
                Some(field(report, context, written, wanted, false, fits)?)
            }
            None => None,
        };
        Some(AskerConfig {
            customer_email: customer_email?,
            stripe_customer,
        })
    }
}

pub(super) fn charge(
    report: &mut Report<'_>,
    context: &Context<'_>,
    written: &At<String>,
) -> Option<FieldName> {
    field(
        report,
        context,
        written,
        "a text of `format: stripe-charge`",
        true,
        |k| {
            let format = Some(TextFormat::StripeCharge);
            *k == FieldKind::Text { format }
        },
    )
}

/// The field that a `"{{ name }}"` means.
fn field(
    report: &mut Report<'_>,
    context: &Context<'_>,
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
    let problem = match context.definition.fields.find(name) {
        Found::Unreadable => return None,
        Found::Field(field) if fits(&field.kind) && (field.required || !required) => {
            return Some(field.name.clone());
        }
        Found::Field(_) => format!("`{name}` does not fit here"),
        Found::Unknown => format!("the form has no field `{name}`"),
    };
    report.refuse(written.span, problem, help);
    None
}

fn stripe_reasons(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
) -> Option<Vec<(At<String>, StripeReason)>> {
    let Some((key, node)) = section.optional("stripe reasons") else {
        return Some(Vec::new());
    };
    let reasons = Section::open(report, "`stripe reasons`", key.span, node)?;
    let entries = reasons.entries.iter();
    let known = entries.filter_map(|(reason, node)| {
        reserved_syntax::check(report, &reason.value, reason.span);
        Some((reason.clone(), stripe_reason(report, node)?))
    });
    Some(known.collect())
}

fn stripe_reason(report: &mut Report<'_>, node: &At<Node>) -> Option<StripeReason> {
    let text = text_of(report, "reason", node)?;
    let known = STRIPE_REASONS.iter().find(|(name, _)| *name == text.value);
    if known.is_none() {
        let help = if text.value == "fraudulent" {
            "`fraudulent` puts the customer on Stripe's block list, and is never sent.".to_owned()
        } else {
            suggestion(&text.value, STRIPE_REASONS.map(|(name, _)| name))
        };
        report.refuse(
            text.span,
            format!("`{}` is no reason that can be sent to Stripe", text.value),
            help,
        );
    }
    known.map(|(_, reason)| *reason)
}
