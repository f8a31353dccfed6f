//! A state that is being executed: what its expressions see, and what it hands on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    asl::StateOutput,
    jsonata::{EvaluationError, Scope},
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

/// Why a state could not do what it wanted.
pub(crate) enum Failure {
    NotEvaluated(EvaluationError),
    TooLarge,
}

/// The fact that was wanted, or why it could not be.
pub(crate) type Outcome = Result<Fact, Failure>;

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Failure {
        Failure::NotEvaluated(error)
    }
}

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
        check_size(&output)?;
        check_size(&Value::Object(assign.clone()))?;
        Ok(Fact::StateExited {
            next: next.cloned(),
            output,
            assign,
        })
    }

    /// The fact that a failure is.
    pub(crate) fn failed(&self, failure: Failure) -> Fact {
        let (_, cause) = self.error_and_cause(&failure);
        match failure {
            Failure::NotEvaluated(EvaluationError { location, .. }) => {
                Fact::EvaluationFailed { cause, location }
            }
            Failure::TooLarge => Fact::DataLimitExceeded { cause },
        }
    }

    /// The name that Retry and Catch match, and Step Functions' own words.
    pub(crate) fn error_and_cause(&self, failure: &Failure) -> (&'static str, String) {
        let (state, event) = (&self.visit.state, self.visit.entered_event);
        match failure {
            Failure::NotEvaluated(error) => (
                retry::QUERY_EVALUATION_ERROR,
                format!(
                    "An error occurred while executing the state '{state}' (entered at the event id #{event}). {}",
                    error.cause
                ),
            ),
            Failure::TooLarge => (retry::DATA_LIMIT_EXCEEDED, too_large(state)),
        }
    }
}

/// Refuses a value that is more than Step Functions passes on.
pub(crate) fn check_size(value: &Value) -> Result<(), Failure> {
    if is_too_large(value) {
        return Err(Failure::TooLarge);
    }
    Ok(())
}

/// Whether a value is more than Step Functions passes on.
pub(crate) fn is_too_large(value: &Value) -> bool {
    value.to_string().len() > MOST_BYTES
}

/// Step Functions' own words.
pub(crate) fn too_large(state: &str) -> String {
    format!(
        "The state/task '{state}' returned a result with a size exceeding the maximum number of bytes service limit."
    )
}
