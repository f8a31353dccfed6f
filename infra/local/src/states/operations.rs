//! What can be asked of an executor: the operations of Step Functions, and what the console shows.

use std::{
    cmp::Reverse,
    sync::{Arc, atomic::Ordering},
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    ExecutionStatus, TaskError,
    error::StatesError,
    execution::Execution,
    executor::Executor,
    history::ExecutionView,
    machine::{Definition, DefinitionError, Machine},
    names,
    record::{Fact, Start},
    run::Run,
};

/// A started execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The execution's ARN.
    pub execution_arn: String,
    /// When it started; earlier than now when the same start was made before.
    pub started_at: Timestamp,
}

impl Executor {
    /// Publishes a state machine. Executions that run keep the definition they started with.
    pub fn define(&self, machine_arn: &str, definition: &str) -> Result<(), DefinitionError> {
        if !names::is_machine(machine_arn) {
            let problem = format!("{machine_arn} is not the ARN of a state machine");
            return Err(DefinitionError(problem));
        }
        let machine = self.shared.store.share(Definition::read(definition)?.0);
        let machine = machine.map_err(|error| DefinitionError(error.to_string()))?;
        self.machines
            .lock()
            .insert(machine_arn.to_string(), machine);
        Ok(())
    }

    /// The definition of a version, by its ARN; by the ARN of its state machine or an alias, that of the version that
    /// was published last.
    pub fn definition(&self, arn: &str) -> Option<String> {
        Some(self.machine(arn)?.definition.clone())
    }

    /// The ARN of the version that an alias, or a state machine, leads to: the one that was published last.
    pub fn version(&self, alias: &str) -> Option<String> {
        let (machine_arn, _) = names::unqualified(alias);
        let machines = self.machines.lock();
        let version = &machines.get(machine_arn)?.version;
        Some(format!("{machine_arn}:{version}"))
    }

    /// What an ARN of a state machine, a version or an alias stands for.
    fn machine(&self, arn: &str) -> Option<Arc<Machine>> {
        let (machine_arn, qualifier) = names::unqualified(arn);
        let newest = self.machines.lock().get(machine_arn).cloned()?;
        match qualifier {
            Some(version) if names::is_version(version) => self.shared.store.machine(version).ok(),
            Some(_) | None => Some(newest),
        }
    }

    /// Starts an execution of a version, or of what a state machine or an alias leads to. It is in the
    /// journal when this returns. Starting it again with the same name
    /// and input while it runs gives the same execution; otherwise a name is used once, by whatever state
    /// machine: a request's id names its execution.
    pub fn start(
        self: &Arc<Self>,
        arn: &str,
        name: &str,
        input: Value,
    ) -> Result<Started, StatesError> {
        if !names::is_name(name) {
            return Err(StatesError::InvalidName(name.to_string()));
        }
        let Some(machine) = self.machine(arn) else {
            return Err(StatesError::StateMachineDoesNotExist(arn.to_string()));
        };
        let start = Start {
            machine_arn: names::unqualified(arn).0.to_string(),
            name: name.to_string(),
            version: machine.version.clone(),
            input,
        };
        let started = |run: &Run| Started {
            execution_arn: run.start.arn(),
            started_at: run.started_at,
        };
        // Locked from looking to noting, so that two starts of a name cannot both begin.
        let mut executions = self.executions.lock();
        if self.shared.queue.is_closed() {
            return Err(StatesError::Stopped);
        }
        if let Some(existing) = executions.get(name) {
            let same = existing.read(|run| {
                let own = &run.start;
                let is_same = own.machine_arn == start.machine_arn && own.input == start.input;
                (is_same && !run.is_over()).then(|| started(run))
            });
            return same.ok_or(StatesError::ExecutionAlreadyExists(start.name));
        }
        let execution = Arc::new(Execution::begin(&self.shared, start, machine)?);
        executions.insert(Arc::clone(&execution.name), Arc::clone(&execution));
        let started = execution.read(started);
        self.drive(execution, self.shared.queue.begin());
        Ok(started)
    }

