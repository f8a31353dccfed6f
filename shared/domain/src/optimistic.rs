//! Optimistic updates: read, decide, and write on the condition that nobody else wrote in between; when somebody
//! did, start over with what is stored now.

use std::future::Future;

use crate::failure::Failure;
use crate::table::{CommitError, ReadError};

/// How often an update is tried. Each lost attempt means that another write succeeded, so this many others would
/// have to write to the same item within one update. The counter of an offering has the most writers: as many
/// submissions as the route's burst lets in at once, which is 20.
pub const ATTEMPTS: usize = 32;

/// Why an attempt at an update was not finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttemptError {
    /// Somebody else wrote first. Another attempt may find something else to do.
    #[error("somebody else wrote first")]
    Conflict,
    /// Another attempt would not help just now.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<CommitError> for AttemptError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => AttemptError::Conflict,
            CommitError::Unavailable(_) => AttemptError::Failed(error.into()),
        }
    }
}

impl From<ReadError> for AttemptError {
    fn from(error: ReadError) -> Self {
        AttemptError::Failed(error.into())
    }
}

/// Tries an update until it is finished. Each attempt reads anew what it decides on.
pub async fn update<T, A>(attempt: impl Fn() -> A) -> Result<T, Failure>
where
    A: Future<Output = Result<T, AttemptError>>,
{
    let mut attempts = Attempts::default();
    loop {
        if let Some(result) = attempts.finish(attempt().await) {
            return result;
        }
    }
}

/// Counts the attempts at one update and decides whether there is another one, where more than that happens between
/// them; see [`update`].
#[derive(Debug, Default)]
pub struct Attempts {
    lost: usize,
}

impl Attempts {
    /// What the update comes to, or `None` if it is to be tried again.
    pub fn finish<T>(&mut self, attempt: Result<T, AttemptError>) -> Option<Result<T, Failure>> {
        match attempt {
            Ok(done) => Some(Ok(done)),
            Err(AttemptError::Failed(failure)) => Some(Err(failure)),
            Err(AttemptError::Conflict) => {
                self.lost += 1;
                (self.lost >= ATTEMPTS).then(|| Err(CommitError::Conflict.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lost_race_is_run_again_and_not_without_end() {
        let mut attempts = Attempts::default();
        for _ in 1..ATTEMPTS {
            assert_eq!(attempts.finish::<()>(Err(AttemptError::Conflict)), None);
        }
        let last = attempts.finish::<()>(Err(AttemptError::Conflict));
        assert_eq!(last, Some(Err(CommitError::Conflict.into())));

        let failure = Failure::RequestNotFound;
        let failed = Attempts::default().finish::<()>(Err(failure.clone().into()));
        assert_eq!(failed, Some(Err(failure)));
        assert_eq!(Attempts::default().finish(Ok(1)), Some(Ok(1)));
    }
}
