//! What an execution does next: a decision from its run, the time and random numbers, without any effect.
//!
//! The answer is a fact to record. Recording it moves the run on, so asking again gives the next one,
//! and a restart in between asks the same question again.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    TaskError,
    asl::{Catcher, Choice, Resource, State, StateOutput, Task},
    jsonata::{Scope, StateError},
    names,
    record::Fact,
    retry::{self, Verdict},
    run::{Phase, Run},
};
use crate::clock::{after, later};

/// The most that a state may take in or give out, in bytes of JSON.
const MOST_BYTES: usize = 262_144;

/// The fact to record at the time `now`. `None`: nothing is to be done until time passes ([`Run::due`])
/// or something comes from outside. A seed makes random numbers repeatable.
pub(crate) fn decide(run: &Run, now: Timestamp, seed: Option<u64>) -> Option<Fact> {
    if run.is_over() {
        return None;
    }
    if run.deadline().is_some_and(|deadline| deadline <= now) {
        return Some(Fact::ExecutionTimedOut);
    }
    let execution = StateExecution { run, now, seed };
    let outcome = match (&run.phase, run.definition()) {
        (Phase::Left, _) => Ok(Fact::ExecutionSucceeded),
        (Phase::Next, _) => Ok(Fact::StateEntered {
            state: run.state.clone(),
            input: run.input.clone(),
        }),
        (Phase::Failed(failure), state) => Ok(execution.after_failure(state, failure)),
        (Phase::Running(attempt), _) => {
            attempt.deadline.filter(|deadline| *deadline <= now)?;
            Ok(Fact::TaskTimedOut)
        }
        (Phase::WaitingUntil(until), _) if *until > now => return None,
        (Phase::Answered(result), State::Task(task)) => execution.exit_task(task, result),
        (_, State::Task(task)) => execution.schedule(task),
        (Phase::Ready, State::Wait(wait)) => Ok(Fact::WaitStarted {
            until: after(run.entered_at, i64::from(wait.seconds)),
        }),
        (_, State::Wait(wait)) => {
            execution.hand_on(wait.transition.next(), &StateOutput::default())
        }
        (_, State::Pass(pass)) => execution.hand_on(pass.transition.next(), &pass.output),
        (_, State::Choice(choice)) => execution.choose(choice),
    };
    Some(outcome.unwrap_or_else(Fact::StateFailed))
}

/// A state that is being executed: what its expressions see, and what it hands on.
struct StateExecution<'a> {
    run: &'a Run,
    now: Timestamp,
    seed: Option<u64>,
}

/// The fact that was wanted, or why it could not be.
type Outcome = Result<Fact, StateError>;

impl StateExecution<'_> {
    fn schedule(&self, task: &Task) -> Outcome {
        let mut states = self.states();
        let token = match task.resource {
            Resource::Invoke => None,
            Resource::InvokeAndWaitForToken => {
                let token = names::token(&self.run.start.name, self.seeded_rng());
                states["context"]["Task"] = json!({"Token": token});
                Some(token)
            }
        };
        let payload = &task.arguments.payload;
        let payload = self.scope(states).evaluate("Arguments/Payload", payload)?;
        self.check_size(&payload)?;
        let seconds = task.timeout_seconds.map(i64::from);
        Ok(Fact::TaskScheduled {
            function: task.arguments.function_name.clone(),
            payload,
            token,
            deadline: seconds.map(|seconds| after(self.now, seconds)),
        })
    }

    fn exit_task(&self, task: &Task, result: &Value) -> Outcome {
        self.check_size(result)?;
        let mut states = self.states();
        states["result"] = result.clone();
        self.exit_state("", task.transition.next(), &task.output, result, states)
    }

    fn after_failure(&self, state: &State, failure: &TaskError) -> Fact {
        let State::Task(task) = state else {
            return Fact::ExecutionFailed(failure.clone());
        };
        let attempts = |retrier: usize| self.run.retries.get(&retrier).copied().unwrap_or(0);
        let fraction = || self.seeded_rng().unwrap_or_default().f64();
        match retry::decide(&task.retry, &task.catch, &failure.error, attempts, fraction) {
            Verdict::Retry { retrier, delay } => Fact::RetryScheduled {
                retrier,
                until: later(self.now, delay),
            },
            Verdict::Catch { catcher } => self.caught(&task.catch[catcher], catcher, failure),
            Verdict::Fail => Fact::ExecutionFailed(failure.clone()),
        }
    }

    fn caught(&self, catcher: &Catcher, index: usize, failure: &TaskError) -> Fact {
        let error_output = json!({"Error": failure.error, "Cause": failure.cause});
        let mut states = self.states();
        states["errorOutput"] = error_output.clone();
        let (place, next) = (format!("Catch/{index}/"), Some(&catcher.next));
        let exited = self.exit_state(&place, next, &catcher.output, &error_output, states);
        // A catcher that fails is not caught again: that could go on forever.
        exited.unwrap_or_else(|failure| {
            Fact::ExecutionFailed(TaskError::new(&failure.error, &failure.cause))
        })
    }

    fn choose(&self, choice: &Choice) -> Outcome {
        let scope = self.scope(self.states());
        for (index, rule) in choice.choices.iter().enumerate() {
            let location = format!("Choices/{index}/Condition");
            let condition = scope.evaluate(&location, &json!(rule.condition))?;
            let Some(is_true) = condition.as_bool() else {
                let cause = format!("{location} must be a boolean, and came to {condition}");
                return Err(StateError::evaluation(&location, cause));
            };
            if is_true {
                return self.hand_on(Some(&rule.next), &StateOutput::default());
            }
        }
        self.hand_on(Some(&choice.default), &choice.output)
    }

    /// Leaves a state whose output is its input where it says nothing else.
    fn hand_on(&self, next: Option<&String>, output: &StateOutput) -> Outcome {
        self.exit_state("", next, output, &self.run.input, self.states())
    }

    /// `$states` without a result or an error: the state's input, and what the generator's expressions
    /// read of Step Functions' context object.
    fn states(&self) -> Value {
        let run = self.run;
        let execution = json!({
            "Input": run.start.input,
            "Name": run.start.name,
            "RedriveCount": run.redrives,
        });
        let state = json!({"EnteredTime": format!("{:.3}", run.entered_at), "Name": run.state});
        json!({"input": run.input, "context": {"Execution": execution, "State": state}})
    }

    /// Random numbers: with a seed the same ones at the same point of a history, whatever else runs at the same
    /// time, so that a simulation can be repeated.
    fn seeded_rng(&self) -> Option<fastrand::Rng> {
        let mut hasher = DefaultHasher::new();
        (self.seed?, &self.run.start.name, self.run.records).hash(&mut hasher);
        Some(fastrand::Rng::with_seed(hasher.finish()))
    }

    fn scope(&self, states: Value) -> Scope {
        Scope::new(states, &self.run.variables)
    }

    /// Leaves the state. `place` is the start of the fields' location, as in `Catch/0/`.
    fn exit_state(
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
    fn check_size(&self, value: &Value) -> Result<(), StateError> {
        if value.to_string().len() <= MOST_BYTES {
            return Ok(());
        }
        let state = &self.run.state;
        Err(StateError {
            error: retry::DATA_LIMIT_EXCEEDED.to_string(),
            cause: format!("The state '{state}' made more than {MOST_BYTES} bytes of JSON."),
            location: None,
        })
    }
}
