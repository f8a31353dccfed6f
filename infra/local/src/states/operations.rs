//! What can be asked of an executor: the operations of Step Functions, and what the console shows.

use std::{
    cmp::Reverse,
    sync::{Arc, atomic::Ordering},
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    TaskError,
    error::StatesError,
    execution::Execution,
    executor::{Executor, lock},
    machine::{DefinitionError, Machine},
    names,
    record::Start,
    state_execution::MOST_BYTES,
    view::{ExecutionStatus, ExecutionSummary, ExecutionView},
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
        if names::machine_name(machine_arn).is_none() {
            let problem = format!("{machine_arn} is not the ARN of a state machine");
            return Err(DefinitionError(problem));
        }
        let machine = self.store.share(Machine::parse(definition)?);
        lock(&self.machines).insert(machine_arn.to_string(), machine);
        Ok(())
    }

    /// The definition that was published last.
    pub fn definition(&self, machine_arn: &str) -> Option<String> {
        let machines = lock(&self.machines);
        Some(machines.get(machine_arn)?.definition.clone())
    }

    /// Starts an execution. It is in the journal when this returns. Starting it again with the same name
    /// and input while it runs gives the same execution; otherwise a name is used once.
    pub fn start(
        self: &Arc<Self>,
        machine_arn: &str,
        name: &str,
        input: Value,
    ) -> Result<Started, StatesError> {
        if !names::is_name(name) {
            return Err(StatesError::InvalidName(name.to_string()));
        }
        let bytes = input.to_string().len();
        if bytes > MOST_BYTES {
            return Err(StatesError::InvalidExecutionInput(bytes));
        }
        let machine = lock(&self.machines).get(machine_arn).cloned();
        let Some(machine) = machine else {
            let arn = machine_arn.to_string();
            return Err(StatesError::StateMachineDoesNotExist(arn));
        };
        let start = Start {
            machine_arn: machine_arn.to_string(),
            name: name.to_string(),
            version: machine.version.clone(),
            input,
        };
        let (execution, is_new) = self.find_or_begin(start, machine)?;
        let started = Started {
            execution_arn: execution.arn().to_string(),
            started_at: execution.started_at(),
        };
        if is_new {
            self.drive(execution, self.queue.begin());
        }
        Ok(started)
    }

    /// Under one lock from looking to noting, so that two starts of a name cannot both begin.
    fn find_or_begin(
        &self,
        start: Start,
        machine: Arc<Machine>,
    ) -> Result<(Arc<Execution>, bool), StatesError> {
        let mut executions = lock(&self.executions);
        if self.queue.is_closed() {
            return Err(StatesError::Stopped);
        }
        let arn = start.arn();
        if let Some(existing) = executions.get(arn.as_str()) {
            if existing.is_running_with(&start.input) {
                return Ok((Arc::clone(existing), false));
            }
            return Err(StatesError::ExecutionAlreadyExists(arn));
        }
        let changes = Arc::clone(&self.changes);
        let begun = Execution::begin(&self.store, start, machine, self.clock.now(), changes)?;
        let execution = Arc::new(begun);
        executions.insert(Arc::clone(execution.arn()), Arc::clone(&execution));
        Ok((execution, true))
    }

    /// Completes the task that waits for this token. The output is in the journal when this returns.
    pub fn send_task_success(
        self: &Arc<Self>,
        token: &str,
        output: Value,
    ) -> Result<(), StatesError> {
        let bytes = output.to_string().len();
        if bytes > MOST_BYTES {
            return Err(StatesError::InvalidOutput(bytes));
        }
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
        let execution = lock(&self.tokens).get(token).cloned();
        let execution = execution.ok_or(StatesError::InvalidToken)?;
        // Under way before the answer counts, so that no one finds the executor idle in between.
        let under_way = self.queue.begin();
        execution.take_token(token, answer, &self.clock)?;
        self.drive(execution, under_way);
        Ok(())
    }

    /// Lets an execution that failed or timed out run on, by the definition it started with: the state
    /// that it ended in begins again, with the same input, its time limit and its retries. It is in the
    /// journal when this returns. Gives the time of the redrive.
    pub fn redrive(self: &Arc<Self>, name_or_arn: &str) -> Result<Timestamp, StatesError> {
        let execution = self
            .find(name_or_arn)
            .ok_or_else(|| StatesError::ExecutionDoesNotExist(name_or_arn.to_string()))?;
        let under_way = self.queue.begin();
        let at = execution.redrive(&self.clock)?;
        self.drive(execution, under_way);
        Ok(at)
    }

    /// How an execution is, by its name or ARN: [`Executor::execution`] without all the rest.
    pub fn status(&self, name_or_arn: &str) -> Option<ExecutionStatus> {
        Some(self.find(name_or_arn)?.status())
    }

    /// An execution by its name or ARN, with its history. Of several with one name, which only different
    /// state machines can have, the one that started last.
    pub fn execution(&self, name_or_arn: &str) -> Option<ExecutionView> {
        let view = self.find(name_or_arn)?.view(self.clock.now());
        view.inspect_err(|error| tracing::error!(%error, "an execution cannot be read"))
            .ok()
    }

    /// A number that grows with everything that is recorded about any execution: as long as it is the
    /// same, nothing is new.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// All executions without their histories, the one that started last first.
    pub fn summaries(&self) -> impl ExactSizeIterator<Item = ExecutionSummary> + use<> {
        let mut all: Vec<_> = lock(&self.executions).values().cloned().collect();
        all.sort_by_key(|execution| Reverse(execution.started_at()));
        all.into_iter().map(|execution| execution.summary())
    }

    /// All executions with their histories, the one that started last first.
    pub fn executions(&self) -> Vec<ExecutionView> {
        let names = self.summaries().map(|summary| summary.name);
        names.filter_map(|name| self.execution(&name)).collect()
    }

    fn find(&self, name_or_arn: &str) -> Option<Arc<Execution>> {
        let executions = lock(&self.executions);
        if let Some(execution) = executions.get(name_or_arn) {
            return Some(Arc::clone(execution));
        }
        let has_name = |execution: &&Arc<Execution>| {
            let name = execution.arn().strip_suffix(name_or_arn);
            name.is_some_and(|before| before.ends_with(':'))
        };
        let found = executions.values().filter(has_name);
        found.max_by_key(|it| it.started_at()).cloned()
    }
}
