//! The cases that conditions tell apart: for each thing that they ask about, its values on both sides of every value that
//! it is compared with. What holds in none of these cases holds for no request, and what holds in all of them for every one.

use std::collections::{BTreeMap, BTreeSet};

use domain::form::{Answer, Field, FieldKind, Value, Values};
use domain::id::FieldName;
use domain::money::Usd;
use domain::rule::{Facts, Rule};

use crate::definition::{Fields, Found};

/// More cases are not looked at: what compares so many things is taken as it is.
const MOST_CASES: usize = 200_000;

/// All cases that some conditions tell apart.
pub(crate) struct Cases {
    /// By field, each value that it may have. None: it is left empty.
    answers: Vec<(FieldName, Vec<Option<Value>>)>,
    charge_totals: Vec<u64>,
    stripe_customer_known: Vec<bool>,
}

/// What conditions compare with.
#[derive(Default)]
struct Compared {
    texts: BTreeMap<FieldName, BTreeSet<String>>,
    cents: BTreeMap<FieldName, BTreeSet<u64>>,
    charge_totals: BTreeSet<u64>,
    asks_for_customer: bool,
}

impl Compared {
    fn add(&mut self, rule: &Rule) {
        match rule {
            Rule::All(rules) | Rule::Any(rules) => rules.iter().for_each(|rule| self.add(rule)),
            Rule::Not(rule) => self.add(rule),
            Rule::Amount { field, cents, .. } => {
                self.cents.entry(field.clone()).or_default().insert(*cents);
            }
            Rule::Text { field, value, .. } => {
                let texts = self.texts.entry(field.clone()).or_default();
                texts.insert(value.clone());
            }
            Rule::StripeCustomerKnown => self.asks_for_customer = true,
            Rule::ChargeTotal { cents, .. } => {
                self.charge_totals.insert(*cents);
            }
        }
    }
}

impl Cases {
    pub(crate) fn of<'r>(fields: &Fields, rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let mut compared = Compared::default();
        rules.into_iter().for_each(|rule| compared.add(rule));
        let cents = compared.cents.iter();
        let amounts = cents.map(|(name, cents)| (name, around(cents, Usd::MAX.cents())));
        let amounts = amounts.map(|(name, cents)| {
            let amounts = cents
                .into_iter()
                .filter_map(|cents| Usd::from_cents(cents).ok());
            (
                name.clone(),
                amounts.map(|it| Some(Value::Cents(it))).collect(),
            )
        });
        let texts = compared.texts.iter();
        let texts = texts.map(|(name, texts)| (name.clone(), values(fields, name, texts)));
        Self {
            answers: amounts.chain(texts).collect(),
            charge_totals: around(&compared.charge_totals, u64::MAX),
            stripe_customer_known: if compared.asks_for_customer {
                vec![false, true]
            } else {
                vec![false]
            },
        }
    }

    /// Calls `see` with each case, unless there are too many of them. False then.
    pub(crate) fn each(&self, mut see: impl FnMut(&Facts<'_>)) -> bool {
        let answers = self.answers.iter().map(|(_, values)| values.len());
        let others = [self.charge_totals.len(), self.stripe_customer_known.len()];
        let sizes: Vec<usize> = answers.chain(others).collect();
        let count = sizes
            .iter()
            .try_fold(1_usize, |count, size| count.checked_mul(*size));
        let Some(count) = count.filter(|count| *count <= MOST_CASES) else {
            return false;
        };
        for case in 0..count {
            // The digits of the case's number say which value of each it is.
            let mut rest = case;
            let mut digits = sizes.iter().map(|size| {
                let digit = rest % size;
                rest /= size;
                digit
            });
            let mut values = Values::new();
            for ((name, of_field), digit) in self.answers.iter().zip(digits.by_ref()) {
                values.extend(of_field[digit].clone().map(|value| (name.clone(), value)));
            }
            let charge_total = digits.next().unwrap_or_default();
            let known = digits.next().unwrap_or_default();
            see(&Facts {
                values: &values,
                charge_total_cents: self.charge_totals[charge_total],
                stripe_customer_known: self.stripe_customer_known[known],
            });
        }
        true
    }

    /// Whether a rule comes to the same in every case, and to what.
    pub(crate) fn constant(&self, rule: &Rule) -> Option<bool> {
        let (mut holds, mut fails) = (false, false);
        let is_complete = self.each(|facts| match rule.holds(facts) {
            Ok(true) => holds = true,
            Ok(false) => fails = true,
            Err(_) => {}
        });
        (is_complete && holds != fails).then_some(holds)
    }
}

/// Which ways out of a phase some request takes, where the first condition that holds decides.
pub(crate) fn reached(fields: &Fields, rules: &[Rule]) -> Reached {
    let mut by_condition = vec![false; rules.len()];
    let mut otherwise = false;
    let is_complete = Cases::of(fields, rules).each(|facts| {
        let holds = |rule: &Rule| rule.holds(facts).unwrap_or_default();
        match rules.iter().position(holds) {
            Some(first) => by_condition[first] = true,
            None => otherwise = true,
        }
    });
    if !is_complete {
        by_condition.fill(true);
    }
    Reached {
        by_condition,
        otherwise: otherwise || !is_complete,
    }
}

/// Whether some request takes it, of each way out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// In the order of the conditions.
    pub(crate) by_condition: Vec<bool>,
    pub(crate) otherwise: bool,
}

/// Each number and those beside it, and the ends of the range.
fn around(numbers: &BTreeSet<u64>, most: u64) -> Vec<u64> {
    let near = |number: &u64| [number.saturating_sub(1), *number, number.saturating_add(1)];
    let near: BTreeSet<u64> = numbers.iter().flat_map(near).chain([0, most]).collect();
    near.into_iter().filter(|number| *number <= most).collect()
}

/// The values of a field that texts tell apart, as the form would take them.
fn values(fields: &Fields, name: &FieldName, texts: &BTreeSet<String>) -> Vec<Option<Value>> {
    let Found::Field(field) = fields.find(name.as_str()) else {
        return Vec::new();
    };
    let texts: Vec<String> = if let FieldKind::Select { options } = &field.kind {
        options.clone()
    } else {
        let taken = texts.iter().filter(|text| takes(field, text)).cloned();
        // And one that is none of them.
        let other = texts.iter().map(String::as_str).collect::<String>() + "x";
        taken.chain([other]).collect()
    };
    let texts = texts.into_iter().map(|text| Some(Value::Text(text)));
    let mut values: Vec<Option<Value>> = texts.collect();
    if !field.required {
        values.push(None);
    }
    values
}

/// Whether an answer can be exactly that.
fn takes(field: &Field, text: &str) -> bool {
    let value = field.check(Some(&Answer::Text(text.to_owned())));
    value == Ok(Some(Value::Text(text.to_owned())))
}
