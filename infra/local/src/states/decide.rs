//! What an execution does next: a decision from its run, the time and random numbers, without any effect.
//!
//! The answer is a fact to record. Recording it moves the run on, so asking again gives the next one,
//! and a restart in between asks the same question again.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    asl::{Catcher, Choice, Fail, Resource, State, StateOutput, Task, Wait},
    jsonata::StateError,
    position::{Phase, Position},
    record::Fact,
    retry::{self, Verdict},
    run::Run,
    state_execution::{Outcome, StateExecution},
    time::{after, later},
};

/// Step Functions' own limit for a Wait.
const LONGEST_WAIT_SECONDS: i64 = 99_999_999;

/// The fact to record at the time `now`. `None`: nothing is to be done until time passes ([`Run::due`])
/// or something comes from outside.
pub(crate) fn decide(run: &Run, now: Timestamp, seed: Option<u64>) -> Option<Fact> {
    if run.is_over() {
        return None;
    }
    if run.deadline().is_some_and(|deadline| deadline <= now) {
        return Some(Fact::ExecutionTimedOut);
    }
    match run.position() {
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
        let Some(state) = self.run.machine().states.get(&self.visit.state) else {
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
            (Phase::Ready, State::Wait(wait)) => self.start_wait(wait),
            (_, State::Wait(wait)) => self.hand_on("", wait.next.as_ref(), &wait.output),
            (_, State::Pass(pass)) => self.hand_on("", pass.next.as_ref(), &pass.output),
            (_, State::Choice(choice)) => self.choose(choice),
            (_, State::Succeed(succeed)) => self.hand_on("", None, &succeed.output),
            (_, State::Fail(fail)) => self.fail(fail),
        };
        Some(outcome.unwrap_or_else(|failure| Fact::StateFailed {
            cause: self.cause_of(&failure),
            error: failure.error.to_string(),
            location: failure.location,
        }))
    }

    fn schedule(&self, task: &Task) -> Outcome {
        let mut rng = self.rng();
        let mut states = self.states();
        let token = match task.resource {
            Resource::Invoke => None,
            Resource::InvokeAndWaitForToken => {
                let token = rng.token();
                states["context"]["Task"] = json!({"Token": token});
                Some(token)
            }
        };
        let scope = self.scope(states, rng);
        let function =
            scope.evaluate_text("Arguments/FunctionName", &task.arguments.function_name)?;
        let payload = scope.evaluate("Arguments/Payload", &task.arguments.payload)?;
        self.check_size(&payload)?;
        let seconds = task.timeout_seconds.map(i64::from);
        Ok(Fact::TaskScheduled {
            function,
            payload,
            token,
            deadline: seconds.map(|seconds| after(self.now, seconds)),
        })
    }

    fn exit_task(&self, task: &Task, result: &Value) -> Outcome {
        let mut states = self.states();
        states["result"] = result.clone();
        self.exit_state("", task.next.as_ref(), &task.output, result, states)
    }

    fn after_failure(&self, state: &State, error: &str, cause: &str) -> Fact {
        let uncaught = Fact::ExecutionFailed {
            error: Some(error.to_string()),
            // A timeout has no cause, and Step Functions then shows none.
            cause: Some(cause.to_string()).filter(|cause| !cause.is_empty()),
        };
        let State::Task(task) = state else {
            return uncaught;
        };
        let attempts = |retrier: usize| self.visit.retries.get(&retrier).copied().unwrap_or(0);
        let fraction = || self.rng().fraction();
        match retry::decide(&task.retry, &task.catch, error, attempts, fraction) {
            Verdict::Retry { retrier, delay } => Fact::RetryScheduled {
                retrier,
                until: later(self.now, delay),
            },
            Verdict::Catch { catcher } => self.caught(&task.catch[catcher], catcher, error, cause),
            Verdict::Fail => uncaught,
        }
    }

    fn caught(&self, catcher: &Catcher, index: usize, error: &str, cause: &str) -> Fact {
        let error_output = json!({"Error": error, "Cause": cause});
        let mut states = self.states();
        states["errorOutput"] = error_output.clone();
        let (place, next) = (format!("Catch/{index}/"), Some(&catcher.next));
        let exited = self.exit_state(&place, next, &catcher.output, &error_output, states);
        // A catcher that fails is not caught again: that could go on forever.
        exited.unwrap_or_else(|failure| failed(failure.error, &self.cause_of(&failure)))
    }

    fn choose(&self, choice: &Choice) -> Outcome {
        let scope = self.scope(self.states(), self.rng());
        for (index, rule) in choice.choices.iter().enumerate() {
            let location = format!("Choices/{index}/Condition");
            let condition = scope.evaluate(&location, &json!(rule.condition))?;
            match condition.as_bool() {
                Some(true) => {
                    let place = format!("Choices/{index}/");
                    return self.hand_on(&place, Some(&rule.next), &rule.output);
                }
                Some(false) => {}
                None => {
                    let cause = format!("{location} must be a boolean, and came to {condition}");
                    return Err(StateError::evaluation(&location, cause));
                }
            }
        }
        self.hand_on("", Some(&choice.default), &choice.output)
    }

    fn start_wait(&self, wait: &Wait) -> Outcome {
        let scope = self.scope(self.states(), self.rng());
        let seconds = scope.evaluate("Seconds", &wait.seconds)?;
        // JSONata's numbers are floats, so 2.0 may come where 2 is meant.
        let Some(whole @ 0..=LONGEST_WAIT_SECONDS) = seconds.as_i64() else {
            let cause = format!(
                "Seconds must be a whole number from 0 to {LONGEST_WAIT_SECONDS}, and came to {seconds}"
            );
            return Err(StateError::evaluation("Seconds", cause));
        };
        Ok(Fact::WaitStarted {
            until: after(self.visit.entered_at, whole),
        })
    }

    fn fail(&self, fail: &Fail) -> Outcome {
        let scope = self.scope(self.states(), self.rng());
        let text = |location: &str, template: Option<&String>| {
            template
                .map(|template| scope.evaluate_text(location, template))
                .transpose()
        };
        Ok(Fact::ExecutionFailed {
            error: text("Error", fail.error.as_ref())?,
            cause: text("Cause", fail.cause.as_ref())?,
        })
    }

    /// Leaves a state whose output is its input where it says nothing else.
    fn hand_on(&self, place: &str, next: Option<&String>, output: &StateOutput) -> Outcome {
        self.exit_state(place, next, output, &self.visit.input, self.states())
    }
}

fn failed(error: &str, cause: &str) -> Fact {
    Fact::ExecutionFailed {
        error: Some(error.to_string()),
        cause: Some(cause.to_string()),
    }
}

pub(crate) fn runtime_failure(cause: &str) -> Fact {
    failed(retry::RUNTIME, cause)
}
