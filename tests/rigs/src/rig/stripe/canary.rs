//! What must be seen nowhere: the key, and what the customer wrote. Everything that is logged while a rig
//! plays is heard, and every error and audit record is taken down with it.

use std::{
    future::Future,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{bail, ensure};
use parking_lot::Mutex;
use tokio::runtime::Runtime;
use tracing::{Dispatch, Level, dispatcher};

/// The key that the rigs use, where nothing else is asked for.
pub(super) const KEY: &str = "sk_test_canary";
/// The customer of most rows.
pub(super) const EMAIL: &str = "ada@example.com";

/// The key, every customer's address and the notes, as they are and as addresses and forms spell them.
const CANARIES: [&str; 6] = [
    "test_canary",
    "Bearer",
    "@example",
    "%40example",
    "Charged twice",
    "Charged+twice",
];

/// Hears what is logged, at every level, and keeps what is said.
#[derive(Clone, Default)]
pub(super) struct Ears {
    heard: Text,
    said: Text,
    rows: Arc<AtomicUsize>,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = self.0.lock();
        text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Text {
    fn read(&self) -> String {
        let text = self.0.lock();
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Ears {
    /// Where everything that is to be heard has to be logged.
    pub(super) fn dispatch(&self) -> Dispatch {
        let heard = self.heard.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(Level::TRACE)
            .with_writer(move || heard.clone());
        Dispatch::new(subscriber.finish())
    }

    /// Keeps an error or a record, in one line.
    pub(super) fn note(&self, text: &str) {
        let line = text.replace('\n', " ");
        // Memory takes everything.
        let _ = writeln!(self.said.clone(), "{line}");
    }

    /// Another row begins.
    pub(super) fn row(&self) {
        self.rows.fetch_add(1, Ordering::Relaxed);
    }

    /// Fails if anything that must be seen nowhere was heard or said, or if there was nothing to look at.
    pub(super) fn look(&self) -> anyhow::Result<String> {
        let (heard, said) = (self.heard.read(), self.said.read());
        for line in heard.lines().chain(said.lines()) {
            if let Some(canary) = CANARIES.iter().find(|canary| line.contains(**canary)) {
                bail!("{canary} is in: {line}");
            }
        }
        let (rows, lines) = (self.rows.load(Ordering::Relaxed), heard.lines().count());
        let texts = said.lines().count();
        ensure!(rows > 0 && texts > 0, "there was nothing to look at");
        Ok(format!(
            "{rows} rows, {lines} log lines, {texts} errors and records"
        ))
    }
}

/// What a rig checks at its end.
pub(super) fn check(checks: &mut crate::Checks<'_>, ears: &Ears) {
    let what = "nothing of the key or the customer is logged or said";
    match ears.look() {
        Ok(seen) => checks.check(&format!("{what}: {seen}"), Ok(())),
        Err(error) => checks.check(what, Err(error)),
    }
    checks.check("and it would be noticed", each_is_noticed());
}

/// Each canary that is let out is noticed, on this thread, on another one, and in an error.
fn each_is_noticed() -> anyhow::Result<()> {
    let leaks = [on_this_thread, on_another, in_an_error];
    for (canary, leak) in CANARIES
        .into_iter()
        .flat_map(|canary| leaks.map(|leak| (canary, leak)))
    {
        let ears = Ears::default();
        ears.row();
        ears.note("an error");
        let workers = workers(&ears)?;
        leak(&workers, &ears, canary);
        ensure!(ears.look().is_err(), "{canary} was not noticed");
    }
    Ok(())
}

fn on_this_thread(workers: &Runtime, ears: &Ears, canary: &'static str) {
    wait(workers, ears, async { tracing::trace!(canary) });
}

fn on_another(workers: &Runtime, ears: &Ears, canary: &'static str) {
    let leak = workers.spawn(async move { tracing::trace!(canary) });
    // What did not come to its end was not heard, and is missed by the look.
    let _ = wait(workers, ears, leak);
}

fn in_an_error(_workers: &Runtime, ears: &Ears, canary: &'static str) {
    ears.note(&format!("{:?}", anyhow::anyhow!("refused: {canary}")));
}

/// Threads whose logs are heard.
pub(super) fn workers(ears: &Ears) -> io::Result<Runtime> {
    let dispatch = ears.dispatch();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // For as long as the thread lives.
        .on_thread_start(move || std::mem::forget(dispatcher::set_default(&dispatch)))
        .build()
}

/// Waits on this thread, whose logs are heard meanwhile.
pub(super) fn wait<T>(runtime: &Runtime, ears: &Ears, future: impl Future<Output = T>) -> T {
    dispatcher::with_default(&ears.dispatch(), || runtime.block_on(future))
}
