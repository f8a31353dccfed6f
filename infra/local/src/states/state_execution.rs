//! A state that is being executed: what its expressions see, and what it hands on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    asl::StateOutput,
    jsonata::{Scope, StateError},
    position::StateVisit,
    record::Fact,
    retry,
    rng::Rng,
    run::Run,
    time::rfc3339_millis,
};

/// The most that a state may take in or give out, in bytes of JSON.
const MOST_BYTES: usize = 262_144;

/// The execution of a state at one moment.
pub(crate) struct StateExecution<'a> {
    pub(crate) run: &'a Run,
    pub(crate) visit: &'a StateVisit,
    pub(crate) now: Timestamp,
    /// Makes random numbers repeatable.
    pub(crate) seed: Option<u64>,
}

/// The fact that was wanted, or why it could not be.
pub(crate) type Outcome = Result<Fact, StateError>;

impl StateExecution<'_> {
    /// `$states` without a result or an error: the state's input, and what the generator's expressions
    /// read of Step Functions' context object.
    pub(crate) fn states(&self) -> Value {
        let (run, visit) = (self.run, self.visit);
        let execution = json!({
            "Input": run.start.input,
            "Name": run.start.name,
            "RedriveCount": run.redrives,
        });
        let state = json!({"EnteredTime": rfc3339_millis(visit.entered_at), "Name": visit.state});
        json!({"input": visit.input, "context": {"Execution": execution, "State": state}})
    }

    pub(crate) fn rng(&self) -> Rng {
        Rng::new(self.seed, &self.run.start.name, self.run.records)
    }

    pub(crate) fn scope(&self, states: Value) -> Scope {
        Scope::new(states, &self.run.variables)
    }

    /// Leaves the state. `place` is the start of the fields' location, as in `Catch/0/`.
    pub(crate) fn exit_state(
        &self,
        place: &str,
        next: Option<&String>,
        templates: &StateOutput,
        default_output: &Value,
        states: Value,
    ) -> Outcome {
        let scope = self.scope(states);
        let output = match &templates.output {
            Some(template) => scope.evaluate(&format!("{place}Output"), template)?,
            None => default_output.clone(),
        };
        // Assign sees the variables as they were: all new values count from the next state on.
        let assign = scope.evaluate_map(&format!("{place}Assign"), &templates.assign)?;
        self.check_size(&output)?;
        self.check_size(&Value::Object(assign.clone()))?;
        Ok(Fact::StateExited {
            next: next.cloned(),
            output,
            assign,
        })
    }

    /// Refuses a value that is more than Step Functions passes on.
    pub(crate) fn check_size(&self, value: &Value) -> Result<(), StateError> {
        if value.to_string().len() <= MOST_BYTES {
            return Ok(());
        }
        let state = &self.visit.state;
        Err(StateError {
            error: retry::DATA_LIMIT_EXCEEDED,
            cause: format!("The state '{state}' made more than {MOST_BYTES} bytes of JSON."),
            location: None,
        })
    }
}
