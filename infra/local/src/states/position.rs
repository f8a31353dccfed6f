//! Where an execution can be: between states, in one, or at its end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// Where an execution is.
#[derive(Debug)]
pub(crate) enum Position {
    /// About to enter a state.
    Between {
        next: String,
        input: Value,
    },
    /// In a state.
    In(StateVisit),
    /// The last state ended; only the end of the execution is not recorded yet.
    Finished {
        output: Value,
    },
    Succeeded,
    /// It failed; a redrive goes on from where it was.
    Failed(Box<Position>),
    /// The whole execution timed out; a redrive goes on from where it was.
    TimedOut(Box<Position>),
}

/// One visit of a state.
#[derive(Debug)]
pub(crate) struct StateVisit {
    pub(crate) state: String,
    pub(crate) input: Value,
    pub(crate) entered_at: Timestamp,
    /// How often each retrier has retried, by its index.
    pub(crate) retries: BTreeMap<usize, u32>,
    pub(crate) phase: Phase,
}

/// How far a visit of a state is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Nothing was tried yet.
    Ready,
    /// A Wait, or the delay before a retry.
    WaitingUntil(Timestamp),
    Running(Attempt),
    /// A Task has its result; its Output and Assign are still to be evaluated.
    Answered {
        result: Value,
    },
    /// Retry and Catch are still to decide.
    Failed {
        error: String,
        cause: String,
    },
}

/// One try of a Task.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Counts the tries of the whole execution from 1.
    pub(crate) number: usize,
    pub(crate) token: Option<String>,
    pub(crate) deadline: Option<Timestamp>,
    /// The function returned and only the token's answer is awaited.
    pub(crate) submitted: bool,
}

impl Position {
    /// The state that it is in.
    pub(crate) fn visit(&self) -> Option<&StateVisit> {
        if let Position::In(visit) = self {
            Some(visit)
        } else {
            None
        }
    }

    /// Where a redriven execution goes on that ended here: a state that had begun begins again, with all
    /// of its retries. What was over stays over.
    pub(crate) fn rerun(self) -> Position {
        if let Position::In(visit) = self {
            Position::In(StateVisit {
                retries: BTreeMap::new(),
                phase: Phase::Ready,
                ..visit
            })
        } else {
            self
        }
    }
}

impl Phase {
    /// The try of a Task that is under way.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        if let Phase::Running(attempt) = self {
            Some(attempt)
        } else {
            None
        }
    }

    /// When it ends by the passing of time alone.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self {
            Phase::WaitingUntil(until) => Some(*until),
            Phase::Running(attempt) => attempt.deadline,
            Phase::Ready | Phase::Answered { .. } | Phase::Failed { .. } => None,
        }
    }

    pub(crate) fn failed(error: &str, cause: &str) -> Phase {
        Phase::Failed {
            error: error.to_string(),
            cause: cause.to_string(),
        }
    }
}
