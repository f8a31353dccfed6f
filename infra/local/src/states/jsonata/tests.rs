//! Expressions, and the functions that they may call.

use serde_json::{Value, json};

use super::*;

fn evaluate(template: &Value) -> Result<Value, String> {
    let states = json!({"input": {"cents": 1999, "names": ["a", "b"], "nothing": null}});
    let variables = Variables::from([("total".to_string(), "12".into())]);
    let now = "2026-11-02T09:00:00.5Z".parse().unwrap();
    let scope = Scope::new(states, &variables, now, Rng::new(Some(1), "arn", 1));
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
fn random_numbers_differ_and_seeds_are_refused() {
    assert_eq!(run("$random() = $random()"), false);
    assert!(refused("$random(7)").contains("with a seed is not implemented"));
}

#[test]
fn time_inside_expressions_is_the_stacks_time() {
    assert_eq!(run("$now()"), "2026-11-02T09:00:00.500Z");
    assert_eq!(run("$millis()"), 1_793_610_000_500_i64);
    assert_eq!(run("$fromMillis($millis(), '[Y0001]')"), "2026");
    assert!(refused("$now('[Y]')").contains("with a picture is not implemented"));
}

#[test]
fn runaway_expressions_are_stopped() {
    assert!(refused("($f := function($n) { $f($n + 1) + 1 }; $f(0))").contains("threw an error"));
    assert!(refused("$count([1..200000])").contains("D2015"));
}

#[test]
fn reading_finds_problems_before_anything_runs() {
    assert_eq!(problem_in("no expression {%"), None);
    assert_eq!(problem_in("{% $evaluate(1) %}"), None);
    assert!(problem_in("{% 1 + %}").unwrap().contains("cannot be read"));
    assert!(
        problem_in("{% $map([1], $eval) %}")
            .unwrap()
            .contains("$eval")
    );
}
