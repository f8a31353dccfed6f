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
pub(crate) const MOST_BYTES: usize = 262_144;

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
    /// `$states` without a result or an error: the state's input and Step Functions' context object.
    pub(crate) fn states(&self) -> Value {
        let (run, visit, start) = (self.run, self.visit, self.run.start());
        let mut state = json!({
            "EnteredTime": rfc3339_millis(visit.entered_at),
            "Name": visit.state,
        });
        // As on AWS, only states that can retry have a count.
        if run.current_task().is_some() {
            state["RetryCount"] = json!(visit.retries.values().sum::<u32>());
        }
        let mut execution = json!({
            "Id": start.arn(),
            "Input": start.input,
            "Name": start.name,
            "RoleArn": start.role_arn(),
            "StartTime": rfc3339_millis(run.started_at()),
            "RedriveCount": run.redrives(),
        });
        if let Some(at) = run.redriven_at() {
            execution["RedriveTime"] = json!(rfc3339_millis(at));
        }
        json!({
            "input": visit.input,
            "context": {
                "Execution": execution,
                "State": state,
                "StateMachine": {"Id": start.machine_arn, "Name": start.machine_name()},
            },
        })
    }

    pub(crate) fn rng(&self) -> Rng {
        Rng::new(self.seed, &self.run.start().arn(), self.run.records())
    }

    pub(crate) fn scope(&self, states: Value, rng: Rng) -> Scope {
        Scope::new(states, self.run.variables(), self.now, rng)
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
        let scope = self.scope(states, self.rng());
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
        too_large(&self.visit.state, value).map_or(Ok(()), Err)
    }

    /// What went wrong, in Step Functions' own words.
    pub(crate) fn cause_of(&self, failure: &StateError) -> String {
        let (state, event) = (&self.visit.state, self.visit.entered_event);
        match failure.location {
            Some(_) => format!(
                "An error occurred while executing the state '{state}' (entered at the event id #{event}). {}",
                failure.cause
            ),
            None => failure.cause.clone(),
        }
    }
}

/// Why a value of a state cannot be passed on: it is more than Step Functions takes.
pub(crate) fn too_large(state: &str, value: &Value) -> Option<StateError> {
    (value.to_string().len() > MOST_BYTES).then(|| StateError {
        error: retry::DATA_LIMIT_EXCEEDED,
        cause: format!(
            "The state/task '{state}' returned a result with a size exceeding the maximum number of bytes service limit."
        ),
        location: None,
    })
}
