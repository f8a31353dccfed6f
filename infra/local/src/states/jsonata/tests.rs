//! Expressions, and the functions that they may call.

use serde_json::{Value, json};

use super::*;

fn evaluate(template: &Value) -> Result<Value, String> {
    let states = json!({"input": {"cents": 1999, "names": ["a", "b"], "nothing": null}});
    let variables = Variables::from([("total".to_string(), "12".into())]);
    let scope = Scope::new(states, &variables);
    scope
        .evaluate("Output", template)
        .map_err(|error| error.cause)
}

fn run(expression: &str) -> Value {
    evaluate(&json!(format!("{{% {expression} %}}"))).unwrap()
}

fn refused(expression: &str) -> String {
    evaluate(&json!(format!("{{% {expression} %}}"))).unwrap_err()
}

#[test]
fn only_whole_strings_between_the_marks_are_expressions() {
    for plain in [
        "{% 1",
        " {% 1 %}",
        "{% 1 %} ",
        "$states.input",
        "{{ amount }}",
        "",
    ] {
        assert_eq!(evaluate(&json!(plain)).unwrap(), plain);
    }
    assert_eq!(evaluate(&json!("{%1+1%}")).unwrap(), 2);
}

#[test]
fn numbers_outside_of_expressions_are_untouched() {
    let exact = json!({"n": 9_007_199_254_740_993_u64, "f": 0.1, "e": "{% 0.5 * 2 %}"});
    let mut expected = exact.clone();
    expected["e"] = json!(1);
    assert_eq!(evaluate(&exact).unwrap(), expected);
}

#[test]
fn expressions_see_states_and_variables() {
    assert_eq!(run("$states.input.cents"), 1999);
    assert_eq!(run("$total * 2"), 24);
    assert_eq!(run("$states.input.nothing"), Value::Null);
    assert_eq!(run("{'k': $states.input.names}"), json!({"k": ["a", "b"]}));
}

#[test]
fn what_is_no_json_is_an_error_with_its_place() {
    assert_eq!(
        refused("$states.input.absent"),
        "The JSONata expression '$states.input.absent' specified for the field 'Output' returned nothing (undefined)."
    );
    assert!(refused("function($x) { $x }").contains("returned a function"));
    assert!(refused("1 + 'a'").contains("threw an error: T2002"));
    let nested = json!({"a": [0, {"b": "{% $absent %}"}]});
    assert!(evaluate(&nested).unwrap_err().contains("'Output/a/1/b'"));
}

#[test]
fn functions_that_would_see_the_real_world_or_are_not_of_step_functions_are_refused() {
    for call in ["$now()", "$millis()", "$random()", "$eval('1')"] {
        let refusal = refused(call);
        assert!(refusal.contains("is not implemented here"), "{refusal}");
    }
    assert!(refused("$uuid()").contains("threw an error"));
}

#[test]
fn runaway_expressions_are_stopped() {
    assert!(refused("($f := function($n) { $f($n + 1) + 1 }; $f(0))").contains("threw an error"));
    assert!(refused("$count([1..200000])").contains("D2015"));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    assert!(refused("1 +").contains("cannot be read"));
}
