//! What can be asked of an executor: the operations of Step Functions, and what the console shows.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    TaskError,
    error::StatesError,
    execution::Execution,
    executor::{Executor, lock},
    machine::{Definition, DefinitionError, Machine},
    names,
    record::Start,
    view::{ExecutionStatus, ExecutionView},
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
        lock(&self.machines).insert(machine_arn.to_string(), machine);
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
        let machines = lock(&self.machines);
        let version = &machines.get(machine_arn)?.version;
        Some(format!("{machine_arn}:{version}"))
    }

    /// What an ARN of a state machine, a version or an alias stands for.
    fn machine(&self, arn: &str) -> Option<Arc<Machine>> {
        let (machine_arn, qualifier) = names::unqualified(arn);
        let newest = lock(&self.machines).get(machine_arn).cloned()?;
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
        let execution_arn = start.arn();
        let (execution, is_new) = self.find_or_begin(start, machine)?;
        let started_at = execution.started_at();
        if is_new {
            self.drive(execution, self.shared.queue.begin());
        }
        Ok(Started {
            execution_arn,
            started_at,
        })
    }

    /// Under one lock from looking to noting, so that two starts of a name cannot both begin.
    fn find_or_begin(
        &self,
        start: Start,
        machine: Arc<Machine>,
    ) -> Result<(Arc<Execution>, bool), StatesError> {
        let mut executions = lock(&self.executions);
        if self.shared.queue.is_closed() {
            return Err(StatesError::Stopped);
        }
        if let Some(existing) = executions.get(start.name.as_str()) {
            if existing.is_running_as(&start) {
                return Ok((Arc::clone(existing), false));
            }
            return Err(StatesError::ExecutionAlreadyExists(start.name));
        }
        let execution = Arc::new(Execution::begin(&self.shared, start, machine)?);
        executions.insert(Arc::clone(execution.name()), Arc::clone(&execution));
        Ok((execution, true))
    }

    /// Completes the task that waits for this token. The output is in the journal when this returns.
    pub fn send_task_success(
        self: &Arc<Self>,
        token: &str,
        output: Value,
    ) -> Result<(), StatesError> {
        self.answer(token, Ok(output))
    }

    /// Fails the task that waits for this token. It is in the journal when this returns.
    pub fn send_task_failure(
        self: &Arc<Self>,
        token: &str,
        error: impl Into<String>,
        cause: impl Into<String>,
    ) -> Result<(), StatesError> {
        let error = TaskError {
            error: error.into(),
            cause: cause.into(),
        };
        self.answer(token, Err(error))
    }

    fn answer(
        self: &Arc<Self>,
        token: &str,
        answer: Result<Value, TaskError>,
    ) -> Result<(), StatesError> {
        let name = names::of_token(token).unwrap_or_default();
        let execution = self.find(name).ok_or(StatesError::InvalidToken)?;
        // Under way before the answer counts, so that no one finds the executor idle in between.
        let under_way = self.shared.queue.begin();
        execution.take_token(token, answer)?;
        self.drive(execution, under_way);
        Ok(())
    }

    /// Lets an execution that failed or timed out run on, by the definition it started with: the state
    /// that it ended in begins again, with the same input, its time limit and its retries. It is in the
    /// journal when this returns.
    pub fn redrive(self: &Arc<Self>, name: &str) -> Result<(), StatesError> {
        let execution = self
            .find(name)
            .ok_or_else(|| StatesError::ExecutionDoesNotExist(name.to_string()))?;
        let under_way = self.shared.queue.begin();
        execution.redrive()?;
        self.drive(execution, under_way);
        Ok(())
    }

    /// How an execution is, by its name: [`Executor::execution`] without all the rest.
    pub fn status(&self, name: &str) -> Option<ExecutionStatus> {
        Some(self.find(name)?.status())
    }

    /// The ARN of an execution, by its name.
    pub fn arn(&self, name: &str) -> Option<String> {
        Some(self.find(name)?.arn())
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
        self.shared.changes()
    }

    /// The ARNs of the state machines that are published.
    pub fn machines(&self) -> Vec<String> {
        let machines = lock(&self.machines);
        machines.keys().cloned().collect()
    }

    /// The names of all executions, the one that started last first.
    pub fn names(&self) -> Vec<Arc<str>> {
        let all = lock(&self.executions);
        let mut all: Vec<_> = all
            .iter()
            .map(|(name, it)| (it.started_at(), Arc::clone(name)))
            .collect();
        all.sort_by_key(|(started_at, _)| Reverse(*started_at));
        all.into_iter().map(|(_, name)| name).collect()
    }

    fn find(&self, name: &str) -> Option<Arc<Execution>> {
        lock(&self.executions).get(name).cloned()
    }
}
