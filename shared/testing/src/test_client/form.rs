//! A refund request as a customer fills it in.

use serde_json::{Value, json};

/// The form's answers.
#[derive(Debug, Clone)]
pub struct Form(Value);

/// A good form: 50 USD of `ch_demo_2000`.
pub fn form() -> Form {
    Form(json!({
        "customerEmail": "customer@example.com",
        "chargeIdToRefund": "ch_demo_2000",
        "refundAmount": "50",
        "reason": "Duplicate charge",
        "notes": "I was charged twice.",
    }))
}

impl Form {
    /// Another amount, as text.
    #[must_use]
    pub fn amount(self, amount: &str) -> Self {
        self.with("refundAmount", json!(amount))
    }

    /// Another charge.
    #[must_use]
    pub fn charge(self, charge: &str) -> Self {
        self.with("chargeIdToRefund", json!(charge))
    }

    /// Another answer to any field.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.0[field] = value;
        self
    }

    /// Without an answer to a field.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        let answers = self.0.as_object_mut();
        answers.expect("a form is an object").remove(field);
        self
    }

    /// As JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }
}
