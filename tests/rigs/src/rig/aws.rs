//! The template on AWS, or on an emulator of it: built and deployed by SAM, used, changed and torn down, in the same
//! steps. Only the [`Target`](deployment::Target) says which.

mod caller;
pub(super) mod changed;
pub(super) mod deployment;
pub(super) mod events;
pub(super) mod lifecycle;
pub(super) mod redeploy;
pub(super) mod stack;
pub(super) mod stripe;
pub(super) mod tear_down;

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::bail;

/// The pause between two looks at what AWS says.
const PAUSE: Duration = Duration::from_secs(2);

/// Tries until it succeeds, and gives the last error when that takes longer than the limit.
pub(super) fn until<T>(
    limit: Duration,
    attempt: impl Fn() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Ok(found) => return Ok(found),
            Err(error) if begun.elapsed() > limit => {
                bail!("after {} s: {error:#}", limit.as_secs())
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