    /// Completes the task that waits for this token. The output is in the journal when this returns.
    pub fn send_task_success(
        self: &Arc<Self>,
        token: &str,
        output: Value,
    ) -> Result<(), StatesError> {
        self.answer(token, Fact::TaskSucceeded { output })
    }

    /// Fails the task that waits for this token. It is in the journal when this returns.
    pub fn send_task_failure(
        self: &Arc<Self>,
        token: &str,
        error: impl Into<String>,
        cause: impl Into<String>,
    ) -> Result<(), StatesError> {
        let (error, cause) = (error.into(), cause.into());
        self.answer(token, Fact::TaskFailed(TaskError { error, cause }))
    }

    fn answer(self: &Arc<Self>, token: &str, answer: Fact) -> Result<(), StatesError> {
        let name = names::of_token(token).unwrap_or_default();
        let execution = self.find(name).ok_or(StatesError::InvalidToken)?;
        self.record(execution, |run, now| {
            let attempt = run
                .awaited(now)
                .and_then(|attempt| attempt.token.as_deref());
            let is_meant = attempt == Some(token);
            is_meant.then_some(answer).ok_or(StatesError::TaskTimedOut)
        })
    }

    /// Lets an execution that failed or timed out run on, by the definition it started with: the state
    /// that it ended in begins again, with the same input, its time limit and its retries. It is in the
    /// journal when this returns.
    pub fn redrive(self: &Arc<Self>, name: &str) -> Result<(), StatesError> {
        let execution = self.find(name);
        let execution = execution.ok_or_else(|| StatesError::ExecutionDoesNotExist(name.into()))?;
        self.record(execution, |run, now| match run.obstacle_to_redrive(now) {
            Some(reason) => Err(StatesError::ExecutionNotRedrivable(reason)),
            None => Ok(Fact::ExecutionRedriven),
        })
    }

    /// Records what comes from outside, and lets the execution go on from there.
    fn record(
        self: &Arc<Self>,
        execution: Arc<Execution>,
        fact: impl FnOnce(&Run, Timestamp) -> Result<Fact, StatesError>,
    ) -> Result<(), StatesError> {
        // Under way before the fact counts, so that no one finds the executor idle in between.
        let under_way = self.shared.queue.begin();
        execution.record(|run, now| fact(run, now).map(Some))?;
        self.drive(execution, under_way);
        Ok(())
    }

    /// How an execution is, by its name: [`Executor::execution`] without all the rest.
    pub fn status(&self, name: &str) -> Option<ExecutionStatus> {
        Some(self.find(name)?.read(|run| run.status))
    }

    /// The ARN of an execution, by its name.
    pub fn arn(&self, name: &str) -> Option<String> {
        Some(self.find(name)?.read(|run| run.start.arn()))
    }

    /// An execution by its name, with its history.
    pub fn execution(&self, name: &str) -> Option<ExecutionView> {
        let view = self.find(name)?.view();
        view.inspect_err(|error| tracing::error!(%error, "an execution cannot be read"))
            .ok()
    }

    /// The time that executions go by.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// A number that grows with everything that is recorded about any execution: as long as it is the
    /// same, nothing is new.
    pub fn changes(&self) -> u64 {
        self.shared.changes.load(Ordering::Relaxed)
    }

    /// The ARNs of the state machines that are published.
    pub fn machines(&self) -> Vec<String> {
        let machines = self.machines.lock();
        machines.keys().cloned().collect()
    }

    /// The names of all executions, the one that started last first.
    pub fn names(&self) -> Vec<Arc<str>> {
        let executions = self.executions.lock();
        let mut names: Vec<_> = executions.keys().cloned().collect();
        names.sort_by_cached_key(|name| Reverse(executions[name].read(|run| run.started_at)));
        names
    }

    fn find(&self, name: &str) -> Option<Arc<Execution>> {
        self.executions.lock().get(name).cloned()
    }
}
