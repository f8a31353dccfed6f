//! The way out of a state: its Output and Assign, and the limits on both.

use serde_json::Value;

use super::{
    asl::Assign,
    decide::{Outcome, Stay},
    history::EventType,
    jsonata::{EvaluationError, Scope},
    record::Fact,
    retry,
};

/// The most that a state may take in or give out.
pub(crate) const MOST_BYTES: usize = 262_144;

/// A way out of a state.
pub(crate) struct Exit<'a> {
    /// The start of the fields' location, as in `Catch/0/`.
    pub(crate) place: &'a str,
    pub(crate) next: Option<&'a String>,
    pub(crate) output: Option<&'a Value>,
    pub(crate) default_output: &'a Value,
    pub(crate) assign: &'a Assign,
}

impl Exit<'_> {
    /// Evaluates what this way out gives on.
    pub(crate) fn take(&self, scope: &Scope) -> Outcome {
        let output = match self.output {
            Some(template) => scope.evaluate(&format!("{}Output", self.place), template)?,
            None => self.default_output.clone(),
        };
        // Assign sees the variables as they were: all new values count from the next state on.
        let assign = scope.evaluate_map(&format!("{}Assign", self.place), self.assign)?;
        check_size(&output)?;
        check_size(&Value::Object(assign.clone()))?;
        Ok(Fact::StateExited {
            next: self.next.cloned(),
            output,
            assign,
        })
    }
}

/// Why a state could not do what it wanted.
pub(crate) enum Failure {
    NotEvaluated(EvaluationError),
    TooLarge,
}

impl Failure {
    /// The name that Retry and Catch match.
    pub(crate) fn error_name(&self) -> &'static str {
        match self {
            Failure::NotEvaluated(_) => retry::QUERY_EVALUATION_ERROR,
            Failure::TooLarge => retry::DATA_LIMIT_EXCEEDED,
        }
    }
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Failure {
        Failure::NotEvaluated(error)
    }
}

impl Stay<'_> {
    /// Leaves a state whose output is its input where it says nothing else.
    pub(crate) fn leave(
        &self,
        place: &str,
        next: Option<&String>,
        output: Option<&Value>,
        assign: &Assign,
    ) -> Outcome {
        let exit = Exit {
            place,
            next,
            output,
            default_output: &self.visit.input,
            assign,
        };
        exit.take(&self.scope(self.states(), self.dice()))
    }

    /// The fact that a failure is.
    pub(crate) fn failed(&self, failure: &Failure) -> Fact {
        let cause = self.cause_of(failure);
        match failure {
            Failure::NotEvaluated(error) => Fact::EvaluationFailed {
                cause,
                location: error.location.clone(),
            },
            Failure::TooLarge => Fact::DataLimitExceeded { cause },
        }
    }

    pub(crate) fn cause_of(&self, failure: &Failure) -> String {
        let state = &self.visit.state;
        match failure {
            Failure::NotEvaluated(error) => format!(
                "An error occurred while executing the state '{state}' (entered at the event id #{}). {}",
                self.entered_event(),
                error.cause
            ),
            Failure::TooLarge => too_large(state),
        }
    }

    fn entered_event(&self) -> u64 {
        let entered = EventType::PassStateEntered.details_field();
        let mut events = self.run.history().iter().rev();
        let event = events.find(|event| event.event_type.details_field() == entered);
        event.map_or(0, |event| event.id)
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
