//! What the functions talk to: the fakes that their own tests use, with faults in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use domain::charge_ledger::ChargeLedger;
use domain::id::{RequestId, TaskToken};
use domain::table::{
    CommitError, Entity, Found, Item, Key, Range, ReadError, SortKeys, Table, Write, load,
};
use domain::task::Outcome;
use domain::workflow::{RoutedVersion, Workflow, WorkflowError};
use local::clock::Clock;
use local::states::{Executor, StatesError};
use parking_lot::Mutex;
use serde_json::json;
use testing::MemoryTable;

use crate::faults::{Fault, Faults, Place};
use crate::guards::Guard;
use crate::invocation::Invocation;
pub(crate) use without::COUNTER;
use without::switch;

pub(crate) mod by_hand;
mod mailer;
pub(crate) mod stripe;
mod without;

pub(crate) use mailer::SimMailer;

/// What every port needs.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) faults: Faults,
    pub(crate) clock: Clock,
    /// The guard that is taken away.
    pub(crate) without: Option<Guard>,
}

impl Line {
    /// Whether that guard is taken away.
    pub(crate) fn is_without(&self, guard: Guard) -> bool {
        self.without == Some(guard)
    }

    /// Waits for its turn, and says what goes wrong with this call.
    async fn call(&self, place: Place) -> Option<Fault> {
        self.faults.pause().await;
        self.faults.next(place, self.clock.now())
    }
}

fn down() -> String {
    "drawn".to_owned()
}

/// The table, which also remembers every transaction.
#[derive(Debug, Clone)]
pub(crate) struct SimTable {
    line: Line,
    memory: Arc<MemoryTable>,
    commits: Arc<Mutex<Vec<Vec<Item>>>>,
    requests: Arc<Mutex<Vec<RequestId>>>,
    ledger_conflicts: Arc<AtomicUsize>,
}

impl SimTable {
    pub(crate) fn new(line: Line) -> Self {
        Self {
            line,
            memory: Arc::default(),
            commits: Arc::default(),
            requests: Arc::default(),
            ledger_conflicts: Arc::default(),
        }
    }

    /// Tells whether it is still in memory.
    pub(crate) fn watch(&self) -> Weak<MemoryTable> {
        Arc::downgrade(&self.memory)
    }

    /// Everything in it.
    pub(crate) fn items(&self) -> Vec<Item> {
        self.memory.items()
    }

    /// What is stored at a key, read past everything that goes wrong.
    pub(crate) async fn stored<T: Entity>(&self, key: &Key) -> Option<T> {
        let found = load(&*self.memory, key).await;
        found.expect("memory answers").map(|found| found.value)
    }

    /// All requests in it, oldest first.
    pub(crate) fn requests(&self) -> Vec<RequestId> {
        let requests = self.requests.lock();
        requests.clone()
    }

    /// Remembers that a request is new.
    fn note(&self, written: &[Item]) {
        let is_new = |item: &&Item| item.kind == "request" && item.version == 1;
        let mut requests = self.requests.lock();
        requests.extend(written.iter().filter(is_new).map(|item| {
            let id = item.body["requestId"].as_str().unwrap_or_default();
            id.parse::<RequestId>().expect("it is an id")
        }));
    }

    /// How often the ledger of a charge, or what is written with it, was not what it had been.
    pub(crate) fn ledger_conflicts(&self) -> usize {
        self.ledger_conflicts.load(Ordering::Relaxed)
    }

    /// What was written together, oldest first.
    pub(crate) fn commits(&self) -> Vec<Vec<Item>> {
        let commits = self.commits.lock();
        commits.clone()
    }
}

impl Table for SimTable {
    async fn get(&self, key: &Key) -> Result<Option<Found>, ReadError> {
        if self.line.call(Place::Read).await.is_some() {
            return Err(ReadError::Unavailable(down()));
        }
        let found = self.memory.get(key).await?;
        if *key == switch() {
            let stopped = |(body, _): &Found| body["isStopped"] == true;
            Invocation::asks_whether_stopped(found.as_ref().is_some_and(stopped));
        }
        Ok(self.answered(key, found))
    }

    async fn list(&self, range: Range<'_>) -> Result<Vec<Found>, ReadError> {
        let others =
            matches!(range.keys, SortKeys::Beginning(_)) && range.pk.starts_with("CHARGE#");
        match self.line.call(Place::Read).await {
            Some(_) => Err(ReadError::Unavailable(down())),
            None if self.line.is_without(Guard::OtherRequests) && others => Ok(Vec::new()),
            None => self.memory.list(range).await,
        }
    }

    async fn remove(&self, key: &Key) -> Result<(), CommitError> {
        match self.line.call(Place::Commit).await {
            Some(_) => Err(CommitError::Unavailable(down())),
            None => self.memory.remove(key).await,
        }
    }

