//! Evaluates the `{% ... %}` strings inside a value, as Step Functions does in `JSONata` states.
//!
//! Everything else in a value is passed on untouched: only expressions turn into `JSONata`'s numbers.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use jiff::Timestamp;
use jsonata_core::{
    evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions},
    parser,
    value::JValue,
};
use serde_json::{Map, Value, json};

use super::{retry, rng::Rng, time::rfc3339_millis};

/// An expression that takes longer has run away.
const TIMEOUT_MILLIS: u64 = 2_000;
const DEEPEST_STACK: usize = 500;
const LONGEST_SEQUENCE: usize = 100_000;

/// Functions of `JSONata` that Step Functions does not have, and those it adds and nothing here uses.
const REFUSED_FUNCTIONS: [&str; 6] = ["eval", "hash", "parse", "partition", "range", "uuid"];

/// The values of an execution's variables as JSON text, which takes a fraction of a value's memory.
pub(crate) type Variables = BTreeMap<String, Box<str>>;

/// What an expression sees, for one decision about one state.
pub(crate) struct Scope {
    states: JValue,
    variables: Vec<(String, JValue)>,
    now: Timestamp,
    rng: Rc<RefCell<Rng>>,
}

/// Why a state could not do what it wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateError {
    /// The name that Retry and Catch match.
    pub(crate) error: &'static str,
    pub(crate) cause: String,
    /// The field, as in `Output/total`, where an expression is to blame.
    pub(crate) location: Option<String>,
}

impl StateError {
    /// A template that could not be evaluated.
    pub(crate) fn evaluation(location: &str, cause: impl Into<String>) -> StateError {
        StateError {
            error: retry::QUERY_EVALUATION_ERROR,
            cause: cause.into(),
            location: Some(location.to_string()),
        }
    }
}

impl Scope {
    /// `states` is the value of `$states`.
    pub(crate) fn new(states: Value, variables: &Variables, now: Timestamp, rng: Rng) -> Scope {
        let variables = variables.iter().map(|(name, text)| {
            let value = JValue::from_json_str(text).expect("it was written from a JSON value");
            (name.clone(), value)
        });
        Scope {
            states: JValue::from(states),
            variables: variables.collect(),
            now,
            rng: Rc::new(RefCell::new(rng)),
        }
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

    /// The text a template comes to; anything but text is an error.
    pub(crate) fn evaluate_text(
        &self,
        location: &str,
        template: &str,
    ) -> Result<String, StateError> {
        let value = self.evaluate(location, &json!(template))?;
        let text = value.as_str().map(str::to_string);
        text.ok_or_else(|| {
            let cause = format!("{location} must be a string, and came to {value}");
            StateError::evaluation(location, cause)
        })
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
        self.register_functions(&mut evaluator)
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

    /// Replaces the functions that must not see the real world: time is the stack's, so that virtual time
    /// holds inside expressions too, and what is random can be repeated.
    fn register_functions(&self, evaluator: &mut Evaluator) -> Result<(), EvaluatorError> {
        let (now, rng) = (self.now, Rc::clone(&self.rng));
        evaluator.register_fn_override("now", move |arguments: &[JValue]| match arguments {
            [] => Ok(JValue::string(rfc3339_millis(now))),
            _ => refuse("$now with a picture is not implemented here"),
        })?;
        evaluator.register_fn_override("millis", move |_: &[JValue]| {
            Ok(JValue::from_i64(now.as_millisecond()))
        })?;
        evaluator.register_fn_override("random", move |arguments: &[JValue]| match arguments {
            [] => Ok(JValue::from_f64(rng.borrow_mut().fraction())),
            _ => refuse("$random with a seed is not implemented here"),
        })
    }
}

fn refuse(problem: &str) -> Result<JValue, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(problem.to_string()))
}

/// What is wrong with the expression in a text, as far as reading it can tell.
pub(crate) fn problem_in(text: &str) -> Option<String> {
    let expression = expression_in(text)?;
    if let Err(error) = parser::parse(expression) {
        return Some(format!("the expression {text} cannot be read: {error}"));
    }
    let refused = |name: &&&str| calls(expression, name);
    let function = REFUSED_FUNCTIONS.iter().find(refused)?;
    Some(format!("${function} in {text} is not implemented here"))
}

/// The expression, if Step Functions takes the text as one: blanks outside the marks make it plain text.
fn expression_in(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{%")?.strip_suffix("%}")?;
    Some(inner.trim())
}

/// By the text: a name inside a string literal counts too, which hurts nobody.
fn calls(expression: &str, function: &str) -> bool {
    let mut names = expression.split('$').skip(1);
    names.any(|rest| {
        let after = rest.strip_prefix(function);
        after.is_some_and(|after| !after.starts_with(|c: char| c == '_' || c.is_alphanumeric()))
    })
}

#[cfg(test)]
mod tests;
