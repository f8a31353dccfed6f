//! Programs that serve until a rig has seen enough.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use testing::TestClient;

use crate::{Checkout, command::command};

/// Runs a program beside a shell that waits for the end of its own standard input. That is a pipe that
/// this process holds, so the shell notices the end of the rig however it comes, `kill -9` included,
/// and then ends the program's whole process group: what a server started ends with it.
const KEEPER: &str = r#"
trap : TERM
{ trap : TERM; "$@" </dev/null; echo "[ended with status $?]"; } &
program=$!
read -r _
kill -TERM 0
{ sleep 10; kill -KILL 0; } &
wait "$program"
kill -KILL 0
"#;
/// What the log says once the program has ended by itself.
const ENDED: &str = "[ended with status";
/// How the local stack says where it serves.
const READY: &str = "Ready on ";
/// How long the local stack may take to start, with all that it has to compile.
const START: Duration = Duration::from_mins(15);
/// How many of a log's last lines a failure shows.
const TAIL: usize = 40;

/// A running program. Dropping it ends it and all that it started.
pub(crate) struct Server {
    name: String,
    log: PathBuf,
    keeper: Child,
}

impl Server {
    /// Starts a program that writes to a log.
    pub(crate) fn start(name: &str, program: &Command, log: PathBuf) -> anyhow::Result<Self> {
        let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut keeper = keeper_of(program);
        keeper
            .stdin(Stdio::piped())
            .stdout(out.try_clone().context("cannot share a log")?)
            .stderr(out);
        let keeper = keeper
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            log,
            keeper,
        })
    }

    /// Waits until the program has written these words.
    pub(crate) fn wait_for_words(&self, words: &str, limit: Duration) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let log = self.log();
            if log.contains(words) {
                return Ok(());
            }
            if log.contains(ENDED) {
                bail!("{} ended before it was ready\n{}", self.name, self.tail());
            }
            if started.elapsed() > limit {
                bail!(
                    "{} was not ready after {limit:?}\n{}",
                    self.name,
                    self.tail()
                );
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the program has written.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What comes after these words in the log, to the end of the line.
    pub(crate) fn rest_of_line(&self, words: &str) -> anyhow::Result<String> {
        let log = self.log();
        let line = log.lines().find_map(|line| line.split_once(words));
        let (_, rest) = line.with_context(|| format!("no line says {words:?}"))?;
        Ok(rest.trim().to_owned())
    }

    /// The end of what the program has written, for a person who has to find out what went wrong.
    pub(crate) fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(TAIL)..];
        format!(
            "--- the end of {}:\n{}",
            self.log.display(),
            last.join("\n")
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The keeper ends itself last, after at most ten seconds.
        let _ = self.keeper.wait();
    }
}

/// Starts the local stack on a free port, with these people in its teams, and waits until it serves.
pub(crate) fn local_stack(
    checkout: &Checkout,
    log: PathBuf,
    teams: Option<&str>,
) -> anyhow::Result<(Server, TestClient)> {
    let mut program = command("cargo", checkout.root());
    program.args([
        "run",
        "--quiet",
        "--",
        "--ephemeral",
        "--no-limits",
        "--port",
        "0",
    ]);
    program.envs(teams.map(|teams| ("TEAMS", teams)));
    let stack = Server::start("the local stack", &program, log)?;
    stack.wait_for_words(READY, START)?;
    let client = TestClient::at(&stack.rest_of_line(READY)?);
    Ok((stack, client))
}

/// The same program with the same environment and folder, under a keeper in its own process group.
fn keeper_of(program: &Command) -> Command {
    let mut keeper = Command::new("sh");
    keeper
        .args(["-c", KEEPER, "keeper"])
        .arg(program.get_program())
        .args(program.get_args());
    if let Some(folder) = program.get_current_dir() {
        keeper.current_dir(folder);
    }
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => keeper.env(name, value),
            None => keeper.env_remove(name),
        };
    }
    std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
    keeper
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str, log: PathBuf) -> Server {
        let mut program = command("sh", std::path::Path::new("/"));
        program.args(["-c", script]);
        Server::start("a program", &program, log).unwrap()
    }

    #[test]
    fn what_a_server_started_ends_with_it() {
        let place = tempfile::tempdir().unwrap();
        let (log, pulse) = (place.path().join("log"), place.path().join("pulse"));
        let beat = format!("(while :; do echo >>{pulse:?}; sleep 0.02; done) & echo ready; wait");
        let server = start(&beat, log);
        let beats = || fs::read(&pulse).unwrap_or_default().len();
        server
            .wait_for_words("ready", Duration::from_secs(10))
            .unwrap();
        while beats() == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        drop(server);
        let at_the_end = beats();
        thread::sleep(Duration::from_millis(300));
        assert_eq!(beats(), at_the_end);
    }

    #[test]
    fn a_server_may_tidy_up() {
        let place = tempfile::tempdir().unwrap();
        let log = place.path().join("log");
        let tidy =
            "trap 'sleep 0.3; echo tidied; exit' TERM; echo ready; while :; do sleep 0.1; done";
        let server = start(tidy, log.clone());
        server
            .wait_for_words("ready", Duration::from_secs(10))
            .unwrap();
        drop(server);
        assert!(fs::read_to_string(log).unwrap().contains("tidied"));
    }

    #[test]
    fn a_server_that_ends_too_early_is_told_with_its_last_words() {
        let place = tempfile::tempdir().unwrap();
        let server = start("echo 'port taken'; exit 3", place.path().join("log"));
        let error = server
            .wait_for_words("ready", Duration::from_secs(10))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("port taken") && error.contains("status 3"),
            "{error}"
        );
    }

    #[test]
    fn a_server_that_is_never_ready_is_not_waited_for_forever() {
        let place = tempfile::tempdir().unwrap();
        let server = start("sleep 600", place.path().join("log"));
        let error = server
            .wait_for_words("ready", Duration::from_millis(100))
            .unwrap_err();
        assert!(error.to_string().contains("not ready"), "{error}");
    }
}
