//! What an execution does next: a decision from its run, the time and chance, without any effect.
//!
//! The answer is a fact to record. Recording it moves the run on, so asking again gives the next one,
//! and a restart in between asks the same question again.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    asl::{Assign, Catcher, Choice, Fail, Resource, State, Task, Wait},
    context,
    dice::Dice,
    jsonata::{EvaluationError, Scope},
    leave::{Exit, Failure, check_size},
    position::{Phase, Position, Visit},
    record::Fact,
    retry::{self, Verdict},
    run::{Run, after, later},
};

/// Step Functions' own limit for a Wait.
const LONGEST_WAIT_SECONDS: i64 = 99_999_999;

/// What to do next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Record this, then ask again.
    Record(Fact),
    /// Nothing, until time passes ([`Run::due`]) or something comes from outside.
    Rest,
}

/// Decides what comes next at the time `now`.
pub(crate) fn decide(run: &Run, now: Timestamp, seed: Option<u64>) -> Next {
    if run.is_over() {
        return Next::Rest;
    }
    if run.deadline().is_some_and(|deadline| deadline <= now) {
        return Next::Record(Fact::ExecutionTimedOut);
    }
    match run.position() {
        Position::Between { next, input } => Next::Record(Fact::StateEntered {
            state: next.clone(),
            input: input.clone(),
        }),
        Position::In(visit) => Stay {
            run,
            visit,
            now,
            seed,
        }
        .decide(),
        Position::Finished { .. } => Next::Record(Fact::ExecutionSucceeded),
        Position::Succeeded { .. } | Position::Failed { .. } | Position::TimedOut => Next::Rest,
    }
}

/// A stay in a state, and what a decision about it depends on.
pub(crate) struct Stay<'a> {
    pub(crate) run: &'a Run,
    pub(crate) visit: &'a Visit,
    now: Timestamp,
    seed: Option<u64>,
}

/// The fact that was wanted, or why it could not be.
pub(crate) type Outcome = Result<Fact, Failure>;

