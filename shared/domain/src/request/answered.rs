//! What the customer answered, and what can be told from it.

use serde::{Deserialize, Serialize};

use super::Request;
use crate::approval::is_same_person;
use crate::form::{FieldKind, Form, TextFormat, Value, Values};
use crate::id::FieldName;
use crate::money::Usd;
use crate::stripe::is_document_number;

/// An answer as it was given, with the question as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The field.
    pub name: FieldName,
    /// Its label in the form that the customer filled in.
    pub label: String,
    /// What kind of thing was asked for.
    #[serde(default)]
    pub kind: AnswerKind,
    /// The answer; `None` when an optional field was left empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The approver who gave it, where it was not the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_by: Option<String>,
}

/// What an answer is, where that matters for who may see it and who may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// An address of the customer's.
    Email,
    /// A payment at Stripe.
    Charge,
    /// An amount.
    Amount,
    /// One of Stripe's customers.
    Customer,
    /// One of the options that the form offers, which is never personal.
    Selected,
    /// Anything else; it may be personal.
    #[default]
    Other,
}

impl AnswerKind {
    fn of(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::Email => AnswerKind::Email,
            FieldKind::Usd => AnswerKind::Amount,
            FieldKind::Text {
                format: Some(TextFormat::StripeCharge),
            } => AnswerKind::Charge,
            FieldKind::Text {
                format: Some(TextFormat::StripeCustomer),
            } => AnswerKind::Customer,
            FieldKind::Select { .. } => AnswerKind::Selected,
            FieldKind::Text { .. } | FieldKind::Textarea => AnswerKind::Other,
        }
    }
}

impl Request {
    /// The answers by field, as conditions see them: under the amount's field is what is to be paid.
    pub fn values(&self) -> Values {
        let given = |a: &Answered| Some((a.name.clone(), a.value.clone()?));
        let mut values: Values = self.answers.iter().filter_map(given).collect();
        if let (Some(field), Some(amount)) = (&self.designated.amount_field, self.amount()) {
            values.insert(field.clone(), Value::Cents(amount));
        }
        values
    }

    /// The answer to a field.
    pub fn value(&self, field: &FieldName) -> Option<&Value> {
        let mut answers = self.answers.iter();
        answers.find(|a| a.name == *field)?.value.as_ref()
    }

    /// The answer to a field, where it is one of the options that the form offers: so it may stand in the audit log.
    pub fn selected(&self, field: &FieldName) -> Option<&str> {
        let mut answers = self.answers.iter();
        let is_selected = |a: &&Answered| a.name == *field && a.kind == AnswerKind::Selected;
        answers.find(is_selected)?.value.as_ref()?.text()
    }

    /// Which of Stripe's customers an approver says that it is.
    pub fn customer_entered_by_approver(&self) -> Option<&str> {
        self.answer_of_approver()?.value.as_ref()?.text()
    }

    /// The answer in which an approver says which of Stripe's customers it is.
    pub fn answer_of_approver(&self) -> Option<&Answered> {
        let given = |a: &&Answered| a.kind == AnswerKind::Customer && a.given_by.is_some();
        self.answers.iter().find(given)
    }

    /// The amount that is to be paid: what approvers are shown. It is less than what was asked for once somebody has
    /// approved less.
    pub fn amount(&self) -> Option<Usd> {
        self.approved_amount.or_else(|| self.requested_amount())
    }

    /// The amount that the form asked for.
    pub fn requested_amount(&self) -> Option<Usd> {
        self.value(self.designated.amount_field.as_ref()?)?.amount()
    }

    /// The answers, and after the amount what was approved of it, where that is less.
    pub fn answers_with_approved_amount(&self) -> Vec<Answered> {
        let mut answers = self.answers.clone();
        let amount_field = self.designated.amount_field.as_ref();
        let place = answers.iter().position(|a| Some(&a.name) == amount_field);
        if let (Some(place), Some(approved)) = (place, self.approved_amount) {
            let approved = Answered {
                label: "Approved amount".to_owned(),
                value: Some(Value::Cents(approved)),
                ..answers[place].clone()
            };
            answers.insert(place + 1, approved);
        }
        answers
    }

    /// The charge or payment intent that the request is about: the one that it names or, where it gives the number of a
    /// receipt or an invoice, the one that an approver has confirmed. None: nobody has yet, or it is about no charge.
    pub fn charge(&self) -> Option<&str> {
        let named = self.named_charge()?;
        if is_document_number(named) {
            let confirmation = self.ownership_confirmation.as_ref()?;
            return Some(&confirmation.of.charge);
        }
        Some(named)
    }

    /// What the form says of the charge: its id, that of its payment intent, or the number of its receipt or invoice.
    pub fn named_charge(&self) -> Option<&str> {
        self.text(self.designated.charge_field.as_ref()?)
    }

    /// The number of a receipt or an invoice, where the form gives that in place of an id.
    pub fn charge_number(&self) -> Option<&str> {
        self.named_charge().filter(|it| is_document_number(it))
    }

    /// Which of Stripe's customers it is, as the form or an approver says.
    pub fn stripe_customer(&self) -> Option<&str> {
        self.text(self.designated.customer_field.as_ref()?)
    }

    /// The address that the customer is written to.
    pub fn customer_email(&self) -> Option<&str> {
        self.text(self.designated.email_field.as_ref()?)
    }

    fn text(&self, field: &FieldName) -> Option<&str> {
        self.value(field)?.text()
    }

    /// Whether that address is one of a person whose [address](Self::emails) is in the form.
    pub fn is_of(&self, address: &str) -> bool {
        self.emails().any(|own| is_same_person(own, address))
    }

    /// All addresses in the form: whoever has one of them has a part in the request, and must not approve it.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        let addresses = self
            .answers
            .iter()
            .filter(|it| it.kind == AnswerKind::Email);
        addresses.filter_map(|answer| answer.value.as_ref()?.text())
    }
}

pub(super) fn answered(form: &Form, values: &Values) -> Vec<Answered> {
    form.fields
        .iter()
        .map(|field| Answered {
            name: field.name.clone(),
            label: field.label.clone(),
            kind: AnswerKind::of(&field.kind),
            value: values.get(&field.name).cloned(),
            given_by: None,
        })
        .collect()
}
