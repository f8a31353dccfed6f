//! What a port in memory was asked, and what its next calls fail with.

use std::sync::{Mutex, PoisonError};

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
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.clone()
    }

    /// Makes the next call fail.
    pub(crate) fn fail_next(&self, error: E) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.push(error);
    }

    /// Takes a call, or fails it.
    pub(crate) fn call(&self, call: C) -> Result<(), E> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failures.pop() {
            return Err(error);
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        Ok(())
    }
}
