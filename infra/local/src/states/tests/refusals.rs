//! What is refused when a definition is published, and in which words.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{MACHINE, machine, quiet, task};
use crate::states::machine::Machine;

fn refusal(definition: &Value) -> String {
    Machine::parse(&definition.to_string())
        .unwrap_err()
        .to_string()
}

/// The refusals of machines with these first states, one line for each.
fn of(states: &Value) -> String {
    let states = states.as_array().unwrap();
    let refusals = states.iter().map(|state| {
        let definition = machine(&json!({"A": state, "End": {"Type": "Succeed"}}));
        let text = refusal(&definition);
        text.replace("the state machine cannot run here: state \"A\"", "")
    });
    refusals.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_top_level() {
    let states = json!({"A": {"Type": "Succeed"}});
    let jsonpath = json!({"StartAt": "A", "States": states});
    let lost = json!({"QueryLanguage": "JSONata", "StartAt": "B", "States": states});
    let mut unknown = lost.clone();
    unknown["Retries"] = json!(1);
    insta::assert_snapshot!(refusal(&jsonpath), @"
    the state machine cannot run here: missing field `QueryLanguage` at line 1 column 49
    ");
    insta::assert_snapshot!(refusal(&lost), @r#"
    the state machine cannot run here: StartAt leads to "B", which is no state
    "#);
    insta::assert_snapshot!(refusal(&unknown), @"
    the state machine cannot run here: unknown field `Retries`, expected one of `Comment`, `QueryLanguage`, `StartAt`, `TimeoutSeconds`, `States` at line 1 column 84
    ");
    insta::assert_snapshot!(Machine::parse("{").unwrap_err().to_string(), @"
    the state machine cannot run here: EOF while parsing an object at line 1 column 1
    ");
}

#[test]
fn what_is_not_implemented() {
    let refusals = of(&json!([
        {"Type": "Map", "End": true},
        {"Next": "End"},
        {"Type": "Pass", "InputPath": "$.x", "Next": "End"},
        {"Type": "Pass", "QueryLanguage": "JSONPath", "Next": "End"},
        {"Type": "Wait", "Timestamp": "2026-11-02T10:00:00Z", "Next": "End"},
        {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "End"}]},
        {"Type": "Choice", "Default": "End", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "End"}]},
        task("f", "End", &json!({"HeartbeatSeconds": 5})),
        task("f", "End", &json!({"TimeoutSeconds": "{% 5 %}"})),
        task("f", "End", &json!({"Resource": "arn:aws:states:::sqs:sendMessage"})),
        task("f", "End", &json!({"Arguments": {"FunctionName": "f", "Payload": 1, "Qualifier": "2"}})),
        task("f", "End", &json!({"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$", "Next": "End"}]})),
    ]));
    insta::assert_snapshot!(refusals, @r#"
    : unknown variant `Map`, expected one of `Pass`, `Task`, `Choice`, `Wait`, `Succeed`, `Fail`
    : missing field `Type`
    : unknown field `InputPath`
    : unknown field `QueryLanguage`
    : missing field `Seconds`
    : missing field `Default`
    : missing field `Condition`
    : unknown field `HeartbeatSeconds`
    : invalid type: string "{% 5 %}", expected u32
    : unknown variant `arn:aws:states:::sqs:sendMessage`, expected `arn:aws:states:::lambda:invoke` or `arn:aws:states:::lambda:invoke.waitForTaskToken`
    : unknown field `Qualifier`, expected `FunctionName` or `Payload`
    : unknown field `ResultPath`
    "#);
}

#[test]
fn transitions_that_lead_nowhere_and_expressions_that_cannot_run() {
    let refusals = of(&json!([
        {"Type": "Pass"},
        {"Type": "Pass", "Next": "Nowhere"},
        {"Type": "Pass", "Next": "End", "End": true},
        {"Type": "Choice", "Choices": [], "Default": "Nowhere"},
        task("f", "End", &json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Gone"}]})),
        {"Type": "Pass", "Output": {"a": ["{% 1 + %}"]}, "Next": "End"},
        {"Type": "Pass", "Output": "{% $eval('1') %}", "Next": "End"},
        {"Type": "Fail", "Cause": "{% ( %}"},
    ]));
    insta::assert_snapshot!(refusals, @r#"
     needs either Next or "End": true
     leads to "Nowhere", which is no state
     needs either Next or "End": true
     leads to "Nowhere", which is no state
     leads to "Gone", which is no state
    : the expression {% 1 + %} cannot be read: S0207: Unexpected end of expression
    : $eval in {% $eval('1') %} is not implemented here
    : the expression {% ( %} cannot be read: S0207: Unexpected end of expression
    "#);
}

#[tokio::test]
async fn a_refused_definition_leaves_the_published_one() {
    let good = machine(&json!({"A": {"Type": "Succeed"}}));
    let stage = quiet(&good);
    stage.executor.define(MACHINE, "{}").unwrap_err();
    assert_eq!(stage.executor.definition(MACHINE), Some(good.to_string()));
    let refusal = stage
        .executor
        .define("refund-request", &good.to_string())
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the state machine cannot run here: refund-request is not the ARN of a state machine"
    );
}

#[test]
fn the_machines_that_ship_are_not_refused() {
    let generated = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../statemachines/generated");
    let mut loaded = 0;
    for service in fs::read_dir(generated).unwrap() {
        for file in fs::read_dir(service.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.to_string_lossy().ends_with(".asl.json") {
                let text = fs::read_to_string(&path).unwrap();
                // What the template's DefinitionSubstitutions put there does not matter here.
                let filled_in = text.replace("${", "");
                Machine::parse(&filled_in)
                    .unwrap_or_else(|refusal| panic!("{}: {refusal}", path.display()));
                loaded += 1;
            }
        }
    }
    assert!(loaded > 0);
}
