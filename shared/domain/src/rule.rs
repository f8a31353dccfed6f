//! A condition, lowered to something that can only be evaluated one way.
//!
//! Definitions write conditions in CEL (`refundAmount >= 500 || reason == 'Goodwill'`). The generator
//! checks them against the form and writes them into the state machine as a [`Rule`], with amounts in
//! exact cents. `decide` evaluates that rule: no expression is parsed where money is decided.

use serde::{Deserialize, Serialize};

use crate::form::{Value, Values};
use crate::id::FieldName;

/// A typed condition over the answers of a form, and over what a lookup has found.
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
        /// The comparison.
        is: Comparison,
        /// The other side, in cents. Zero can be compared with, although no amount is zero.
        cents: u64,
    },
    /// Compares a text with a text, exactly.
    Text {
        /// A field of a text type or a select. Without an answer it counts as the empty text.
        field: FieldName,
        /// Whether they must be the same.
        is: Equality,
        /// The other side.
        value: String,
    },
    /// Stripe has a customer who paid what the request is about. A lookup that found none, or that
    /// failed, knows of none.
    StripeCustomerKnown,
    /// Compares what the charge gives back in all with a number of cents: see the module `charge_total`.
    ChargeTotal {
        /// The comparison.
        is: Comparison,
        /// The other side, in cents.
        cents: u64,
    },
}

/// What a condition is evaluated on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The answers.
    pub values: &'a Values,
    /// See [`Rule::StripeCustomerKnown`]. Of no account to a rule that does not ask for it.
    pub stripe_customer_known: bool,
    /// See [`Rule::ChargeTotal`]. Of no account to a rule that does not ask for it.
    pub charge_total_cents: u64,
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
    /// Whether the condition holds for these facts.
    ///
    /// Every part is evaluated: a missing amount is an error even where another part would decide.
    pub fn holds(&self, facts: &Facts<'_>) -> Result<bool, NoAmount> {
        let each = |rules: &[Rule]| {
            rules
                .iter()
                .map(|rule| rule.holds(facts))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match self {
            Rule::All(rules) => each(rules)?.into_iter().all(|holds| holds),
            Rule::Any(rules) => each(rules)?.into_iter().any(|holds| holds),
            Rule::Not(rule) => !rule.holds(facts)?,
            Rule::Amount { field, is, cents } => match facts.values.get(field) {
                Some(Value::Cents(amount)) => is.compare(amount.cents(), *cents),
                Some(Value::Text(_)) | None => return Err(NoAmount(field.clone())),
            },
            Rule::Text { field, is, value } => {
                let text = facts.values.get(field).map(Value::to_string);
                (text.unwrap_or_default() == *value) == (*is == Equality::Equal)
            }
            Rule::StripeCustomerKnown => facts.stripe_customer_known,
            Rule::ChargeTotal { is, cents } => is.compare(facts.charge_total_cents, *cents),
        })
    }

    /// Whether it asks whether Stripe has a customer.
    pub fn asks_for_customer(&self) -> bool {
        self.has_part(&|part| matches!(part, Rule::StripeCustomerKnown))
    }

    /// Whether it asks for the sum for the charge.
    pub fn asks_for_charge_total(&self) -> bool {
        self.has_part(&|part| matches!(part, Rule::ChargeTotal { .. }))
    }

    fn has_part(&self, is_it: &impl Fn(&Rule) -> bool) -> bool {
        match self {
            Rule::All(rules) | Rule::Any(rules) => rules.iter().any(|rule| rule.has_part(is_it)),
            Rule::Not(rule) => rule.has_part(is_it),
            Rule::Amount { .. }
            | Rule::Text { .. }
            | Rule::StripeCustomerKnown
            | Rule::ChargeTotal { .. } => is_it(self),
        }
    }
}

