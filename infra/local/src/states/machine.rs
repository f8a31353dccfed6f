//! One version of a state machine: a definition that was read and found runnable.
//!
//! Executions share it. What this executor would not run as Step Functions does is refused when the
//! definition is published; the rules of the language that the generator keeps are not checked again.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::asl::State;

/// A state machine as it was published.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The text that was published.
    pub(crate) definition: String,
    /// The SHA-256 of the definition, in hexadecimal.
    pub(crate) version: String,
    pub(crate) start_at: String,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) states: BTreeMap<String, State>,
}

/// A definition that was read, for [`super::Options::machines`]. Clones share it.
#[derive(Debug, Clone)]
pub struct Definition(pub(crate) Arc<Machine>);

impl Definition {
    /// Reads and checks a definition in the Amazon States Language.
    pub fn read(definition: &str) -> Result<Self, DefinitionError> {
        Machine::parse(definition).map(|machine| Self(Arc::new(machine)))
    }
}

/// Why a definition was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state machine cannot run here: {0}")]
pub struct DefinitionError(pub(crate) String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct TopLevel {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    #[serde(rename = "QueryLanguage")]
    _query_language: QueryLanguage,
    start_at: String,
    timeout_seconds: Option<u32>,
    states: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
enum QueryLanguage {
    #[serde(rename = "JSONata")]
    JSONata,
}

impl Machine {
    /// Reads and checks a definition in the Amazon States Language.
    pub(crate) fn parse(definition: &str) -> Result<Machine, DefinitionError> {
        let top: TopLevel =
            serde_json::from_str(definition).map_err(|error| DefinitionError(error.to_string()))?;
        let mut states = BTreeMap::new();
        for (name, state) in top.states {
            let state = serde_json::from_value(state)
                .map_err(|error| DefinitionError(format!("state \"{name}\": {error}")))?;
            states.insert(name, state);
        }
        let digest = Sha256::digest(definition);
        let hexadecimal = |digits: String, byte: &u8| format!("{digits}{byte:02x}");
        let machine = Machine {
            definition: definition.to_string(),
            version: digest.iter().fold(String::new(), hexadecimal),
            start_at: top.start_at,
            timeout_seconds: top.timeout_seconds,
            states,
        };
        let of_states = machine.states.values().flat_map(State::targets);
        for target in of_states.chain([&machine.start_at]) {
            if !machine.states.contains_key(target) {
                let problem = format!("it leads to \"{target}\", which is no state");
                return Err(DefinitionError(problem));
            }
        }
        Ok(machine)
    }
}
