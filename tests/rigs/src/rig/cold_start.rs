//! How big the deployed functions are and how soon they are ready: the release build as it is deployed,
//! beside an equivalent Python function and a Lambda function that does nothing, in the same run.
//!
//! What is measured is the time from the start of a process to its first question for an event, on this
//! machine. Lambda adds its own time before that, which is the same for all. Beside that, what the two
//! implementations of TLS's cryptography cost a function (`tls.rs`).

mod parts;
mod start;
mod tls;

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::ensure;
pub(super) use start::environment;
use start::ready;

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{command, stdout},
    install,
};

const NAME: &str = "cold-start";
/// What a deployed function may weigh. Lambda loads what it runs, and a dependency that doubles it
/// should not slip in.
const BUDGET_BYTES: u64 = 8 * 1024 * 1024;
/// How much faster than Python a function has to be, so that a slow start cannot slip in either.
const TIMES_FASTER: u32 = 5;

pub(super) struct ColdStart;

impl Rig for ColdStart {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "the functions as they are deployed are small, and ready long before a Python function is"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let functions = functions(checkout.root())?;
        let mut build = command("cargo", checkout.root());
        build.args(["build", "--release", "--quiet"]);
        for function in &functions {
            build.args(["-p", function]);
        }
        stdout(&mut build)?;

        let release = checkout.root().join("target/release");
        let scratch = checkout.scratch(NAME)?;
        let bare = parts::build(checkout, &scratch, "bare", "bare")?;
        let bare = ready(&mut Command::new(bare))?;
        let python = install::python(checkout, NAME)?.join("python");
        let handler = checkout.tool_list(NAME, "handler.py");
        let python = ready(Command::new(python).arg(handler))?;
        checks.check(
            &format!("a bare function is ready after {}", shown(bare)),
            Ok(()),
        );
        checks.check(
            &format!("the Python function is ready after {}", shown(python)),
            Ok(()),
        );
        for function in &functions {
            let binary = release.join(function);
            let bytes = fs::metadata(&binary)?.len();
            let time = ready(&mut Command::new(&binary))?;
            let what = format!(
                "{function}: {}, ready after {}: {} of a bare function, {} of Python",
                megabytes(bytes),
                shown(time),
                ratio(time, bare),
                ratio(time, python),
            );
            checks.check(&what, good(bytes, time, python));
        }
        tls::compare(checkout, &scratch, python, checks)
    }
}

fn good(bytes: u64, time: Duration, python: Duration) -> anyhow::Result<()> {
    ensure!(bytes <= BUDGET_BYTES, "more than {BUDGET_BYTES} bytes");
    ensure!(
        time * TIMES_FASTER < python,
        "not {TIMES_FASTER} times as fast"
    );
    Ok(())
}

/// The functions are the folders of `functions/`.
fn functions(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("functions"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

fn shown(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

fn ratio(time: Duration, to: Duration) -> String {
    hundredths(time.as_micros(), to.as_micros())
}

fn hundredths(part: u128, of: u128) -> String {
    let hundredths = part * 100 / of.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_tenths_and_compared_in_hundredths() {
        assert_eq!(megabytes(6_780_000), "6.7 MB");
        assert_eq!(shown(Duration::from_micros(7_250)), "7.2 ms");
        assert_eq!(
            ratio(Duration::from_micros(1_500), Duration::from_millis(1)),
            "1.50"
        );
    }
}
