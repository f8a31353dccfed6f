//! Expressions, and the functions that Step Functions adds.

use serde_json::{Map, Value, json};

use super::*;

fn evaluate(template: &Value) -> Result<Value, String> {
    let states = json!({"input": {"cents": 1999, "names": ["a", "b"], "nothing": null}});
    let variables = Map::from_iter([("total".to_string(), json!(12))]);
    let now = "2026-11-02T09:00:00.5Z".parse().unwrap();
    let scope = Scope::new(states, &variables, now, Dice::new(Some(1), "arn", 1));
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
fn functions_of_step_functions() {
    assert_eq!(run("$partition([1..5], 2)"), json!([[1, 2], [3, 4], [5]]));
    assert_eq!(run("$range(0, 10, 5)"), json!([0, 5, 10]));
    assert_eq!(run("$range(3, 1, -1)"), json!([3, 2, 1]));
    assert_eq!(run("$parse('{\"a\":[1]}').a"), json!([1]));
    assert_eq!(
        run("$hash('abc', 'SHA-256')"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let uuid = run("$uuid()");
    assert_eq!(
        uuid.as_str()
            .unwrap()
            .parse::<uuid::Uuid>()
            .unwrap()
            .get_version_num(),
        4
    );
    assert_eq!(run("$random(7) = $random(7)"), true);
    assert_eq!(run("$random() = $random()"), false);
}

#[test]
fn functions_of_step_functions_refuse_what_they_cannot_do() {
    for (expression, problem) in [
        ("$eval('1')", "$eval is not part"),
        ("$hash('a', 'MD5')", "$hash with MD5 is not implemented"),
        ("$range(0, 10, 0)", "a step other than 0"),
        ("$range(0, 1000, 1)", "at most 1000 items"),
        ("$partition([1], 0)", "a size of 1 or more"),
        ("$parse('{')", "text that is not JSON"),
        ("$now('[Y]')", "use $fromMillis"),
    ] {
        let said = refused(expression);
        assert!(said.contains(problem), "{expression}: {said}");
    }
}

#[test]
fn time_inside_expressions_is_the_stacks_time() {
    assert_eq!(run("$now()"), "2026-11-02T09:00:00.500Z");
    assert_eq!(run("$millis()"), 1_793_610_000_500_i64);
    assert_eq!(run("$fromMillis($millis(), '[Y0001]')"), "2026");
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
