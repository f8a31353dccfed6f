//! What the generated state machines send is what this function reads.

use std::path::Path;

use serde_json::{Value, json};

use super::*;

/// The payloads of all generated states that call this function.
fn generated() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../statemachines/generated");
    let services = std::fs::read_dir(root)
        .unwrap()
        .map(|it| it.unwrap().path());
    let services = services.filter(|path| path.is_dir());
    let files = services.flat_map(|service| std::fs::read_dir(service).unwrap());
    let machines = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".asl.json"))
        .map(|path| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap());
    let states = machines.flat_map(|machine| machine["States"].as_object().unwrap().clone());
    states
        .map(|(_, state)| state["Arguments"].clone())
        .filter(|arguments| arguments["FunctionName"] == "${AskApprovers}")
        .map(|arguments| arguments["Payload"].clone())
        .collect()
}

/// The payload as Step Functions fills it in.
fn filled(mut payload: Value) -> Value {
    payload["requestId"] = json!(RequestId::random());
    payload["enteredAt"] = json!("2026-01-01T00:00:00Z");
    payload["taskToken"] = json!("token");
    payload
}

#[test]
fn every_generated_payload_is_read_as_what_it_is() {
    let payloads = generated();
    assert!(payloads.len() >= 2, "the generated machines are found");
    for payload in payloads {
        let is_choice = payload["config"].get("options").is_some();
        let waiting: WaitingTask<AskConfig> =
            serde_json::from_value(filled(payload.clone())).unwrap();
        let config = &waiting.task.config;
        assert_eq!(matches!(config, AskConfig::Choice(_)), is_choice);
        assert_eq!(serde_json::to_value(config).unwrap(), payload["config"]);
    }
}

#[test]
fn a_payload_that_is_neither_is_an_error() {
    let mut payload = filled(generated().remove(0));
    payload["config"]
        .as_object_mut()
        .unwrap()
        .remove("expireSeconds");
    assert!(serde_json::from_value::<WaitingTask<AskConfig>>(payload).is_err());
}
