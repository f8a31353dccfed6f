//! What a port in memory was asked, and what its next calls fail with.

use parking_lot::Mutex;

/// Remembers calls in their order, and fails those that it is told to.
#[derive(Debug)]
pub(crate) struct Recorder<C, E> {
    calls: Mutex<Vec<C>>,
    failures: Mutex<Vec<E>>,
}

impl<C, E> Default for Recorder<C, E> {
    fn default() -> Self {
        Self {
            calls: Mutex::default(),
            failures: Mutex::default(),
        }
    }
}

impl<C: Clone, E> Recorder<C, E> {
    /// The calls that did not fail, oldest first.
    pub(crate) fn calls(&self) -> Vec<C> {
        self.calls.lock().clone()
    }

    /// Makes the next call fail.
    pub(crate) fn fail_next(&self, error: E) {
        self.failures.lock().push(error);
    }

    /// Takes a call, or fails it.
    pub(crate) fn call(&self, call: C) -> Result<(), E> {
        let mut failures = self.failures.lock();
        if let Some(error) = failures.pop() {
            return Err(error);
        }
        self.calls.lock().push(call);
        Ok(())
    }
}
