//! A form as its definition describes it, and what a customer's answers must satisfy.
//!
//! The generated state machine carries the form in its `Start` state; `submit-request` reads it
//! there, shows it, and checks answers with [`Form::check`]. All refusals are reported at once.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::characters::{control_character, is_blank, with_line_feeds};
use crate::id::FieldName;
use crate::money::Usd;

mod address;
mod json_schema;
mod text_format;
mod typed;

pub use address::is_email;
pub use text_format::{TextFormat, has_secret};

/// The most characters in a single line of text.
pub const LINE_CHARS: usize = 255;
/// The most characters in a text area.
pub const TEXT_CHARS: usize = 10_000;

/// The fields of a form, in the order in which they are asked, and what some of them are to the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// At least one; names are unique. The generator checks both.
    pub fields: Vec<Field>,
    /// What some of them are to the process.
    #[serde(flatten)]
    pub designated: DesignatedFields,
}

/// Which fields of a form are what to the process, as its definition says. Whoever shows, measures, mails or pays
/// reads them here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DesignatedFields {
    /// Which is the amount: what approvers are shown, and what is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_field: Option<FieldName>,
    /// Which is the customer's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_field: Option<FieldName>,
    /// Which is the charge or payment intent that is to be given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_field: Option<FieldName>,
    /// Which says who of Stripe's customers it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_field: Option<FieldName>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// The property's name in JSON, in conditions and in texts.
    pub name: FieldName,
    /// What a person reads beside the input.
    pub label: String,
    /// What may be answered.
    #[serde(flatten)]
    pub kind: FieldKind,
    /// Whether an answer must be given.
    pub required: bool,
    /// A sentence that helps to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// What may be answered to a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum FieldKind {
    /// An email address.
    Email,
    /// A line of text.
    Text {
        /// A stricter shape that the line must have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<TextFormat>,
    },
    /// Several lines of text.
    Textarea,
    /// An amount of US dollars.
    Usd,
    /// One of a list.
    Select {
        /// What can be chosen, in order.
        options: Vec<String>,
    },
}

/// What was sent for one field, before any check. A number keeps its decimal text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A JSON string.
    Text(String),
    /// A value of a posted form, as a person has typed it.
    Typed(String),
    /// A JSON number, exactly as written.
    Number(String),
    /// JSON null: the same as no answer.
    Null,
    /// Anything else that JSON can say.
    Other,
}

/// A checked answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Value {
    /// An amount, in cents.
    Cents(Usd),
    /// A text: a line, several lines, an address or an option.
    Text(String),
}

impl Value {
    /// The amount, where it is one.
    pub fn amount(&self) -> Option<Usd> {
        match self {
            Value::Cents(amount) => Some(*amount),
            Value::Text(_) => None,
        }
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Cents(_) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Cents(amount) => amount.fmt(f),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// The checked answers by field. An optional field without an answer is absent.
pub type Values = BTreeMap<FieldName, Value>;

/// One reason why a form was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The property it concerns, as it was sent.
    pub field: String,
    /// What is wrong and what would be right, to follow the field's label.
    pub message: String,
}

impl Form {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.as_str() == name)
    }

    /// Checks all answers and gives either every value or every reason for a refusal.
    ///
    /// A field that the form does not ask for is refused, and so is a field answered twice: in a
    /// form about money a mistyped or doubled property must not be dropped silently.
    pub fn check(&self, answers: &[(String, Answer)]) -> Result<Values, Vec<FieldError>> {
        let mut values = Values::new();
        let mut errors = Vec::new();
        let mut refuse = |field: &str, message: &str| {
            errors.push(FieldError {
                field: field.to_owned(),
                message: message.to_owned(),
            });
        };
        for field in &self.fields {
            let name = field.name.as_str();
            let mut given = answers.iter().filter(|(n, _)| n == name);
            let answer = given.next().map(|(_, answer)| answer);
            if given.next().is_some() {
                refuse(name, "is answered more than once");
                continue;
            }
            match field.check(answer) {
                Ok(Some(value)) => {
                    values.insert(field.name.clone(), value);
                }
                Ok(None) => {}
                Err(message) => refuse(name, &message),
            }
        }
        for (name, _) in answers {
            if self.field(name).is_none() {
                refuse(name, "is not a field of this form");
            }
        }
        if errors.is_empty() {
            Ok(values)
        } else {
            Err(errors)
        }
    }
}

