//! Publishes the state machines: at the start, and again when a generated file changes, as a deployment would. What
//! is under way ends under the version that it started with.

use std::{path::Path, sync::Arc, time::Duration, time::SystemTime};

use anyhow::Context;
use tracing::{error, info};

use crate::{states::Executor, template::Machine};

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// Publishes a state machine.
pub(super) fn publish(machine: &Machine, executor: &Executor) -> anyhow::Result<()> {
    let defined = executor.define(&machine.arn, &machine.load()?);
    let path = machine.definition.display();
    defined.with_context(|| format!("{path} is not a state machine that can run here"))
}

/// Looks after the generated files for as long as it is polled.
pub(super) async fn on_change(machines: Vec<Machine>, executor: Arc<Executor>) {
    let mut seen: Vec<_> = machines.iter().map(|it| written(&it.definition)).collect();
    loop {
        tokio::time::sleep(PAUSE).await;
        for (machine, seen) in machines.iter().zip(&mut seen) {
            let now = written(&machine.definition);
            if now.is_none() || now == *seen {
                continue;
            }
            match publish(machine, &executor) {
                Ok(()) => info!("published {} anew", machine.definition.display()),
                Err(problem) => error!("{problem:#}; the version before stays"),
            }
            *seen = now;
        }
    }
}

/// When a file was written.
fn written(file: &Path) -> Option<SystemTime> {
    file.metadata().ok()?.modified().ok()
}
