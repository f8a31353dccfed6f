//! The executor's door: publishes state machines, starts executions, takes answers to tokens, and shows
//! what there is. What goes on behind it is in [`super::driver`].

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::{runtime::Handle, task::AbortHandle};

use super::{
    TaskError, TaskRunner,
    agenda::Agenda,
    asl::Machine,
    driver::fire_when_due,
    error::{OpenError, RedriveError, StartError, TokenError},
    execution::Execution,
    leave::MOST_BYTES,
    load::DefinitionError,
    names,
    record::Start,
    storage,
    view::{ExecutionStatus, ExecutionView},
};
use crate::clock::Clock;

/// What can be chosen about an executor.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Makes retry jitter, tokens and random `JSONata` functions repeatable. Tokens can then be guessed:
    /// for simulations only.
    pub seed: Option<u64>,
}

/// A started execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The execution's ARN.
    pub execution_arn: String,
    /// When it started; earlier than now when the same start was made before.
    pub started_at: Timestamp,
}

/// Executes state machines. Made by [`Executor::open`].
pub struct Executor {
    pub(crate) clock: Clock,
    pub(crate) runner: Arc<dyn TaskRunner>,
    pub(crate) options: Options,
    /// One file for each execution is kept here, in a folder for each state machine.
    folder: Option<PathBuf>,
    pub(crate) runtime: Handle,
    machines: Mutex<HashMap<String, Published>>,
    /// By ARN.
    pub(crate) executions: Mutex<BTreeMap<String, Arc<Execution>>>,
    pub(crate) tokens: Mutex<HashMap<String, Arc<Execution>>>,
    pub(crate) agenda: Arc<Agenda>,
    timers: AbortHandle,
}

#[derive(Clone)]
struct Published {
    definition: String,
    machine: Arc<Machine>,
}

impl Executor {
    /// Opens an executor with default options. See [`Executor::open_with`].
    pub fn open(
        data: Option<&Path>,
        clock: Clock,
        runner: Arc<dyn TaskRunner>,
    ) -> Result<Arc<Executor>, OpenError> {
        Executor::open_with(data, clock, runner, Options::default())
    }

    /// Opens an executor and resumes what its data folder holds: waiting tokens stay valid, timers keep
    /// their due times, and a function that had not answered counts as failed by
    /// `Lambda.SdkClientException`. Without a folder nothing is kept.
    pub fn open_with(
        data: Option<&Path>,
        clock: Clock,
        runner: Arc<dyn TaskRunner>,
        options: Options,
    ) -> Result<Arc<Executor>, OpenError> {
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let folder = data.map(|data| data.join("executions"));
        let executions = match &folder {
            Some(folder) => storage::resume_all(folder, clock.now())?,
            None => BTreeMap::new(),
        };
        let agenda = Agenda::new();
        let executor = Arc::new_cyclic(|executor| Executor {
            timers: runtime
                .spawn(fire_when_due(
                    executor.clone(),
                    clock.clone(),
                    Arc::clone(&agenda),
                ))
                .abort_handle(),
            clock,
            runner,
            options,
            folder,
            runtime,
            machines: Mutex::default(),
            executions: Mutex::new(executions),
            tokens: Mutex::default(),
            agenda,
        });
        let resumed: Vec<_> = lock(&executor.executions).values().cloned().collect();
        for execution in resumed {
            for token in execution.tokens() {
                lock(&executor.tokens).insert(token, Arc::clone(&execution));
            }
            executor.drive(execution, executor.agenda.begin());
        }
        Ok(executor)
    }

    /// Publishes a state machine. Executions that run keep the definition they started with.
    pub fn define(&self, machine_arn: &str, definition: &str) -> Result<(), DefinitionError> {
        if names::machine_name(machine_arn).is_none() {
            return Err(DefinitionError::one(format!(
                "{machine_arn} is not the ARN of a state machine"
            )));
        }
        let published = Published {
            definition: definition.to_string(),
            machine: Arc::new(Machine::parse(definition)?),
        };
        lock(&self.machines).insert(machine_arn.to_string(), published);
        Ok(())
    }

    /// The definition that was published last.
    pub fn definition(&self, machine_arn: &str) -> Option<String> {
        let machines = lock(&self.machines);
        machines
            .get(machine_arn)
            .map(|published| published.definition.clone())
    }

