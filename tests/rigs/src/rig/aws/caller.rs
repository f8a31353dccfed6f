//! One Python process for all calls to AWS: to start one and load boto3 takes longer than most calls do.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, bail};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Calls AWS by boto3's names, with `tools/sam-cli/call.py`.
#[derive(Debug, Default)]
pub(super) struct Caller(Mutex<Option<Python>>);

#[derive(Debug)]
struct Python {
    process: Child,
    /// Closed, the process ends.
    calls: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Caller {
    /// Makes a call. The first one starts the command.
    pub(super) fn call(
        &self,
        command: impl FnOnce() -> anyhow::Result<Command>,
        call: (&str, &str, &Value),
    ) -> anyhow::Result<Value> {
        let mut running = self.0.lock();
        let mut python = match running.take() {
            Some(python) => python,
            None => Python::start(command()?)?,
        };
        let mut said = python.call(call)?;
        *running = Some(python);
        if let Some(error) = said["error"].as_str() {
            bail!("{error}");
        }
        Ok(said["answer"].take())
    }
}

impl Python {
    fn start(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start Python")?;
        let answers = process.stdout.take().context("stdout is piped")?;
        Ok(Self {
            calls: process.stdin.take(),
            answers: BufReader::new(answers),
            process,
        })
    }

    fn call(
        &mut self,
        (service, operation, arguments): (&str, &str, &Value),
    ) -> anyhow::Result<Value> {
        let calls = self.calls.as_mut().context("stdin is piped")?;
        writeln!(calls, "{}", json!([service, operation, arguments]))?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("Python ended")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.calls.take());
        let _ = self.process.wait();
    }
}
