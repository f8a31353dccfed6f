//! The one source of time of the local stack.
//!
//! Time is the system's plus an offset that only grows, so a person can let seven days pass at once
//! and every timer that became due fires. Nothing else in this package reads the system time.
//!
//! A [`Clock::fixed`] clock stands still until it is moved: simulations use it, so that a run depends
//! on nothing but its seed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::journal::replace_file;

/// How long one real sleep may be. Sleeping in short steps notices that the system's time moved
/// while the machine was suspended, which a monotonic sleep does not.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// A clock whose time can be moved forward. Clones share the same time.
#[derive(Debug, Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The time before any jump, in place of the system's.
    fixed: Option<Timestamp>,
    offset: watch::Sender<SignedDuration>,
    /// The latest time anyone has seen: the system's time may step back, this clock never does.
    latest: Mutex<Timestamp>,
    file: Option<PathBuf>,
}

/// What the offset file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    offset: SignedDuration,
}

impl Clock {
    /// The system's time. Its offset starts at zero and is kept nowhere.
    pub fn system() -> Clock {
        Clock::new(None, SignedDuration::ZERO, None)
    }

    /// The system's time plus the offset that `file` keeps. The file appears with the first jump.
    pub fn open(file: &Path) -> io::Result<Clock> {
        let offset = match fs::read(file) {
            Ok(text) => {
                let saved: Saved = serde_json::from_slice(&text).map_err(|error| {
                    let problem = format!(
                        "{} does not hold a clock offset ({error}): delete it to return to the present",
                        file.display()
                    );
                    io::Error::new(io::ErrorKind::InvalidData, problem)
                })?;
                saved.offset
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => SignedDuration::ZERO,
            Err(error) => return Err(error),
        };
        Ok(Clock::new(None, offset, Some(file.to_path_buf())))
    }

    /// A clock that stands at `start` until it is moved.
    pub fn fixed(start: Timestamp) -> Clock {
        Clock::new(Some(start), SignedDuration::ZERO, None)
    }

    fn new(fixed: Option<Timestamp>, offset: SignedDuration, file: Option<PathBuf>) -> Clock {
        Clock {
            shared: Arc::new(Shared {
                fixed,
                offset: watch::Sender::new(offset),
                latest: Mutex::new(Timestamp::MIN),
                file,
            }),
        }
    }

    /// The time by this clock. Never earlier than what an earlier call returned.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the stack reads the clock"
    )]
    pub fn now(&self) -> Timestamp {
        let base = self.shared.fixed.unwrap_or_else(Timestamp::now);
        let mut latest = self.shared.latest.lock();
        *latest = later(base, self.offset()).max(*latest);
        *latest
    }

    /// How far this clock has been moved ahead.
    pub fn offset(&self) -> SignedDuration {
        *self.shared.offset.borrow()
    }

    /// Moves the clock ahead by `by` and wakes all sleepers that became due.
    pub fn jump(&self, by: Duration) -> io::Result<()> {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut result = Ok(());
        self.shared.offset.send_if_modified(|offset| {
            let next = offset.saturating_add(by);
            if next == *offset {
                return false;
            }
            // Kept before anyone can see it, so that a restart never goes back in time.
            result = self.shared.keep(next);
            if result.is_ok() {
                *offset = next;
            }
            result.is_ok()
        });
        result
    }

    /// Moves the clock ahead so that it is at least `at`. Does nothing when that has passed.
    pub fn jump_to(&self, at: Timestamp) -> io::Result<()> {
        self.jump(self.missing(at))
    }

    /// Returns once the time is `at` or later: because time passed or because it was moved.
    pub async fn sleep_until(&self, at: Timestamp) {
        // Subscribed before the time is read, so no jump in between is missed.
        let mut offset = self.shared.offset.subscribe();
        loop {
            let missing = self.missing(at);
            if missing.is_zero() {
                return;
            }
            // However it ends, the loop looks at the time again. The sender lives as long as `self`.
            let jump = offset.changed();
            if self.shared.fixed.is_some() {
                let _ = jump.await;
            } else {
                let _ = tokio::time::timeout(missing.min(LONGEST_SLEEP), jump).await;
            }
        }
    }

    fn missing(&self, at: Timestamp) -> Duration {
        Duration::try_from(self.now().duration_until(at)).unwrap_or_default()
    }
}

impl Shared {
    fn keep(&self, offset: SignedDuration) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        replace_file(file, &serde_json::to_vec(&Saved { offset })?)
    }
}

/// The time so many seconds later, or the end of time.
pub(crate) fn after(base: Timestamp, seconds: i64) -> Timestamp {
    later(base, SignedDuration::from_secs(seconds))
}

/// The time so much later, or the end of time.
pub(crate) fn later(base: Timestamp, by: SignedDuration) -> Timestamp {
    base.saturating_add(by)
        .expect("a duration without calendar units can always be added")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_hours(7 * 24);

    #[tokio::test]
    async fn a_jump_wakes_a_sleeper_of_the_system_clock() {
        let clock = Clock::system();
        let due = later(clock.now(), SignedDuration::from_hours(24));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(due).await }
        });
        clock.jump(Duration::from_hours(23)).unwrap();
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished(), "an hour is missing");
        clock.jump(Duration::from_hours(1)).unwrap();
        sleeper.await.unwrap();
        assert!(clock.now() >= due);
    }

    #[tokio::test]
    async fn real_time_passing_wakes_a_sleeper() {
        let clock = Clock::system();
        let due = later(clock.now(), SignedDuration::from_millis(5));
        clock.sleep_until(due).await;
        assert!(clock.now() >= due);
    }

    #[tokio::test]
    async fn a_fixed_clock_moves_only_when_told() {
        let start: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let clock = Clock::fixed(start);
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert_eq!(clock.now(), start);
        clock.jump(WEEK).unwrap();
        assert_eq!(clock.now().to_string(), "2026-11-09T09:00:00Z");
        clock.jump_to(start).unwrap();
        assert_eq!(clock.now().to_string(), "2026-11-09T09:00:00Z");
    }

    #[test]
    fn the_offset_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/clock.json");
        let clock = Clock::open(&file).unwrap();
        assert_eq!(clock.offset(), SignedDuration::ZERO);
        clock.jump(WEEK).unwrap();
        let reopened = Clock::open(&file).unwrap();
        assert_eq!(reopened.offset(), SignedDuration::from_hours(168));
        assert!(clock.now() <= reopened.now());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock.json");
        fs::write(&file, "tomorrow").unwrap();
        let problem = Clock::open(&file).unwrap_err().to_string();
        assert!(
            problem.contains("clock.json") && problem.contains("delete it"),
            "{problem}"
        );
    }

    #[test]
    fn the_far_future_is_the_end_of_time_and_no_panic() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        clock.jump(Duration::MAX).unwrap();
        clock.jump(Duration::MAX).unwrap();
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
