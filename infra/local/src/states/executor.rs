//! All executions: drives them, invokes functions, and fires timers.
//!
//! An execution is driven by whatever gives it something to do: its start, an answer, or its due time.
//! All of that is counted in the [`TimerQueue`], which is how [`Executor::idle`] knows.
//!
//! [`TimerQueue`]: super::timer_queue::TimerQueue

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
    sync::{Arc, Weak, atomic::AtomicU64},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{runtime::Handle, sync::watch};

use super::{
    TaskError, TaskRunner,
    decide::decide,
    error::StatesError,
    execution::{Execution, Shared},
    history::result_of_invocation,
    machine::{Definition, Machine},
    record::Fact,
    run::Attempt,
    store::Store,
    timer_queue::{Entries, TimerQueue, UnderWay},
};
use crate::clock::{Clock, later};

/// What can be chosen about an executor.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Makes retry jitter, tokens and random `JSONata` functions repeatable. Tokens can then be guessed:
    /// for simulations only.
    pub seed: Option<u64>,
    /// State machines by their ARNs, published from the start: so that many executors read a definition once.
    pub machines: Vec<(String, Definition)>,
}

/// Executes state machines. Made by [`Executor::open`].
pub struct Executor {
    pub(crate) shared: Arc<Shared>,
    runner: Arc<dyn TaskRunner>,
    runtime: Handle,
    /// The version of each state machine that was published last, by ARN.
    pub(crate) machines: Mutex<HashMap<String, Arc<Machine>>>,
    /// By name.
    pub(crate) executions: Mutex<BTreeMap<Arc<str>, Arc<Execution>>>,
}

impl Executor {
    /// Opens an executor and resumes what its data folder holds: waiting tokens stay valid, timers keep
    /// their due times, and a function that had not answered counts as failed by
    /// `Lambda.SdkClientException`. Without a folder nothing is kept.
    ///
    /// # Errors
    /// When a file of an execution cannot be read, or its records do not fit together.
    pub fn open(
        data: Option<&Path>,
        clock: Clock,
        runner: Arc<dyn TaskRunner>,
        options: Options,
    ) -> io::Result<Arc<Executor>> {
        let no_runtime = "the executor must be opened inside a tokio runtime";
        let runtime = Handle::try_current().map_err(|_| io::Error::other(no_runtime))?;
        let shared = Arc::new(Shared {
            clock,
            store: Store::new(data),
            queue: TimerQueue::default(),
            seed: options.seed,
            changes: AtomicU64::new(0),
        });
        let published = options.machines.into_iter();
        let published = published.map(|(arn, Definition(it))| Ok((arn, shared.store.share(it)?)));
        let published = published.collect::<io::Result<_>>()?;
        let mut executions = BTreeMap::new();
        for file in shared.store.journals()? {
            if let Some(execution) = Execution::resume(&shared, &file)? {
                executions.insert(Arc::clone(&execution.name), Arc::new(execution));
            }
        }
        let resumed: Vec<_> = executions.values().cloned().collect();
        let changes = shared.queue.changes();
        let executor = Arc::new(Executor {
            runner,
            runtime,
            machines: Mutex::new(published),
            executions: Mutex::new(executions),
            shared,
        });
        // Only now, when nothing more can fail, do they run on.
        for execution in resumed {
            executor.drive(execution, executor.shared.queue.begin());
        }
        let timers = fire_when_due(Arc::downgrade(&executor), changes);
        executor.runtime.spawn(timers);
        Ok(executor)
    }

    /// Stops, as if the process had been killed: when this returns, nothing more is recorded. Functions
    /// under way run on, but their answers are not heard.
    pub fn stop(&self) {
        let executions = self.executions.lock();
        self.shared.queue.close();
        for execution in executions.values() {
            execution.read(|_| ());
        }
    }

    /// Returns once everything that is due by the clock has run and every invoked function has
    /// answered, so that only future timers and tokens are left. At once when the executor is stopped.
    pub async fn idle(&self) {
        let clock = &self.shared.clock;
        self.shared.queue.settled(|| clock.now()).await;
    }

