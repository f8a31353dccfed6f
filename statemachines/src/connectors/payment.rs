//! What all connectors that give money back by Stripe have in common.

use domain::closed_set::{named, names};
use domain::form::{Field, FieldKind};
use domain::id::FieldName;
use domain::task::{ConnectorConfig, RefundConfig, StripeReason, variable};

use crate::asl::task::{Function, Task};
use crate::connector::{Call, Context, Place, Report, Section, Usage};
use crate::definition::Found;
use crate::diagnostic::suggestion;
use crate::names::is_taken;
use crate::read::reserved_syntax;
use crate::read::section::text_of;
use crate::roles::{AMOUNT, CHARGE, CUSTOMER_EMAIL};
use crate::source::At;
use crate::text;
use crate::yaml::Node;

/// What Stripe tells about a payment.
const WEBHOOKS: u64 = 2;

/// What is given back, as it is written.
#[derive(Debug)]
pub(super) struct Payment {
    reason: At<String>,
    stripe_reasons: Vec<(At<String>, StripeReason)>,
    output: At<String>,
}

impl Payment {
    pub(super) fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Self> {
        let reason = section.text(report, "reason");
        let stripe_reasons = stripe_reasons(report, section);
        let output = section.text(report, "output");
        Some(Self {
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
        let context = place.scope.context;
        let charge = context.needed(report, &CHARGE, place.at);
        let amount = context.needed(report, &AMOUNT, place.at);
        // The request says which field it is: only what is theirs is given back.
        context.needed(report, &CUSTOMER_EMAIL, place.at);
        let reason = self.reason(report, context);
        self.check_stripe_reasons(report, context, reason.as_ref());
        let output = self.check_output(report, context);
        let stripe_reasons = self.stripe_reasons.iter();
        let limits = context.definition.limits.as_ref();
        Some(RefundConfig {
            charge: charge?,
            amount: amount?,
            reason: reason?,
            stripe_reasons: stripe_reasons
                .map(|(key, to)| (key.value.clone(), *to))
                .collect(),
            output: output?,
            tell: place.tell?.clone(),
            limits: limits.map(|it| it.value).unwrap_or_default(),
        })
    }

    /// The state that has Stripe give something back, and is done with its answer.
    pub(super) fn call(place: &Place<'_>, config: &ConnectorConfig) -> Call {
        Call {
            task: Task::new(Function::IssueRefund, place.scope.name(), config),
            pending: None,
            actor: "Stripe",
            usage: Usage {
                secret_calls: 1,
                api_requests: WEBHOOKS,
                ..Usage::default()
            },
        }
    }

    /// The field that `reason: "{{ name }}"` means.
    fn reason(&self, report: &mut Report<'_>, context: &Context<'_>) -> Option<FieldName> {
        let At { value, span } = &self.reason;
        let problem = match text::only_name(value) {
            None => format!("`{value}` is not a field"),
            Some(name) => match context.definition.fields.find(name) {
                Found::Invalid => return None,
                Found::Field(field) if field.required && gives_reason(&field.kind) => {
                    return Some(field.name.clone());
                }
                Found::Field(_) => format!("`{name}` does not fit here"),
                Found::Unknown => format!("the form has no field `{name}`"),
            },
        };
        let help =
            "Name a required field of the form that is a select or a text, in quotes and braces.";
        report.refuse(*span, problem, help);
        None
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
        let is_field = !matches!(context.definition.fields.find(written), Found::Unknown);
        if is_taken(written) || is_field {
            report.refuse(
                self.output.span,
                format!("`{written}` already means something else"),
                "Call the output something else, such as `stripeRefundResult`.",
            );
            return None;
        }
        report.expect(
            written.parse().ok(),
            self.output.span,
            format!("`{written}` cannot be the name of an output"),
            "Begin with a letter, and use letters, digits and _ only, such as `stripeRefundResult`.",
        )
    }
}

fn gives_reason(kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Select { .. } | FieldKind::Text { .. })
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
    let name = text.value.as_str();
    let help = if name == "fraudulent" {
        "`fraudulent` puts the customer on Stripe's block list, and is never sent.".to_owned()
    } else {
        suggestion(name, names::<StripeReason>().iter().copied())
    };
    let problem = format!("`{name}` is no reason that can be sent to Stripe");
    report.expect(named(name), text.span, problem, help)
}
