//! What is refused when a definition is published, and in which words.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{MACHINE, machine, quiet, task};
use crate::states::asl::Machine;

fn refusal(definition: &Value) -> String {
    Machine::parse(&definition.to_string())
        .unwrap_err()
        .to_string()
}

/// The refusals of machines with these first states, one line for each problem.
fn of(states: &Value) -> String {
    let states = states.as_array().unwrap();
    let refusals = states.iter().map(|state| {
        let definition = machine(&json!({"A": state, "End": {"Type": "Succeed"}}));
        let text = refusal(&definition);
        text.replace("the state machine cannot run here:\n- state \"A\": ", "")
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
    insta::assert_snapshot!(refusal(&jsonpath), @r#"
    the state machine cannot run here:
    - QueryLanguage must be "JSONata" at the top: JSONPath is not implemented here
    "#);
    insta::assert_snapshot!(refusal(&lost), @r#"
    the state machine cannot run here:
    - StartAt names "B", which is no state
    "#);
    insta::assert_snapshot!(refusal(&unknown), @"
    the state machine cannot run here:
    - unknown field `Retries`, expected one of `Comment`, `Version`, `QueryLanguage`, `StartAt`, `TimeoutSeconds`, `States` at line 1 column 84
    ");
    insta::assert_snapshot!(Machine::parse("{").unwrap_err().to_string(), @"
    the state machine cannot run here:
    - EOF while parsing an object at line 1 column 1
    ");
}

#[test]
fn what_is_not_implemented() {
    let refusals = of(&json!([
        {"Type": "Map", "End": true},
        {"Next": "End"},
        {"Type": "Pass", "InputPath": "$.x", "Next": "End"},
        {"Type": "Pass", "Result": {}, "Next": "End"},
        {"Type": "Pass", "QueryLanguage": "JSONPath", "Next": "End"},
        task("f", "End", &json!({"HeartbeatSeconds": 5})),
        task("f", "End", &json!({"TimeoutSeconds": "{% 5 %}"})),
        task("f", "End", &json!({"TimeoutSeconds": 0})),
        task("f", "End", &json!({"Resource": "arn:aws:states:::sqs:sendMessage"})),
        task("f", "End", &json!({"Arguments": "{% $states.input %}"})),
        task("f", "End", &json!({"Arguments": {"FunctionName": "f", "Payload": 1, "Qualifier": "2"}})),
        task("f", "End", &json!({"Retries": []})),
    ]));
    insta::assert_snapshot!(refusals, @r#"
    the type Map is not implemented here, only Pass, Task, Choice, Wait, Succeed, Fail are
    it has no Type
    InputPath belongs to JSONPath, which is not implemented here
    Result belongs to JSONPath, which is not implemented here
    QueryLanguage "JSONPath" is not implemented here
    HeartbeatSeconds is not implemented here
    TimeoutSeconds is "{% 5 %}", and must be a whole number of seconds above 0 (JSONata is not implemented here)
    TimeoutSeconds is 0, and must be a whole number of seconds above 0 (JSONata is not implemented here)
    unknown variant `arn:aws:states:::sqs:sendMessage`, expected `arn:aws:states:::lambda:invoke` or `arn:aws:states:::lambda:invoke.waitForTaskToken`
    invalid type: string "{% $states.input %}", expected an object with FunctionName and Payload
    unknown field `Qualifier`, expected `FunctionName` or `Payload`
    unknown field `Retries`, expected one of `Comment`, `Resource`, `Arguments`, `TimeoutSeconds`, `Retry`, `Catch`, `Output`, `Assign`, `Next`, `End`
    "#);
}

#[test]
fn ways_that_lead_nowhere() {
    let refusals = of(&json!([
        {"Type": "Pass"},
        {"Type": "Pass", "Next": "Nowhere"},
        {"Type": "Pass", "Next": "End", "End": true},
        {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "End"}]},
        {"Type": "Choice", "Choices": [], "Default": "End"},
        {"Type": "Choice", "Default": "End", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "End"}]},
        {"Type": "Choice", "Default": "End", "Choices": [{"Condition": "true", "Next": "End"}]},
        task("f", "End", &json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Gone"}]})),
    ]));
    insta::assert_snapshot!(refusals, @r#"
    it needs either Next or "End": true
    it leads to "Nowhere", which is no state
    it needs either Next or "End": true
    it has no Default: a value no rule foresees would end the execution
    Choices is empty
    unknown field `Variable`, expected one of `Comment`, `Condition`, `Next`, `Output`, `Assign`
    Choices/0: Condition must be JSONata between {% and %}
    it leads to "Gone", which is no state
    "#);
}

#[test]
fn expressions_waits_and_retries() {
    let refusals = of(&json!([
        {"Type": "Pass", "Output": {"a": ["{% 1 + %}"]}, "Next": "End"},
        {"Type": "Pass", "Output": "{% $eval('1') %}", "Next": "End"},
        {"Type": "Pass", "Assign": {"states": 1}, "Next": "End"},
        {"Type": "Wait", "Next": "End"},
        {"Type": "Wait", "Seconds": 1.5, "Next": "End"},
        {"Type": "Wait", "Timestamp": "tomorrow", "Next": "End"},
        {"Type": "Fail", "Cause": "{% ( %}"},
        task("${Decide}", "End", &json!({})),
        task("f", "End", &json!({"Retry": [
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "BackoffRate": 0.5, "MaxDelaySeconds": 0},
            {"ErrorEquals": []}]})),
    ]));
    insta::assert_snapshot!(refusals, @r#"
    Output/a/0: the expression {% 1 + %} cannot be read: S0207: Unexpected end of expression
    Output: $eval is not part of JSONata in Step Functions
    Assign: "states" cannot be a variable's name
    it needs either Seconds or Timestamp
    Seconds is 1.5, and must be a whole number or JSONata
    Timestamp "tomorrow" is no RFC 3339 time
    Cause: the expression {% ( %} cannot be read: S0207: Unexpected end of expression
    FunctionName is ${Decide}: fill in the DefinitionSubstitutions first
    Retry/0: States.ALL must stand alone and come last
    - state "A": Retry/0: IntervalSeconds must be 1 or more
    - state "A": Retry/0: BackoffRate must be 1.0 or more
    - state "A": Retry/0: MaxDelaySeconds must be above IntervalSeconds
    - state "A": Retry/1: ErrorEquals is empty
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
        refusal.problems,
        ["refund-request is not the ARN of a state machine"]
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