    /// When time alone will give something to do next. Exact when the executor is idle.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.shared.queue.next_due()
    }

    /// Lets time pass: moves the clock from one due timer to the next, idle in between, up to so much
    /// later than now. So a wait of seven days followed by one of a day takes eight.
    ///
    /// # Errors
    /// When the clock's offset cannot be kept.
    pub async fn advance(&self, by: Duration) -> io::Result<()> {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let end = later(self.shared.clock.now(), by);
        loop {
            self.idle().await;
            let due = self.next_timer().filter(|due| *due <= end);
            self.shared.clock.jump_to(due.unwrap_or(end))?;
            if due.is_none() {
                self.idle().await;
                return Ok(());
            }
        }
    }

    /// Takes steps until the execution can only wait.
    pub(crate) fn drive(self: &Arc<Self>, execution: Arc<Execution>, under_way: UnderWay) {
        let executor = Arc::clone(self);
        self.runtime.spawn(async move {
            let seed = executor.shared.seed;
            loop {
                match execution.record(|run, now| Ok(decide(run, now, seed))) {
                    Ok(Some((record, fact))) => {
                        let Fact::TaskScheduled {
                            function, payload, ..
                        } = fact
                        else {
                            tokio::task::yield_now().await;
                            continue;
                        };
                        executor.invoke(&execution, record, function, payload);
                    }
                    Ok(None) => break,
                    Err(error) => break stalled(&execution, &error),
                }
            }
            drop(under_way);
        });
    }

    /// Invokes a function for the try that was scheduled by the record of this number.
    fn invoke(
        self: &Arc<Self>,
        execution: &Arc<Execution>,
        record: usize,
        function: String,
        payload: Value,
    ) {
        let (executor, execution) = (Arc::clone(self), Arc::clone(execution));
        let under_way = self.shared.queue.begin();
        self.runtime.spawn(async move {
            if executor.shared.queue.is_closed() {
                return;
            }
            let runner = Arc::clone(&executor.runner);
            // In a task of its own, so that a panic in it is a function's failure and not ours.
            let call = tokio::spawn(async move { runner.invoke(function, payload).await });
            let answer = call.await.unwrap_or_else(|crash| {
                let cause = format!("The function did not answer: {crash}");
                Err(TaskError::new("Lambda.Unknown", &cause))
            });
            let fact = |attempt: &Attempt| match answer {
                Ok(answer) if attempt.token.is_some() => Fact::TaskSubmitted { answer },
                Ok(answer) => Fact::TaskSucceeded {
                    output: result_of_invocation(answer),
                },
                Err(failure) => Fact::TaskFailed(failure),
            };
            let recorded = execution.record(|run, now| {
                let meant = run.awaited(now).filter(|it| it.record == record);
                meant.map(fact).map(Some).ok_or(StatesError::TaskTimedOut)
            });
            match recorded {
                // An answer that nothing waits for any more is dropped.
                Ok(_) | Err(StatesError::TaskTimedOut) => executor.drive(execution, under_way),
                Err(error) => stalled(&execution, &error),
            }
        });
    }
}

/// Fires timers as real time passes or the clock is moved, for as long as there is the executor.
async fn fire_when_due(executor: Weak<Executor>, mut changes: watch::Receiver<Entries>) {
    loop {
        changes.mark_unchanged();
        let Some(executor) = executor.upgrade() else {
            return;
        };
        let clock = executor.shared.clock.clone();
        for (name, under_way) in executor.shared.queue.take_due(clock.now()) {
            let execution = executor.executions.lock().get(&name).cloned();
            if let Some(execution) = execution {
                executor.drive(execution, under_way);
            }
        }
        let due = executor.next_timer().unwrap_or(Timestamp::MAX);
        drop(executor);
        tokio::select! {
            // An error is the end of the executor.
            _ = changes.changed() => {}
            () = clock.sleep_until(due) => {}
        }
    }
}

/// What cannot be recorded must not happen, so the execution stays where it is.
fn stalled(execution: &Execution, error: &StatesError) {
    if matches!(error, StatesError::Stopped) {
        return;
    }
    tracing::error!(
        execution = %execution.name,
        %error,
        "the execution cannot be recorded and stands still until the stack is restarted"
    );
}
