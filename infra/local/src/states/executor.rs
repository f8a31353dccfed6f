//! All executions: drives them, invokes functions, and fires timers.
//!
//! An execution is driven by whatever gives it something to do: its start, an answer, or its due time.
//! All of that is counted in the [`TimerQueue`], which is how [`Executor::idle`] knows.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{runtime::Handle, task::AbortHandle};

use super::{
    TaskError, TaskRunner,
    error::OpenError,
    execution::{Execution, Invocation, Step},
    machine::{Definition, Machine},
    resume::resume,
    shared::Shared,
    store::Store,
    timer_queue::UnderWay,
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
    timers: AbortHandle,
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
        let shared = Arc::new(Shared::new(clock, Store::new(data), options.seed));
        let published = options.machines.into_iter();
        let published = published.map(|(arn, Definition(it))| Ok((arn, shared.store.share(it)?)));
        let published = published.collect::<io::Result<HashMap<_, _>>>()?;
        let mut resumed = Vec::new();
        for file in shared.store.journals()? {
            resumed.extend(resume(&shared, &file)?.map(Arc::new));
        }
        let by_name = resumed.iter();
        let by_name = by_name.map(|it| (Arc::clone(it.name()), Arc::clone(it)));
        let executor = Arc::new_cyclic(|executor: &Weak<Executor>| {
            let timers = fire_when_due(executor.clone(), Arc::clone(&shared));
            Executor {
                timers: runtime.spawn(timers).abort_handle(),
                runner,
                runtime,
                machines: Mutex::new(published),
                executions: Mutex::new(by_name.collect()),
                shared,
            }
        });
        // Only now, when nothing more can fail, do they run on.
        for execution in resumed {
            executor.drive(execution, executor.shared.queue.begin());
        }
        Ok(executor)
    }

    /// Stops, as if the process had been killed: when this returns, nothing more is recorded. Functions
    /// under way run on, but their answers are not heard.
    pub fn stop(&self) {
        let executions = lock(&self.executions);
        self.shared.queue.close();
        for execution in executions.values() {
            execution.finish_recording();
        }
        self.timers.abort();
    }

    /// Returns once everything that is due by the clock has run and every invoked function has
    /// answered, so that only future timers and tokens are left. At once when the executor is stopped.
    pub async fn idle(self: &Arc<Self>) {
        let mut changes = self.shared.queue.changes();
        loop {
            changes.mark_unchanged();
            self.fire_due();
            if self.shared.queue.is_settled(self.shared.clock.now()) {
                return;
            }
            // The queue, which is the sender, lives as long as `self`.
            let _ = changes.changed().await;
        }
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
    pub async fn advance(self: &Arc<Self>, by: Duration) -> io::Result<()> {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let end = later(self.shared.clock.now(), by);
        loop {
            self.idle().await;
            match self.next_timer() {
                Some(due) if due <= end => self.shared.clock.jump_to(due)?,
                _ => break,
            }
        }
        self.shared.clock.jump_to(end)?;
        self.idle().await;
        Ok(())
    }

    fn fire_due(self: &Arc<Self>) {
        for (name, under_way) in self.shared.queue.take_due(self.shared.clock.now()) {
            let execution = lock(&self.executions).get(&name).cloned();
            if let Some(execution) = execution {
                self.drive(execution, under_way);
            }
        }
    }

    /// Takes steps until the execution can only wait.
    pub(crate) fn drive(self: &Arc<Self>, execution: Arc<Execution>, under_way: UnderWay) {
        let executor = Arc::clone(self);
        self.runtime.spawn(async move {
            loop {
                match execution.step() {
                    Ok(Step::Again) => tokio::task::yield_now().await,
                    Ok(Step::Invoke(invocation)) => {
                        executor.invoke(Arc::clone(&execution), invocation);
                    }
                    Ok(Step::Rest) => break,
                    Err(error) => return stalled(&execution, &error),
                }
            }
            drop(under_way);
        });
    }

    fn invoke(self: &Arc<Self>, execution: Arc<Execution>, mut invocation: Invocation) {
        let executor = Arc::clone(self);
        let under_way = self.shared.queue.begin();
        let function = std::mem::take(&mut invocation.function);
        let payload = std::mem::take(&mut invocation.payload);
        self.runtime.spawn(async move {
            if executor.shared.queue.is_closed() {
                return;
            }
            let runner = Arc::clone(&executor.runner);
            // In a task of its own, so that a panic in it is a function's failure and not ours.
            let call = tokio::spawn(async move { runner.invoke(function, payload).await });
            let answer = call.await.unwrap_or_else(|crash| Err(crashed(&crash)));
            match execution.take_answer(&invocation, answer) {
                Ok(()) => executor.drive(execution, under_way),
                Err(error) => stalled(&execution, &error),
            }
        });
    }
}

/// Fires timers as real time passes or the clock is moved.
async fn fire_when_due(executor: Weak<Executor>, shared: Arc<Shared>) {
    let mut changes = shared.queue.changes();
    loop {
        changes.mark_unchanged();
        // The executor's drop aborts this task, and before it is made there is nothing to fire.
        if let Some(executor) = executor.upgrade() {
            executor.fire_due();
        }
        let change = changes.changed();
        let _ = match shared.queue.next_due() {
            Some(due) => tokio::select! {
                seen = change => seen,
                () = shared.clock.sleep_until(due) => Ok(()),
            },
            None => change.await,
        };
    }
}

fn crashed(crash: &tokio::task::JoinError) -> TaskError {
    TaskError {
        error: "Lambda.Unknown".to_string(),
        cause: format!("The function did not answer: {crash}"),
    }
}

/// What cannot be recorded must not happen, so the execution stays where it is.
fn stalled(execution: &Execution, error: &io::Error) {
    tracing::error!(
        execution = %execution.name(),
        %error,
        "the execution cannot be recorded and stands still until the stack is restarted"
    );
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.timers.abort();
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
