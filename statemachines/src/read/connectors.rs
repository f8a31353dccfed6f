//! What a process does with Stripe: its connectors, and the lookup before an approval.

use domain::task::StripeReason;

use super::marks;
use super::phases::mail;
use super::section::{Section, text_of};
use crate::definition::{Connector, Deed, LookUp, Mail, Requester};
use crate::diagnostic::{Report, suggestion};
use crate::source::At;
use crate::yaml::Node;

const CONNECTORS: [(&str, Deed); 2] = [
    ("Stripe - Create Refund", Deed::Refund),
    ("Stripe - Create Credit", Deed::Credit),
];
const STRIPE_REASONS: [(&str, StripeReason); 2] = [
    ("duplicate", StripeReason::Duplicate),
    ("requested_by_customer", StripeReason::RequestedByCustomer),
];

/// Which connector a phase is.
pub(super) fn deed(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Deed> {
    let connector = section.text(report, "connector")?;
    let known = CONNECTORS.iter().find(|(name, _)| *name == connector.value);
    if known.is_none() {
        report.refuse(
            connector.span,
            format!("there is no connector `{}`", connector.value),
            suggestion(&connector.value, CONNECTORS.map(|(name, _)| name)),
        );
    }
    known.map(|(_, deed)| *deed)
}

pub(super) fn read(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    deed: Deed,
) -> Option<Connector> {
    let charge = section.text(report, "charge");
    let asker = asker(report, section);
    let amount = section.text(report, "amount");
    let reason = section.text(report, "reason");
    let stripe_reasons = stripe_reasons(report, section)?;
    let output = section.text(report, "output");
    let while_pending = match deed {
        Deed::Refund => while_pending(report, section),
        Deed::Credit => None,
    };
    let on_error = section.section(report, "on error").and_then(|mut section| {
        let on_error = mail(report, &mut section, "tell");
        section.close(report);
        on_error
    });
    Some(Connector {
        deed,
        asker: asker?,
        charge: charge?,
        amount: amount?,
        reason: reason?,
        stripe_reasons,
        output: output?,
        on_error: on_error?,
        while_pending,
    })
}

/// What an approval has looked up before it asks.
pub(super) fn look_up(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<LookUp> {
    let (key, node) = section.optional("look up")?;
    let charge = text_of(report, &key.value, node);
    let asker = asker(report, section);
    Some(LookUp {
        charge: charge?,
        asker: asker?,
    })
}

/// Who asks: the fields by which a payment is known to be theirs.
fn asker(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Requester> {
    let email = section.text(report, "customer email");
    let stripe_customer = section.optional("stripe customer");
    let stripe_customer = stripe_customer.map(|(key, node)| text_of(report, &key.value, node));
    Some(Requester {
        email: email?,
        stripe_customer: match stripe_customer {
            Some(written) => Some(written?),
            None => None,
        },
    })
}

fn while_pending(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Mail> {
    let (key, node) = section.optional("while pending")?;
    let mut section = Section::open(report, "`while pending`", key.span, node)?;
    let read = mail(report, &mut section, "to");
    section.close(report);
    read
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
        marks::check(report, &reason.value, reason.span);
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
