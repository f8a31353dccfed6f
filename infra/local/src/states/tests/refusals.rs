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
        let definition = machine(&json!({"A": state, "End": {"Type": "Pass", "End": true}}));
        let text = refusal(&definition);
        text.replace("the state machine cannot run here: state \"A\"", "")
    });
    refusals.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_top_level() {
    let states = json!({"A": {"Type": "Pass", "End": true}});
    let jsonpath = json!({"StartAt": "A", "States": states});
    let lost = json!({"QueryLanguage": "JSONata", "StartAt": "B", "States": states});
    let mut unknown = lost.clone();
    unknown["Retries"] = json!(1);
    insta::assert_snapshot!(refusal(&jsonpath), @"
    the state machine cannot run here: missing field `QueryLanguage` at line 1 column 57
    ");
    insta::assert_snapshot!(refusal(&lost), @r#"
    the state machine cannot run here: it leads to "B", which is no state
    "#);
    insta::assert_snapshot!(refusal(&unknown), @"
    the state machine cannot run here: unknown field `Retries`, expected one of `Comment`, `QueryLanguage`, `StartAt`, `TimeoutSeconds`, `States` at line 1 column 92
    ");
    insta::assert_snapshot!(Machine::parse("{").unwrap_err().to_string(), @"
    the state machine cannot run here: EOF while parsing an object at line 1 column 1
    ");
}

#[test]
fn what_is_not_implemented() {
    let refusals = of(&json!([
        {"Type": "Map", "End": true},
        {"Type": "Succeed"},
        {"Type": "Wait", "Seconds": "{% 5 %}", "Next": "End"},
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
    : unknown variant `Map`, expected one of `Pass`, `Task`, `Choice`, `Wait`
    : unknown variant `Succeed`, expected one of `Pass`, `Task`, `Choice`, `Wait`
    : invalid type: string "{% 5 %}", expected u32
    : missing field `Type`
    : unknown field `InputPath`
    : unknown field `QueryLanguage`
    : missing field `Seconds`
    : missing field `Default`
    : unknown field `Variable`, expected `Condition` or `Next`
    : unknown field `HeartbeatSeconds`
    : invalid type: string "{% 5 %}", expected u32
    : unknown variant `arn:aws:states:::sqs:sendMessage`, expected `arn:aws:states:::lambda:invoke` or `arn:aws:states:::lambda:invoke.waitForTaskToken`
    : unknown field `Qualifier`, expected `FunctionName` or `Payload`
    : unknown field `ResultPath`
    "#);
}

#[test]
fn transitions_that_lead_nowhere() {
    let refusals = of(&json!([
        {"Type": "Pass"},
        {"Type": "Pass", "Next": "Nowhere"},
        {"Type": "Pass", "Next": "End", "End": true},
        {"Type": "Choice", "Choices": [], "Default": "Nowhere"},
        task("f", "End", &json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Gone"}]})),
    ]));
    insta::assert_snapshot!(refusals, @r#"
    : no variant of enum Transition found in flattened data
    the state machine cannot run here: it leads to "Nowhere", which is no state
    : unknown field `End`
    the state machine cannot run here: it leads to "Nowhere", which is no state
    the state machine cannot run here: it leads to "Gone", which is no state
    "#);
}

#[tokio::test]
async fn a_refused_definition_leaves_the_published_one() {
    let good = machine(&json!({"A": {"Type": "Pass", "End": true}}));
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
    let services = fs::read_dir(generated).unwrap();
    let services = services.map(|it| it.unwrap().path());
    for service in services.filter(|path| path.is_dir()) {
        for file in fs::read_dir(service).unwrap() {
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
