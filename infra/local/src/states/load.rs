//! Loads a definition, loudly: what this executor would not run as Step Functions does is refused
//! when the definition is published, with the state's name and what to do, all problems at once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    asl::{Machine, State, whole_seconds},
    check,
};

/// Fields that only `JSONPath` state machines have.
const JSONPATH_FIELDS: [&str; 13] = [
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "Result",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "ErrorPath",
    "CausePath",
];

/// Fields of Step Functions that this executor has no code for.
const MISSING_FIELDS: [&str; 2] = ["HeartbeatSeconds", "Credentials"];

const STATE_TYPES: [&str; 6] = ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail"];

/// Why a definition was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state machine cannot run here:\n- {}", problems.join("\n- "))]
pub struct DefinitionError {
    /// One sentence for each problem.
    pub problems: Vec<String>,
}

impl DefinitionError {
    pub(crate) fn one(problem: impl Into<String>) -> DefinitionError {
        DefinitionError {
            problems: vec![problem.into()],
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct TopLevel {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(rename = "Version")]
    _version: Option<String>,
    query_language: Option<String>,
    start_at: String,
    #[serde(default, deserialize_with = "whole_seconds")]
    timeout_seconds: Option<u32>,
    states: BTreeMap<String, Map<String, Value>>,
}

impl Machine {
    /// Reads and checks a definition in the Amazon States Language.
    pub(crate) fn parse(definition: &str) -> Result<Machine, DefinitionError> {
        let top: TopLevel = serde_json::from_str(definition)
            .map_err(|error| DefinitionError::one(error.to_string()))?;
        if top.query_language.as_deref() != Some("JSONata") {
            return Err(DefinitionError::one(
                "QueryLanguage must be \"JSONata\" at the top: JSONPath is not implemented here",
            ));
        }
        let mut problems = Vec::new();
        let mut states = BTreeMap::new();
        for (name, fields) in top.states {
            match read_state(fields) {
                Ok(state) => {
                    states.insert(name, state);
                }
                Err(problem) => problems.push(format!("state \"{name}\": {problem}")),
            }
        }
        let machine = Machine {
            start_at: top.start_at,
            timeout_seconds: top.timeout_seconds,
            states,
        };
        // Targets can only be judged when every state was read.
        if problems.is_empty() {
            problems = check::problems_of(&machine);
        }
        if problems.is_empty() {
            Ok(machine)
        } else {
            Err(DefinitionError { problems })
        }
    }
}

fn read_state(mut fields: Map<String, Value>) -> Result<State, String> {
    if let Some(field) = JSONPATH_FIELDS
        .iter()
        .find(|field| fields.contains_key(**field))
    {
        return Err(format!(
            "{field} belongs to JSONPath, which is not implemented here"
        ));
    }
    if let Some(field) = MISSING_FIELDS
        .iter()
        .find(|field| fields.contains_key(**field))
    {
        return Err(format!("{field} is not implemented here"));
    }
    match fields.remove("QueryLanguage") {
        None => {}
        Some(language) if language == "JSONata" => {}
        Some(language) => return Err(format!("QueryLanguage {language} is not implemented here")),
    }
    match fields.get("Type").and_then(Value::as_str) {
        Some(known) if STATE_TYPES.contains(&known) => {}
        Some(other) => {
            let known = STATE_TYPES.join(", ");
            return Err(format!(
                "the type {other} is not implemented here, only {known} are"
            ));
        }
        None => return Err("it has no Type".to_string()),
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}
