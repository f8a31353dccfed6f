//! Evaluates the `{% ... %}` strings inside a value, as Step Functions does in `JSONata` states.
//!
//! Everything else in a value is passed on untouched: only expressions turn into `JSONata`'s numbers.

use std::collections::BTreeMap;

use jsonata_core::{
    evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions},
    parser,
    value::JValue,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::retry;

/// An expression that takes longer has run away.
const TIMEOUT_MILLIS: u64 = 2_000;
const DEEPEST_STACK: usize = 500;
const LONGEST_SEQUENCE: usize = 100_000;

/// What Step Functions does not have, and what would see the real world: the stack's time is virtual, and
/// a simulation has to be repeatable. The functions that Step Functions adds are unknown to the library.
const REFUSED_FUNCTIONS: [&str; 4] = ["eval", "millis", "now", "random"];

/// The values of an execution's variables as JSON text, which takes a fraction of a value's memory.
pub(crate) type Variables = BTreeMap<String, Box<str>>;

/// What an expression sees, for one decision about one state.
pub(crate) struct Scope(Vec<(String, JValue)>);

/// Why a state could not do what it wanted: an expression could not be evaluated, or the state made more data
/// than Step Functions allows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateError {
    /// The name that Retry and Catch match.
    pub(crate) error: String,
    pub(crate) cause: String,
    /// The field, as in `Output/total`, where an expression is to blame.
    pub(crate) location: Option<String>,
}

impl StateError {
    /// A template that could not be evaluated.
    pub(crate) fn evaluation(location: &str, cause: impl Into<String>) -> StateError {
        StateError {
            error: retry::QUERY_EVALUATION_ERROR.to_string(),
            cause: cause.into(),
            location: Some(location.to_string()),
        }
    }
}

impl Scope {
    /// `states` is the value of `$states`.
    pub(crate) fn new(states: Value, variables: &Variables) -> Scope {
        let variables = variables.iter().map(|(name, text)| {
            let value = JValue::from_json_str(text).expect("it was written from a JSON value");
            (name.clone(), value)
        });
        let states = ("states".to_string(), JValue::from(states));
        Scope([states].into_iter().chain(variables).collect())
    }

    /// The template with every expression in it replaced by its result.
    pub(crate) fn evaluate(&self, location: &str, template: &Value) -> Result<Value, StateError> {
        match template {
            Value::String(text) => match expression_in(text) {
                Some(expression) => self.run(location, expression),
                None => Ok(template.clone()),
            },
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.evaluate(&format!("{location}/{index}"), item))
                .collect(),
            Value::Object(fields) => self.evaluate_map(location, fields).map(Value::Object),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(template.clone()),
        }
    }

    /// The same for the fields of an object.
    pub(crate) fn evaluate_map(
        &self,
        location: &str,
        fields: &Map<String, Value>,
    ) -> Result<Map<String, Value>, StateError> {
        fields
            .iter()
            .map(|(name, field)| {
                let value = self.evaluate(&format!("{location}/{name}"), field)?;
                Ok((name.clone(), value))
            })
            .collect()
    }

    fn run(&self, location: &str, expression: &str) -> Result<Value, StateError> {
        let failed = |problem: String| {
            let cause = format!(
                "The JSONata expression '{expression}' specified for the field '{location}' {problem}"
            );
            StateError::evaluation(location, cause)
        };
        let tree = parser::parse(expression)
            .map_err(|error| failed(format!("cannot be read: {error}")))?;
        let mut context = Context::new();
        for (name, value) in &self.0 {
            context.bind(name.clone(), value.clone());
        }
        let mut evaluator = Evaluator::with_options(
            context,
            EvaluatorOptions {
                timeout_ms: Some(TIMEOUT_MILLIS),
                max_stack_depth: Some(DEEPEST_STACK),
                max_sequence_length: Some(LONGEST_SEQUENCE),
                ..EvaluatorOptions::default()
            },
        );
        let result = refuse_functions(&mut evaluator)
            .and_then(|()| evaluator.evaluate(&tree, &JValue::Undefined))
            .map_err(|error| failed(format!("threw an error: {}", error.message())))?;
        if result.is_undefined() {
            return Err(failed("returned nothing (undefined).".to_string()));
        }
        if result.is_function() {
            return Err(failed(
                "returned a function, which is not JSON.".to_string(),
            ));
        }
        serde_json::to_value(&result).map_err(|error| failed(format!("is not JSON: {error}")))
    }
}

fn refuse_functions(evaluator: &mut Evaluator) -> Result<(), EvaluatorError> {
    for name in REFUSED_FUNCTIONS {
        evaluator.register_fn_override(name, move |_: &[JValue]| {
            let problem = format!("${name} is not implemented here");
            Err(EvaluatorError::EvaluationError(problem))
        })?;
    }
    Ok(())
}

/// The expression, if Step Functions takes the text as one: blanks outside the marks make it plain text.
fn expression_in(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{%")?.strip_suffix("%}")?;
    Some(inner.trim())
}

#[cfg(test)]
mod tests;
