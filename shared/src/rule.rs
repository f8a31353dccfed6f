//! A condition, lowered to something that can only be evaluated one way.
//!
//! Definitions write conditions in CEL (`refundAmount >= 500 || reason == 'Goodwill'`). The generator
//! checks them against the form and writes them into the state machine as a [`Rule`], with amounts in
//! exact cents. `decide` evaluates that rule: no expression is parsed where money is decided.

use serde::{Deserialize, Serialize};

use crate::form::{Value, Values};
use crate::id::FieldName;
use crate::money::Usd;

/// A typed condition over the answers of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// All of these hold.
    All(Vec<Rule>),
    /// At least one of these holds.
    Any(Vec<Rule>),
    /// This does not hold.
    Not(Box<Rule>),
    /// Compares an amount with a number of cents.
    Amount {
        /// A field of type `usd`, required.
        field: FieldName,
        /// How.
        is: Comparison,
        /// With what, in cents. Zero can be compared with, although no amount is zero.
        cents: u64,
    },
    /// Compares a text with a text, exactly.
    Text {
        /// A field of a text type or a select. Without an answer it counts as the empty text.
        field: FieldName,
        /// Whether they must be the same.
        is: Equality,
        /// With what.
        value: String,
    },
}

/// How two amounts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// Less than.
    #[serde(rename = "<")]
    Less,
    /// Less than or equal.
    #[serde(rename = "<=")]
    AtMost,
    /// Equal.
    #[serde(rename = "==")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
    /// Greater than or equal.
    #[serde(rename = ">=")]
    AtLeast,
    /// Greater than.
    #[serde(rename = ">")]
    More,
}

/// Whether two texts are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Equality {
    /// Equal.
    #[serde(rename = "==")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
}

/// The answers do not have what the rule asks for: the state machine and the form do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the condition needs the amount {0}, which this request does not have")]
pub struct NoAmount(pub FieldName);

impl Rule {
    /// Whether the condition holds for these answers.
    ///
    /// Every part is evaluated: a missing amount is an error even where another part would decide.
    pub fn holds(&self, values: &Values) -> Result<bool, NoAmount> {
        let each = |rules: &[Rule]| {
            rules
                .iter()
                .map(|rule| rule.holds(values))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match self {
            Rule::All(rules) => each(rules)?.into_iter().all(|holds| holds),
            Rule::Any(rules) => each(rules)?.into_iter().any(|holds| holds),
            Rule::Not(rule) => !rule.holds(values)?,
            Rule::Amount { field, is, cents } => match values.get(field) {
                Some(Value::Cents(amount)) => is.compare(*amount, *cents),
                Some(Value::Text(_)) | None => return Err(NoAmount(field.clone())),
            },
            Rule::Text { field, is, value } => {
                let text = values
                    .get(field)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                (text == *value) == (*is == Equality::Equal)
            }
        })
    }
}

impl Comparison {
    fn compare(self, amount: Usd, cents: u64) -> bool {
        let amount = amount.cents();
        match self {
            Comparison::Less => amount < cents,
            Comparison::AtMost => amount <= cents,
            Comparison::Equal => amount == cents,
            Comparison::NotEqual => amount != cents,
            Comparison::AtLeast => amount >= cents,
            Comparison::More => amount > cents,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(amount: &str, reason: &str) -> Values {
        Values::from([
            (
                "refundAmount".parse().unwrap(),
                Value::Cents(amount.parse().unwrap()),
            ),
            ("reason".parse().unwrap(), Value::Text(reason.to_owned())),
        ])
    }

    fn rule(json: serde_json::Value) -> Rule {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn exactly_the_threshold_counts() {
        let threshold =
            rule(json!({"amount": {"field": "refundAmount", "is": ">=", "cents": 50_000}}));
        for (amount, holds) in [
            ("499.99", false),
            ("500", true),
            ("500.00", true),
            ("500.01", true),
        ] {
            assert_eq!(
                threshold.holds(&values(amount, "Other")),
                Ok(holds),
                "{amount}"
            );
        }
    }

    #[test]
    fn combines() {
        let goodwill = json!({"text": {"field": "reason", "is": "==", "value": "Goodwill"}});
        let large = json!({"amount": {"field": "refundAmount", "is": ">=", "cents": 50_000}});
        let either = rule(json!({"any": [large, goodwill]}));
        assert_eq!(either.holds(&values("1", "Goodwill")), Ok(true));
        assert_eq!(either.holds(&values("1", "Other")), Ok(false));
        let both = rule(json!({"all": [large, {"not": goodwill}]}));
        assert_eq!(both.holds(&values("600", "Goodwill")), Ok(false));
        assert_eq!(both.holds(&values("600", "Other")), Ok(true));
    }

    #[test]
    fn a_missing_amount_is_an_error_and_a_missing_text_is_empty() {
        let amount = rule(json!({"any": [
            {"text": {"field": "reason", "is": "==", "value": ""}},
            {"amount": {"field": "refundAmount", "is": ">", "cents": 0}},
        ]}));
        assert!(amount.holds(&Values::new()).is_err());
        let text = rule(json!({"text": {"field": "reason", "is": "!=", "value": "Goodwill"}}));
        assert_eq!(text.holds(&Values::new()), Ok(true));
    }
}