impl Field {
    /// The checked value of an answer; `None` when an optional field was left empty.
    pub fn check(&self, answer: Option<&Answer>) -> Result<Option<Value>, String> {
        let typed;
        let text = match (answer, &self.kind) {
            (None | Some(Answer::Null), _) => "",
            (Some(Answer::Text(text)), _) => text.trim(),
            (Some(Answer::Typed(text)), kind) => {
                typed = kind.typed(text.trim())?;
                typed.as_ref()
            }
            (Some(Answer::Number(text)), FieldKind::Usd) => text,
            (Some(Answer::Other), FieldKind::Usd) => {
                return Err("must be an amount in dollars, such as 19.99".to_owned());
            }
            (Some(Answer::Number(_) | Answer::Other), _) => return Err("must be a text".to_owned()),
        };
        if is_blank(text) {
            return if self.required && text.is_empty() {
                Err("is required".to_owned())
            } else if self.required {
                Err("is required: please write something that can be read".to_owned())
            } else {
                Ok(None)
            };
        }
        if has_secret(text) {
            return Err(
                "must not have a client secret or a key of Stripe in it, which nobody else may know: leave out what begins with _secret_"
                    .to_owned(),
            );
        }
        self.kind.check(text).map(Some)
    }
}

impl FieldKind {
    /// The value that a non-empty text stands for.
    fn check(&self, text: &str) -> Result<Value, String> {
        match self {
            FieldKind::Usd => text
                .parse()
                .map(Value::Cents)
                .map_err(|e: crate::money::AmountError| e.to_string()),
            FieldKind::Email if !is_email(text) => {
                Err("must be an email address, such as ada@example.com".to_owned())
            }
            FieldKind::Text {
                format: Some(format),
            } => format.read(text).map(Value::Text),
            FieldKind::Select { options } if !options.iter().any(|option| option == text) => {
                Err(format!("must be one of: {}", options.join(", ")))
            }
            FieldKind::Textarea => checked(&with_line_feeds(text), TEXT_CHARS, &['\r', '\n', '\t']),
            FieldKind::Email | FieldKind::Text { .. } | FieldKind::Select { .. } => {
                checked(text, LINE_CHARS, &[])
            }
        }
    }
}