impl Stay<'_> {
    fn decide(&self) -> Next {
        let Some(state) = self.run.machine().states.get(&self.visit.state) else {
            // Publishing refuses targets that do not exist.
            return Next::Record(runtime_failure("the state does not exist"));
        };
        let outcome = match (&self.visit.phase, state) {
            (Phase::Failed { error, cause }, _) => Ok(self.after_failure(state, error, cause)),
            (Phase::Running(attempt), _) => match attempt.deadline {
                Some(deadline) if deadline <= self.now => Ok(Fact::TaskTimedOut),
                _ => return Next::Rest,
            },
            (Phase::WaitingUntil(until), _) if *until > self.now => return Next::Rest,
            (Phase::Answered { result }, State::Task(task)) => self.leave_task(task, result),
            (_, State::Task(task)) => self.schedule(task),
            (Phase::Ready, State::Wait(wait)) => self.start_wait(wait),
            (_, State::Wait(wait)) => {
                self.leave("", wait.next.as_ref(), wait.output.as_ref(), &wait.assign)
            }
            (_, State::Pass(pass)) => {
                self.leave("", pass.next.as_ref(), pass.output.as_ref(), &pass.assign)
            }
            (_, State::Choice(choice)) => self.choose(choice),
            (_, State::Succeed(succeed)) => {
                self.leave("", None, succeed.output.as_ref(), &Assign::new())
            }
            (_, State::Fail(fail)) => self.fail(fail),
        };
        Next::Record(outcome.unwrap_or_else(|failure| self.failed(&failure)))
    }

    fn schedule(&self, task: &Task) -> Outcome {
        let mut dice = self.dice();
        let token = match task.resource {
            Resource::Invoke => None,
            Resource::InvokeAndWaitForToken => Some(dice.token()),
        };
        let mut states = self.states();
        if let Some(token) = &token {
            states["context"]["Task"] = json!({"Token": token});
        }
        let scope = self.scope(states, dice);
        let function =
            scope.evaluate_text("Arguments/FunctionName", &task.arguments.function_name)?;
        let payload = scope.evaluate("Arguments/Payload", &task.arguments.payload)?;
        check_size(&payload)?;
        Ok(Fact::TaskScheduled {
            function,
            payload,
            token,
            deadline: task
                .timeout_seconds
                .map(|seconds| after(self.now, i64::from(seconds))),
        })
    }

    fn leave_task(&self, task: &Task, result: &Value) -> Outcome {
        let mut states = self.states();
        states["result"] = result.clone();
        let exit = Exit {
            place: "",
            next: task.next.as_ref(),
            output: task.output.as_ref(),
            default_output: result,
            assign: &task.assign,
        };
        exit.take(&self.scope(states, self.dice()))
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
        let chance = || self.dice().fraction();
        match retry::decide(&task.retry, &task.catch, error, attempts, chance) {
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
        let exit = Exit {
            place: &format!("Catch/{index}/"),
            next: Some(&catcher.next),
            output: catcher.output.as_ref(),
            default_output: &error_output,
            assign: &catcher.assign,
        };
        match exit.take(&self.scope(states, self.dice())) {
            Ok(exited) => exited,
            // A catcher that fails is not caught again: that could go on forever.
            Err(failure) => ended(failure.error_name(), self.cause_of(&failure)),
        }
    }

    fn choose(&self, choice: &Choice) -> Outcome {
        let scope = self.scope(self.states(), self.dice());
        for (index, rule) in choice.choices.iter().enumerate() {
            let location = format!("Choices/{index}/Condition");
            let condition = scope.evaluate(&location, &json!(rule.condition))?;
            match condition.as_bool() {
                Some(true) => {
                    let place = format!("Choices/{index}/");
                    return self.leave(
                        &place,
                        Some(&rule.next),
                        rule.output.as_ref(),
                        &rule.assign,
                    );
                }
                Some(false) => {}
                None => {
                    let cause = format!("{location} must be a boolean, and came to {condition}");
                    return Err(EvaluationError::new(&location, cause).into());
                }
            }
        }
        self.leave(
            "",
            choice.default.as_ref(),
            choice.output.as_ref(),
            &choice.assign,
        )
    }

    fn start_wait(&self, wait: &Wait) -> Outcome {
        let scope = self.scope(self.states(), self.dice());
        let until = match (&wait.seconds, &wait.timestamp) {
            (Some(template), _) => scope.evaluate("Seconds", template).and_then(|seconds| {
                // JSONata's numbers are floats, so 2.0 may come where 2 is meant.
                match seconds.as_i64() {
                    Some(whole @ 0..=LONGEST_WAIT_SECONDS) => Ok(after(self.visit.entered_at, whole)),
                    _ => Err(EvaluationError::new(
                        "Seconds",
                        format!("Seconds must be a whole number from 0 to {LONGEST_WAIT_SECONDS}, and came to {seconds}"),
                    )),
                }
            }),
            (None, Some(template)) => scope.evaluate_text("Timestamp", template).and_then(|text| {
                text.parse().map_err(|_| {
                    EvaluationError::new(
                        "Timestamp",
                        format!("Timestamp must be an RFC 3339 time, and came to \"{text}\""),
                    )
                })
            }),
            // Publishing refuses this.
            (None, None) => Err(EvaluationError::new("Seconds", "the Wait has no time")),
        };
        Ok(Fact::WaitStarted { until: until? })
    }

    fn fail(&self, fail: &Fail) -> Outcome {
        let scope = self.scope(self.states(), self.dice());
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

    pub(crate) fn dice(&self) -> Dice {
        Dice::new(self.seed, &self.run.start().arn(), self.run.records())
    }

    /// `$states` without a result or an error.
    pub(crate) fn states(&self) -> Value {
        context::states(self.run, self.visit)
    }

    pub(crate) fn scope(&self, states: Value, dice: Dice) -> Scope {
        Scope::new(states, self.run.variables(), self.now, dice)
    }
}

fn ended(error: &str, cause: impl Into<String>) -> Fact {
    Fact::ExecutionFailed {
        error: Some(error.to_string()),
        cause: Some(cause.into()),
    }
}

pub(crate) fn runtime_failure(cause: &str) -> Fact {
    ended(retry::RUNTIME, cause)
}