impl Comparison {
    fn compare(self, amount: u64, cents: u64) -> bool {
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

    /// Whether the rule holds for these answers, with a customer that is not known.
    fn holds(rule: &Rule, values: &Values) -> Result<bool, NoAmount> {
        rule.holds(&Facts {
            values,
            stripe_customer_known: false,
            charge_total_cents: 0,
        })
    }

    fn rule(json: serde_json::Value) -> Rule {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn amounts_are_compared_to_the_cent() {
        for (is, expected) in [
            ("<", [true, false, false]),
            ("<=", [true, true, false]),
            ("==", [false, true, false]),
            ("!=", [true, false, true]),
            (">=", [false, true, true]),
            (">", [false, false, true]),
        ] {
            let rule =
                rule(json!({"amount": {"field": "refundAmount", "is": is, "cents": 50_000}}));
            let compared = ["499.99", "500", "500.01"]
                .map(|amount| holds(&rule, &values(amount, "Other")).unwrap());
            assert_eq!(compared, expected, "{is}");
        }
    }

    #[test]
    fn combines() {
        let goodwill = json!({"text": {"field": "reason", "is": "==", "value": "Goodwill"}});
        let large = json!({"amount": {"field": "refundAmount", "is": ">=", "cents": 50_000}});
        let either = rule(json!({"any": [large, goodwill]}));
        assert_eq!(holds(&either, &values("1", "Goodwill")), Ok(true));
        assert_eq!(holds(&either, &values("1", "Other")), Ok(false));
        let both = rule(json!({"all": [large, {"not": goodwill}]}));
        assert_eq!(holds(&both, &values("600", "Goodwill")), Ok(false));
        assert_eq!(holds(&both, &values("600", "Other")), Ok(true));
    }

    #[test]
    fn a_missing_amount_is_an_error_and_a_missing_text_is_empty() {
        let amount = rule(json!({"any": [
            {"text": {"field": "reason", "is": "==", "value": ""}},
            {"amount": {"field": "refundAmount", "is": ">", "cents": 0}},
        ]}));
        assert!(holds(&amount, &Values::new()).is_err());
        let text = rule(json!({"text": {"field": "reason", "is": "!=", "value": "Goodwill"}}));
        assert_eq!(holds(&text, &Values::new()), Ok(true));
    }

    #[test]
    fn what_a_lookup_found_is_asked_for_by_those_who_need_it() {
        let small = json!({"amount": {"field": "refundAmount", "is": "<", "cents": 5000}});
        let answers = rule(json!({"not": small}));
        assert!(!answers.asks_for_customer() && !answers.asks_for_charge_total());
        let known = rule(json!({"all": [small, "stripeCustomerKnown"]}));
        let unknown = rule(json!({"any": [{"not": "stripeCustomerKnown"}]}));
        for (rule, amount, stripe_customer_known, holds) in [
            (&known, "49.99", true, true),
            (&known, "49.99", false, false),
            (&known, "50", true, false),
            (&unknown, "50", true, false),
            (&unknown, "50", false, true),
        ] {
            assert!(rule.asks_for_customer() && !rule.asks_for_charge_total());
            let facts = Facts {
                values: &values(amount, "Other"),
                stripe_customer_known,
                charge_total_cents: 0,
            };
            assert_eq!(rule.holds(&facts), Ok(holds), "{rule:?} {facts:?}");
        }
    }

    #[test]
    fn the_sum_for_a_charge_is_compared_to_the_cent_and_without_a_limit() {
        let large = rule(json!({"not": {"chargeTotal": {"is": "<", "cents": 50_000}}}));
        assert!(large.asks_for_charge_total() && !large.asks_for_customer());
        for (charge_total_cents, holds) in [(49_999, false), (50_000, true), (u64::MAX, true)] {
            let facts = Facts {
                values: &values("1", "Other"),
                stripe_customer_known: false,
                charge_total_cents,
            };
            assert_eq!(large.holds(&facts), Ok(holds), "{charge_total_cents}");
        }
    }
}
