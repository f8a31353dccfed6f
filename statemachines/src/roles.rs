//! What some fields of a form are, besides what can be answered to them: the amount that approvers are shown
//! and that is paid, the customer's address, the charge, the customer at Stripe.
//!
//! The form says it once, and everybody reads it there. A form with a field that could be one of these has
//! to say which one is.

use domain::form::{Field, FieldKind, TextFormat};
use domain::id::FieldName;

use crate::diagnostic::{Report, list, suggestion};
use crate::source::At;

/// What a field can be to the process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// The form's key that names the field.
    pub(crate) key: &'static str,
    /// How to call it in a message.
    pub(crate) what: &'static str,
    /// How a definition writes fields that can be it.
    pub(crate) written: &'static str,
    kind: FieldKind,
}

pub(crate) const AMOUNT: Role = Role {
    key: "amount",
    what: "the amount",
    written: "`type: number`",
    kind: FieldKind::Usd,
};
pub(crate) const CUSTOMER_EMAIL: Role = Role {
    key: "customer email",
    what: "the customer's address",
    written: "`type: email`",
    kind: FieldKind::Email,
};
pub(crate) const CHARGE: Role = Role {
    key: "charge",
    what: "the charge",
    written: "`format: stripe-charge`",
    kind: FieldKind::Text {
        format: Some(TextFormat::StripeCharge),
    },
};
pub(crate) const STRIPE_CUSTOMER: Role = Role {
    key: "stripe customer",
    what: "the customer at Stripe",
    written: "`format: stripe-customer`",
    kind: FieldKind::Text {
        format: Some(TextFormat::StripeCustomer),
    },
};
/// Every role.
pub(crate) const ROLES: [Role; 4] = [AMOUNT, CUSTOMER_EMAIL, CHARGE, STRIPE_CUSTOMER];

/// The fields of a form as they were read; `None` for one that could not be.
type Fields = [(At<String>, Option<Field>)];

/// Which field has a role.
#[derive(Debug)]
pub(crate) enum Designated {
    /// That one, and where the form says so.
    Field(At<FieldName>),
    /// None, and none could have it.
    Nothing,
    /// What is said cannot be, or nothing is. That has been reported.
    Refused,
}

impl Role {
    /// The field that has the role, by what the form says.
    pub(crate) fn designate(
        &self,
        report: &mut Report<'_>,
        written: Option<&At<String>>,
        fields: &Fields,
    ) -> Designated {
        let fits = |field: &Option<Field>| field.as_ref().is_some_and(|it| it.kind == self.kind);
        let fitting = fields.iter().filter(|(_, field)| fits(field));
        let fitting: Vec<&At<String>> = fitting.map(|(name, _)| name).collect();
        let names = fitting.iter().map(|name| name.value.as_str());
        let Some(written) = written else {
            let Some(first) = fitting.first() else {
                return Designated::Nothing;
            };
            report.refuse(
                first.span,
                format!("the form does not say which field is {}", self.what),
                format!(
                    "Add a line `{}: ` above the `fields:`, with the name of the field: {}.",
                    self.key,
                    list(names)
                ),
            );
            return Designated::Refused;
        };
        let name = written.value.as_str();
        let (problem, help) = match fields.iter().find(|(known, _)| known.value == name) {
            Some((_, Some(field))) if field.kind == self.kind => {
                return Designated::Field(At {
                    value: field.name.clone(),
                    span: written.span,
                });
            }
            Some((_, None)) => return Designated::Refused,
            Some(_) => (
                format!("`{name}` cannot be {}", self.what),
                format!("Name a field of {}.", self.written),
            ),
            None => (
                format!("the form has no field `{name}`"),
                suggestion(name, names),
            ),
        };
        report.refuse(written.span, problem, help);
        Designated::Refused
    }
}
