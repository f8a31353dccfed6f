//! The `JSONata` functions that Step Functions adds, and those that must not see the real world.
//!
//! `$now` and `$millis` read the stack's clock, so that virtual time holds inside expressions too.

use std::{cell::RefCell, rc::Rc};

use jiff::Timestamp;
use jsonata_core::{
    evaluator::{Evaluator, EvaluatorError},
    value::JValue,
};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::{dice::Dice, history::rfc3339_millis};

/// Step Functions' own limit for `$range`.
const LONGEST_RANGE: usize = 1_000;

/// Registers all of them.
pub(crate) fn register(
    evaluator: &mut Evaluator,
    now: Timestamp,
    dice: &Rc<RefCell<Dice>>,
) -> Result<(), EvaluatorError> {
    let for_uuid = Rc::clone(dice);
    evaluator.register_fn("uuid", move |_: &[JValue]| {
        Ok(JValue::string(for_uuid.borrow_mut().uuid().to_string()))
    })?;
    let for_random = Rc::clone(dice);
    evaluator.register_fn_override("random", move |arguments: &[JValue]| {
        random(arguments, &mut for_random.borrow_mut())
    })?;
    evaluator.register_fn("parse", parse)?;
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn("hash", hash)?;
    evaluator.register_fn_override("now", move |arguments: &[JValue]| match arguments {
        [] => Ok(JValue::string(rfc3339_millis(now))),
        _ => refuse("$now with a picture is not implemented here: use $fromMillis($millis(), ...)"),
    })?;
    evaluator.register_fn_override("millis", move |_: &[JValue]| {
        Ok(JValue::from_i64(now.as_millisecond()))
    })?;
    evaluator.register_fn_override("eval", |_: &[JValue]| {
        refuse("$eval is not part of JSONata in Step Functions")
    })
}

fn refuse(problem: impl Into<String>) -> Result<JValue, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(problem.into()))
}

fn random(arguments: &[JValue], dice: &mut Dice) -> Result<JValue, EvaluatorError> {
    match arguments {
        [] => Ok(JValue::from_f64(dice.fraction())),
        [JValue::Number(seed)] => Ok(JValue::from_f64(
            fastrand::Rng::with_seed(seed.to_bits()).f64(),
        )),
        _ => refuse("$random takes nothing or a number as the seed"),
    }
}

fn parse(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let [JValue::String(text)] = arguments else {
        return refuse("$parse takes one string");
    };
    JValue::from_json_str(text)
        .or_else(|error| refuse(format!("$parse was given text that is not JSON: {error}")))
}

fn partition(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let [JValue::Array(items), size] = arguments else {
        return refuse("$partition takes an array and a size");
    };
    let size = size.as_i64().and_then(|size| usize::try_from(size).ok());
    match size {
        Some(size) if size > 0 => Ok(JValue::array(
            items
                .chunks(size)
                .map(|part| JValue::array(part.to_vec()))
                .collect(),
        )),
        _ => refuse("$partition takes a size of 1 or more"),
    }
}

fn range(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let [
        JValue::Number(first),
        JValue::Number(last),
        JValue::Number(step),
    ] = arguments
    else {
        return refuse("$range takes three numbers: first, last, step");
    };
    if *step == 0.0 {
        return refuse("$range takes a step other than 0");
    }
    let mut items = Vec::new();
    let mut next = *first;
    while (*step > 0.0 && next <= *last) || (*step < 0.0 && next >= *last) {
        if items.len() == LONGEST_RANGE {
            return refuse(format!("$range makes at most {LONGEST_RANGE} items"));
        }
        items.push(JValue::from_f64(next));
        next += step;
    }
    Ok(JValue::array(items))
}

fn hash(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let [data, JValue::String(algorithm)] = arguments else {
        return refuse("$hash takes data and the name of an algorithm");
    };
    let text = match data.as_str() {
        Some(text) => text.to_string(),
        None => data
            .to_json_string()
            .map_err(|error| EvaluatorError::EvaluationError(error.to_string()))?,
    };
    let digest = match algorithm.as_ref() {
        "SHA-256" => hex(&Sha256::digest(text)),
        "SHA-384" => hex(&Sha384::digest(text)),
        "SHA-512" => hex(&Sha512::digest(text)),
        other => {
            return refuse(format!(
                "$hash with {other} is not implemented here: use SHA-256, SHA-384 or SHA-512"
            ));
        }
    };
    Ok(JValue::string(digest))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