fn checked(text: &str, max_chars: usize, allowed: &[char]) -> Result<Value, String> {
    if text.chars().count() > max_chars {
        return Err(format!("must be at most {max_chars} characters"));
    }
    match control_character(text, allowed) {
        None => Ok(Value::Text(text.to_owned())),
        Some('\n' | '\r') => Err("must be one line".to_owned()),
        Some(control) => Err(format!(
            "must not contain the control character U+{:04X}: please write it anew",
            u32::from(control)
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> Form {
        serde_json::from_value(json!({"fields": [
            {"name": "customerEmail", "label": "Customer Email", "type": "email", "required": true},
            {"name": "stripeCustomerId", "label": "Stripe Customer ID", "type": "text", "format": "stripe-customer", "required": false},
            {"name": "chargeIdToRefund", "label": "Charge", "type": "text", "format": "stripe-charge", "required": true},
            {"name": "refundAmount", "label": "Amount", "type": "usd", "required": true},
            {"name": "reason", "label": "Reason", "type": "select", "options": ["Goodwill", "Other"], "required": true},
            {"name": "notes", "label": "Notes", "type": "textarea", "required": true},
        ]}))
        .unwrap()
    }

    fn answers() -> Vec<(String, Answer)> {
        [
            ("customerEmail", "ada@example.com"),
            ("chargeIdToRefund", "ch_1"),
            ("refundAmount", "19.99"),
            ("reason", "Goodwill"),
            ("notes", "Late.\nVery late."),
        ]
        .map(|(name, text)| (name.to_owned(), Answer::Text(text.to_owned())))
        .to_vec()
    }

    fn with(name: &str, answer: Answer) -> Vec<(String, Answer)> {
        let mut answers = answers();
        answers.retain(|(n, _)| n != name);
        answers.push((name.to_owned(), answer));
        answers
    }

    fn refusal(name: &str, answer: Answer) -> String {
        let errors = form().check(&with(name, answer)).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].field, name);
        errors[0].message.clone()
    }

    #[test]
    fn accepts_good_answers_and_leaves_empty_optionals_out() {
        let values = form()
            .check(&with("stripeCustomerId", Answer::Text("  ".into())))
            .unwrap();
        assert_eq!(values.len(), 5);
        let amount = &values[&"refundAmount".parse().unwrap()];
        assert_eq!(*amount, Value::Cents("19.99".parse().unwrap()));
    }

    #[test]
    fn a_json_number_is_read_as_its_text() {
        let values = form()
            .check(&with("refundAmount", Answer::Number("50.5".into())))
            .unwrap();
        assert_eq!(
            values[&"refundAmount".parse().unwrap()].to_string(),
            "$50.50"
        );
        assert!(refusal("refundAmount", Answer::Number("1e3".into())).contains("digits only"));
        assert!(refusal("refundAmount", Answer::Other).contains("amount"));
        assert_eq!(
            refusal("notes", Answer::Number("5".into())),
            "must be a text"
        );
    }

    #[test]
    fn what_people_type_is_read_kindly() {
        let typed = |name: &str, text: &str| {
            let values = form().check(&with(name, Answer::Typed(text.to_owned())));
            let value = values.map(|mut values| values.remove(&name.parse::<FieldName>().unwrap()));
            value.map(|value| value.unwrap().to_string())
        };
        assert_eq!(typed("refundAmount", "1,000.00 USD").unwrap(), "$1,000.00");
        let ambiguous = typed("refundAmount", "1,000").unwrap_err();
        assert!(
            ambiguous[0].message.contains("1000.00 or 1.00"),
            "{ambiguous:?}"
        );
        assert!(
            refusal("refundAmount", Answer::Text("1,000.00".to_owned())).contains("digits only")
        );
        assert_eq!(
            typed("customerEmail", " ada@müller.example\u{200b}").unwrap(),
            "ada@xn--mller-kva.example"
        );
        assert_eq!(typed("chargeIdToRefund", "\u{feff}Ch_1").unwrap(), "ch_1");
        assert_eq!(typed("notes", "a\u{b}b").unwrap(), "a\nb");
    }

    #[test]
    fn every_refusal_names_its_field_and_all_come_at_once() {
        let errors = form()
            .check(&[("colour".into(), Answer::Text("red".into()))])
            .unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "customerEmail",
                "chargeIdToRefund",
                "refundAmount",
                "reason",
                "notes",
                "colour"
            ]
        );
    }

    #[test]
    fn refuses_what_does_not_fit_the_field() {
        let text = |t: &str| Answer::Text(t.to_owned());
        for bad in [
            "ada",
            "ada@",
            "@x.y",
            "a b@x.y",
            "a@x",
            "a@x.y\r\nBcc: z@x.y",
            "a@b@c.d",
            "<a@x.y>",
        ] {
            assert!(
                refusal("customerEmail", text(bad)).contains("email address"),
                "{bad}"
            );
        }
        for bad in ["ch_", "ch_1/../x", "xx_1", "ch_1?y", "cus_1"] {
            assert!(
                refusal("chargeIdToRefund", text(bad)).contains("ch_1A2b3C"),
                "{bad}"
            );
        }
        assert!(refusal("reason", text("Because")).contains("Goodwill, Other"));
        assert!(refusal("notes", text(&"x".repeat(10_001))).contains("10000"));
        assert!(refusal("notes", text("a\u{0}b")).contains("U+0000"));
        assert!(refusal("notes", text("\u{200b}\u{3164}")).contains("please write something"));
        assert!(refusal("chargeIdToRefund", text("pi_1_secret_2")).contains("client secret"));
        assert!(refusal("stripeCustomerId", text("acct_1")).contains("cus_1A2b3C"));
        assert_eq!(refusal("notes", Answer::Null), "is required");
        let twice = [answers(), answers()].concat();
        assert!(
            form()
                .check(&twice)
                .unwrap_err()
                .iter()
                .all(|e| e.message.contains("more than once"))
        );
    }
}
