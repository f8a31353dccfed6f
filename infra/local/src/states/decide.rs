//! What an execution does next: a decision from its run, the time and random numbers, without any effect.
//!
//! The answer is a fact to record. Recording it moves the run on, so asking again gives the next one,
//! and a restart in between asks the same question again.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    asl::{Catcher, Choice, Resource, State, StateOutput, Task},
    jsonata::StateError,
    names,
    position::{Phase, Position},
    record::Fact,
    retry::{self, Verdict},
    run::Run,
    state_execution::{Outcome, StateExecution},
    time::after,
};
use crate::clock::later;

/// The fact to record at the time `now`. `None`: nothing is to be done until time passes ([`Run::due`])
/// or something comes from outside.
pub(crate) fn decide(run: &Run, now: Timestamp, seed: Option<u64>) -> Option<Fact> {
    if run.is_over() {
        return None;
    }
    if run.deadline().is_some_and(|deadline| deadline <= now) {
        return Some(Fact::ExecutionTimedOut);
    }
    match &run.position {
        Position::Between { next, input } => Some(Fact::StateEntered {
            state: next.clone(),
            input: input.clone(),
        }),
        Position::In(visit) => StateExecution {
            run,
            visit,
            now,
            seed,
        }
        .decide(),
        Position::Finished { .. } => Some(Fact::ExecutionSucceeded),
        Position::Succeeded | Position::Failed(_) | Position::TimedOut(_) => None,
    }
}

impl StateExecution<'_> {
    fn decide(&self) -> Option<Fact> {
        let Some(state) = self.run.machine.states.get(&self.visit.state) else {
            // Publishing refuses targets that do not exist.
            return Some(runtime_failure("the state does not exist"));
        };
        let outcome = match (&self.visit.phase, state) {
            (Phase::Failed { error, cause }, _) => Ok(self.after_failure(state, error, cause)),
            (Phase::Running(attempt), _) => {
                attempt.deadline.filter(|deadline| *deadline <= self.now)?;
                Ok(Fact::TaskTimedOut)
            }
            (Phase::WaitingUntil(until), _) if *until > self.now => return None,
            (Phase::Answered { result }, State::Task(task)) => self.exit_task(task, result),
            (_, State::Task(task)) => self.schedule(task),
            (Phase::Ready, State::Wait(wait)) => Ok(Fact::WaitStarted {
                until: after(self.visit.entered_at, i64::from(wait.seconds)),
            }),
            (_, State::Wait(wait)) => self.hand_on(wait.transition.next(), &StateOutput::default()),
            (_, State::Pass(pass)) => self.hand_on(pass.transition.next(), &pass.output),
            (_, State::Choice(choice)) => self.choose(choice),
        };
        Some(outcome.unwrap_or_else(|failure| Fact::StateFailed {
            cause: failure.cause,
            error: failure.error.to_string(),
            location: failure.location,
        }))
    }

    fn schedule(&self, task: &Task) -> Outcome {
        let mut states = self.states();
        let token = match task.resource {
            Resource::Invoke => None,
            Resource::InvokeAndWaitForToken => {
                let token = names::token(&self.run.start.name, &self.rng().token());
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

    fn after_failure(&self, state: &State, error: &str, cause: &str) -> Fact {
        let State::Task(task) = state else {
            return failed(error, cause);
        };
        let attempts = |retrier: usize| self.visit.retries.get(&retrier).copied().unwrap_or(0);
        let fraction = || self.rng().fraction();
        match retry::decide(&task.retry, &task.catch, error, attempts, fraction) {
            Verdict::Retry { retrier, delay } => Fact::RetryScheduled {
                retrier,
                until: later(self.now, delay),
            },
            Verdict::Catch { catcher } => self.caught(&task.catch[catcher], catcher, error, cause),
            Verdict::Fail => failed(error, cause),
        }
    }

    fn caught(&self, catcher: &Catcher, index: usize, error: &str, cause: &str) -> Fact {
        let error_output = json!({"Error": error, "Cause": cause});
        let mut states = self.states();
        states["errorOutput"] = error_output.clone();
        let (place, next) = (format!("Catch/{index}/"), Some(&catcher.next));
        let exited = self.exit_state(&place, next, &catcher.output, &error_output, states);
        // A catcher that fails is not caught again: that could go on forever.
        exited.unwrap_or_else(|failure| failed(failure.error, &failure.cause))
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
        self.exit_state("", next, output, &self.visit.input, self.states())
    }
}

fn failed(error: &str, cause: &str) -> Fact {
    Fact::ExecutionFailed {
        error: error.to_string(),
        cause: cause.to_string(),
    }
}

pub(crate) fn runtime_failure(cause: &str) -> Fact {
    failed(retry::RUNTIME, cause)
}
