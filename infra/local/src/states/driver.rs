//! Drives executions: takes their steps, invokes functions, and fires timers.
//!
//! An execution is driven by whatever gives it something to do: its start, an answer, or its due time.
//! All of that is counted in the [`Agenda`], which is how [`Executor::idle`] knows.

use std::{
    io,
    sync::{Arc, Weak},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    TaskError,
    agenda::{Agenda, UnderWay},
    execution::{Execution, Invocation, Step},
    executor::{Executor, lock},
    run::later,
};
use crate::clock::Clock;

impl Executor {
    /// Returns once everything that is due by the clock has run and every invoked function has
    /// answered, so that only future timers and tokens are left. At once when the executor is stopped.
    pub async fn idle(self: &Arc<Self>) {
        let mut changes = self.agenda.changes();
        loop {
            changes.mark_unchanged();
            self.fire_due();
            if self.agenda.is_settled(self.clock.now()) {
                return;
            }
            // The agenda, which is the sender, lives as long as `self`.
            let _ = changes.changed().await;
        }
    }

    /// When time alone will give something to do next. Exact when the executor is idle.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    /// Lets time pass: moves the clock from one due timer to the next, idle in between, up to so much
    /// later than now. So a wait of seven days followed by one of a day takes eight.
    ///
    /// # Errors
    /// When the clock's offset cannot be kept.
    pub async fn advance(self: &Arc<Self>, by: Duration) -> io::Result<()> {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let end = later(self.clock.now(), by);
        loop {
            self.idle().await;
            match self.next_timer() {
                Some(due) if due <= end => self.clock.jump_to(due)?,
                _ => break,
            }
        }
        self.clock.jump_to(end)?;
        self.idle().await;
        Ok(())
    }

    pub(crate) fn fire_due(self: &Arc<Self>) {
        for (arn, under_way) in self.agenda.take_due(self.clock.now()) {
            let execution = lock(&self.executions).get(&arn).cloned();
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
                match execution.step(&executor.clock, executor.options.seed, &executor.agenda) {
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
        if let Some(token) = &invocation.token {
            lock(&self.tokens).insert(token.clone(), Arc::clone(&execution));
        }
        let executor = Arc::clone(self);
        let under_way = self.agenda.begin();
        let function = std::mem::take(&mut invocation.function);
        let payload = std::mem::take(&mut invocation.payload);
        self.runtime.spawn(async move {
            if executor.agenda.is_closed() {
                return;
            }
            let runner = Arc::clone(&executor.runner);
            // In a task of its own, so that a panic in it is a function's failure and not ours.
            let call = tokio::spawn(async move { runner.invoke(function, payload).await });
            let answer = call.await.unwrap_or_else(|crash| Err(crashed(&crash)));
            match execution.take_answer(&invocation, answer, &executor.clock) {
                Ok(()) => executor.drive(execution, under_way),
                Err(error) => stalled(&execution, &error),
            }
        });
    }
}

/// Fires timers as real time passes or the clock is moved.
pub(crate) async fn fire_when_due(executor: Weak<Executor>, clock: Clock, agenda: Arc<Agenda>) {
    let mut changes = agenda.changes();
    loop {
        changes.mark_unchanged();
        // The executor's drop aborts this task, and before it is made there is nothing to fire.
        if let Some(executor) = executor.upgrade() {
            executor.fire_due();
        }
        let change = changes.changed();
        let _ = match agenda.next_due() {
            Some(due) => tokio::select! {
                seen = change => seen,
                () = clock.sleep_until(due) => Ok(()),
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
        execution = execution.arn(),
        %error,
        "the execution cannot be recorded and stands still until the stack is restarted"
    );
}