    async fn remove_all(&self, pk: &str, sk_prefix: &str) -> Result<(), CommitError> {
        match self.line.call(Place::Commit).await {
            Some(_) => Err(CommitError::Unavailable(down())),
            None => self.memory.remove_all(pk, sk_prefix).await,
        }
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let fault = self.line.call(Place::Commit).await;
        match fault {
            Some(Fault::Before) => return Err(CommitError::Unavailable(down())),
            Some(Fault::Conflict) => return Err(CommitError::Conflict),
            _ => {}
        }
        let writes = self.written(writes).await?;
        let items: Vec<Item> = writes.iter().filter_map(Write::item).cloned().collect();
        let committed = self.memory.commit(writes).await;
        if committed == Err(CommitError::Conflict)
            && items.iter().any(|item| item.kind == ChargeLedger::KIND)
        {
            self.ledger_conflicts.fetch_add(1, Ordering::Relaxed);
        }
        committed?;
        self.note(&items);
        let mut commits = self.commits.lock();
        commits.push(items);
        match fault {
            Some(_) => Err(CommitError::Unavailable(down())),
            None => Ok(()),
        }
    }
}

/// Step Functions: whichever executor is running now.
#[derive(Clone)]
pub(crate) struct SimWorkflow {
    pub(crate) line: Line,
    pub(crate) running: Running,
}

/// The executor of the moment.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<Option<Arc<Executor>>>>);

impl Running {
    pub(crate) fn set(&self, executor: Arc<Executor>) {
        *self.0.lock() = Some(executor);
    }

    /// Stops the executor and lets go of it.
    pub(crate) fn end(&self) {
        let executor = self.0.lock().take();
        if let Some(executor) = executor {
            executor.stop();
        }
    }

    pub(crate) fn get(&self) -> Arc<Executor> {
        let running = self.0.lock();
        Arc::clone(running.as_ref().expect("a world has an executor"))
    }
}

impl SimWorkflow {
    /// Answers a waiting task.
    async fn answer(
        &self,
        answer: impl FnOnce(&Arc<Executor>) -> Result<(), StatesError> + Send,
    ) -> Result<(), WorkflowError> {
        let fault = self.line.call(Place::Workflow).await;
        if fault != Some(Fault::Before) {
            match answer(&self.running.get()) {
                Ok(()) => {}
                Err(StatesError::TaskTimedOut | StatesError::InvalidToken) => {
                    return Err(WorkflowError::TokenGone);
                }
                Err(error) => return Err(WorkflowError::Unavailable(error.to_string())),
            }
        }
        match fault {
            Some(_) => Err(WorkflowError::Unavailable(down())),
            None => Ok(()),
        }
    }
}

impl Workflow for SimWorkflow {
    async fn start(&self, machine: &str, request: RequestId) -> Result<(), WorkflowError> {
        let fault = self.line.call(Place::Workflow).await;
        if fault != Some(Fault::Before) {
            let name = request.to_string();
            let executor = self.running.get();
            match executor.start(machine, &name, json!({ "requestId": request })) {
                Ok(_) | Err(StatesError::ExecutionAlreadyExists(_)) => {}
                Err(error) => return Err(WorkflowError::Unavailable(error.to_string())),
            }
        }
        match fault {
            Some(_) => Err(WorkflowError::Unavailable(down())),
            None => Ok(()),
        }
    }

    /// A function that runs since before an outage may know it.
    async fn versions(&self, alias: &str) -> Result<Vec<RoutedVersion>, WorkflowError> {
        let Line { faults, clock, .. } = &self.line;
        if faults.is_down(Place::Workflow, clock.now()) && faults.below(2) == 0 {
            return Err(WorkflowError::Unavailable(down()));
        }
        let arn = self.running.get().version(alias);
        let route = |arn| RoutedVersion { arn, percent: 100 };
        Ok(arn.map(route).into_iter().collect())
    }

    async fn definition(&self, version: &str) -> Result<String, WorkflowError> {
        let definition = self.running.get().definition(version);
        definition.ok_or_else(|| WorkflowError::Malformed(version.to_owned()))
    }

    async fn succeed(&self, token: &TaskToken, outcome: &Outcome) -> Result<(), WorkflowError> {
        let answer =
            |executor: &Arc<Executor>| executor.send_task_success(token.as_str(), json!(outcome));
        self.answer(answer).await
    }

    async fn fail(&self, token: &TaskToken, error: &str) -> Result<(), WorkflowError> {
        let answer = |executor: &Arc<Executor>| {
            executor.send_task_failure(token.as_str(), error.to_owned(), String::new())
        };
        self.answer(answer).await
    }
}
