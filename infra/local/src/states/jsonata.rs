//! Evaluates the `{% ... %}` strings inside a value, as Step Functions does in `JSONata` states.
//!
//! Everything else in a value is passed on untouched: only expressions turn into `JSONata`'s numbers.

use std::{cell::RefCell, rc::Rc};

use jiff::Timestamp;
use jsonata_core::{
    evaluator::{Context, Evaluator, EvaluatorOptions},
    parser,
    value::JValue,
};
use serde_json::{Map, Value, json};

use super::{dice::Dice, host_functions};

/// An expression that takes longer has run away.
const TIMEOUT_MILLIS: u64 = 2_000;
const DEEPEST_STACK: usize = 500;
const LONGEST_SEQUENCE: usize = 100_000;

/// What an expression sees, for one decision about one state.
pub(crate) struct Scope {
    states: JValue,
    variables: Vec<(String, JValue)>,
    now: Timestamp,
    dice: Rc<RefCell<Dice>>,
}

/// Why a template could not be evaluated: a `States.QueryEvaluationError`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EvaluationError {
    pub(crate) cause: String,
    /// The field, as in `Output/total`.
    pub(crate) location: String,
}

impl EvaluationError {
    pub(crate) fn new(location: &str, cause: impl Into<String>) -> EvaluationError {
        EvaluationError {
            cause: cause.into(),
            location: location.to_string(),
        }
    }
}

impl Scope {
    /// `states` is the value of `$states`.
    pub(crate) fn new(
        states: Value,
        variables: &Map<String, Value>,
        now: Timestamp,
        dice: Dice,
    ) -> Scope {
        Scope {
            states: JValue::from(states),
            variables: variables
                .iter()
                .map(|(name, value)| (name.clone(), JValue::from(value.clone())))
                .collect(),
            now,
            dice: Rc::new(RefCell::new(dice)),
        }
    }

    /// The template with every expression in it replaced by its result.
    pub(crate) fn evaluate(
        &self,
        location: &str,
        template: &Value,
    ) -> Result<Value, EvaluationError> {
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
    ) -> Result<Map<String, Value>, EvaluationError> {
        fields
            .iter()
            .map(|(name, field)| {
                let value = self.evaluate(&format!("{location}/{name}"), field)?;
                Ok((name.clone(), value))
            })
            .collect()
    }

    /// The text a template comes to; anything but text is an error.
    pub(crate) fn evaluate_text(
        &self,
        location: &str,
        template: &str,
    ) -> Result<String, EvaluationError> {
        let value = self.evaluate(location, &json!(template))?;
        let text = value.as_str().map(str::to_string);
        text.ok_or_else(|| {
            let cause = format!("{location} must be a string, and came to {value}");
            EvaluationError::new(location, cause)
        })
    }

    fn run(&self, location: &str, expression: &str) -> Result<Value, EvaluationError> {
        let failed = |problem: String| {
            let cause = format!(
                "The JSONata expression '{expression}' specified for the field '{location}' {problem}"
            );
            EvaluationError::new(location, cause)
        };
        let tree = parser::parse(expression)
            .map_err(|error| failed(format!("cannot be read: {error}")))?;
        let mut context = Context::new();
        context.bind("states".to_string(), self.states.clone());
        for (name, value) in &self.variables {
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
        host_functions::register(&mut evaluator, self.now, &self.dice)
            .map_err(|error| failed(format!("cannot be run: {}", error.message())))?;
        let result = evaluator
            .evaluate(&tree, &JValue::Undefined)
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

/// Whether Step Functions takes the text as an expression. Blanks outside the marks make it plain text.
pub(crate) fn is_expression(text: &str) -> bool {
    expression_in(text).is_some()
}

/// What is wrong with the expression in a text, as far as reading it can tell.
pub(crate) fn problem_in(text: &str) -> Option<String> {
    let expression = expression_in(text)?;
    match parser::parse(expression) {
        Err(error) => Some(format!("the expression {text} cannot be read: {error}")),
        Ok(_) if calls_eval(expression) => {
            Some("$eval is not part of JSONata in Step Functions".to_string())
        }
        Ok(_) => None,
    }
}

fn expression_in(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{%")?.strip_suffix("%}")?;
    Some(inner.trim())
}

/// By the text: a `$eval` inside a string literal is refused too, which hurts nobody.
fn calls_eval(expression: &str) -> bool {
    expression.match_indices("$eval").any(|(start, name)| {
        let after = expression[start + name.len()..].chars().next();
        !after.is_some_and(|c| c == '_' || c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests;