    /// Starts an execution. It is in the journal when this returns. Starting it again with the same name
    /// and input while it runs gives the same execution; otherwise a name is used once.
    pub fn start(
        self: &Arc<Self>,
        machine_arn: &str,
        name: &str,
        input: Value,
    ) -> Result<Started, StartError> {
        if names::problem_with_name(name).is_some() {
            return Err(StartError::InvalidName(name.to_string()));
        }
        let bytes = input.to_string().len();
        if bytes > MOST_BYTES {
            return Err(StartError::InvalidExecutionInput(bytes));
        }
        let Some(published) = lock(&self.machines).get(machine_arn).cloned() else {
            return Err(StartError::StateMachineDoesNotExist(
                machine_arn.to_string(),
            ));
        };
        let start = Start {
            machine_arn: machine_arn.to_string(),
            name: name.to_string(),
            definition: published.definition,
            input,
        };
        let (execution, is_new) = self.find_or_begin(start, published.machine)?;
        let started = Started {
            execution_arn: execution.arn().to_string(),
            started_at: execution.started_at(),
        };
        if is_new {
            self.drive(execution, self.agenda.begin());
        }
        Ok(started)
    }

    /// Under one lock from looking to noting, so that two starts of a name cannot both begin.
    fn find_or_begin(
        &self,
        start: Start,
        machine: Arc<Machine>,
    ) -> Result<(Arc<Execution>, bool), StartError> {
        let mut executions = lock(&self.executions);
        if self.agenda.is_closed() {
            return Err(StartError::Stopped);
        }
        let arn = start.arn();
        if let Some(existing) = executions.get(&arn) {
            if existing.is_running_with(&start.input) {
                return Ok((Arc::clone(existing), false));
            }
            return Err(StartError::ExecutionAlreadyExists(arn));
        }
        let file = self
            .folder
            .as_ref()
            .map(|folder| storage::file_of(folder, &start));
        let begun = Execution::begin(file.as_deref(), start, machine, self.clock.now())?;
        let execution = Arc::new(begun);
        executions.insert(arn, Arc::clone(&execution));
        Ok((execution, true))
    }

    /// Completes the task that waits for this token. The output is in the journal when this returns.
    pub fn send_task_success(
        self: &Arc<Self>,
        token: &str,
        output: Value,
    ) -> Result<(), TokenError> {
        let bytes = output.to_string().len();
        if bytes > MOST_BYTES {
            return Err(TokenError::InvalidOutput(bytes));
        }
        self.answer(token, Ok(output))
    }

    /// Fails the task that waits for this token. It is in the journal when this returns.
    pub fn send_task_failure(
        self: &Arc<Self>,
        token: &str,
        error: impl Into<String>,
        cause: impl Into<String>,
    ) -> Result<(), TokenError> {
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
    ) -> Result<(), TokenError> {
        let execution = lock(&self.tokens).get(token).cloned();
        let execution = execution.ok_or(TokenError::InvalidToken)?;
        // Under way before the answer counts, so that no one finds the executor idle in between.
        let under_way = self.agenda.begin();
        execution.take_token(token, answer, &self.clock)?;
        self.drive(execution, under_way);
        Ok(())
    }

    /// Lets an execution that failed or timed out run on, by the definition it started with: the state
    /// that it ended in begins again, with the same input, its time limit and its retries. It is in the
    /// journal when this returns. Gives the time of the redrive.
    pub fn redrive(self: &Arc<Self>, name_or_arn: &str) -> Result<Timestamp, RedriveError> {
        let execution = self
            .find(name_or_arn)
            .ok_or_else(|| RedriveError::ExecutionDoesNotExist(name_or_arn.to_string()))?;
        let under_way = self.agenda.begin();
        let at = execution.redrive(&self.clock)?;
        self.drive(execution, under_way);
        Ok(at)
    }

    /// How an execution is, by its name or ARN: [`Executor::execution`] without all the rest.
    pub fn status(&self, name_or_arn: &str) -> Option<ExecutionStatus> {
        Some(self.find(name_or_arn)?.status())
    }

    /// An execution by its name or ARN. Of several with one name, which only different state machines
    /// can have, the one that started last.
    pub fn execution(&self, name_or_arn: &str) -> Option<ExecutionView> {
        Some(self.find(name_or_arn)?.view(self.clock.now()))
    }

    fn find(&self, name_or_arn: &str) -> Option<Arc<Execution>> {
        let executions = lock(&self.executions);
        if let Some(execution) = executions.get(name_or_arn) {
            return Some(Arc::clone(execution));
        }
        let suffix = format!(":{name_or_arn}");
        executions
            .values()
            .filter(|execution| execution.arn().ends_with(&suffix))
            .max_by_key(|execution| execution.started_at())
            .cloned()
    }

    /// All executions, the one that started last first.
    pub fn executions(&self) -> Vec<ExecutionView> {
        let all: Vec<_> = lock(&self.executions).values().cloned().collect();
        let now = self.clock.now();
        let mut views: Vec<_> = all.iter().map(|execution| execution.view(now)).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.started_at));
        views
    }

    /// Stops, as if the process had been killed: when this returns, nothing more is recorded. Functions
    /// under way run on, but their answers are not heard.
    pub fn stop(&self) {
        let executions = lock(&self.executions);
        self.agenda.close();
        for execution in executions.values() {
            execution.close();
        }
        self.timers.abort();
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.timers.abort();
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
