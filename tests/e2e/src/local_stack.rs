//! The stack as a process: built once, started for each test, killed at its end.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use testing::TestClient;

/// How long a start may take: long enough for a build of all functions on a busy machine.
const START_LIMIT: Duration = Duration::from_mins(15);

/// A running stack, and its client.
#[derive(Debug)]
pub struct LocalStack {
    client: TestClient,
    process: Process,
}

/// Killed when it goes out of scope, as by `kill -9`: no chance to tidy up.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which its test has noticed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The binary, built as `cargo run` builds it. For tests the whole workspace's binaries are built in one
/// go, so that cargo unifies features as it did for the tests, and nothing is compiled twice.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let what: &[&str] = if cfg!(debug_assertions) {
            &["--workspace", "--bins"]
        } else {
            &["--release", "--bin", "refund-desk"]
        };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet"])
            .arg("--message-format=json-render-diagnostics")
            .args(what)
            .current_dir(workspace())
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "the workspace builds");
        let messages = String::from_utf8(built.stdout).expect("cargo writes UTF-8");
        let mut executables = messages.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message["executable"].as_str()?))
        });
        executables
            .find(|path| path.file_stem().is_some_and(|stem| stem == "refund-desk"))
            .expect("the workspace has a binary refund-desk")
    })
}

/// A command of the workspace, built with everything else.
pub fn program(name: &str) -> Command {
    Command::new(binary().with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

impl LocalStack {
    /// A fresh stack that keeps nothing.
    pub fn open() -> Self {
        Self::with(&["--port", "0", "--ephemeral"])
    }

    /// A fresh stack with these people in its teams, as JSON.
    pub fn with_teams(teams: &str) -> Self {
        Self::with_environment(&["--port", "0", "--ephemeral"], &[("TEAMS", teams)])
    }

    /// A fresh stack that takes requests in limited numbers.
    pub fn with_limits() -> Self {
        Self::start(Command::new(binary()), &["--port", "0", "--ephemeral"], &[])
    }

    /// A stack started with these arguments.
    pub fn with(arguments: &[&str]) -> Self {
        Self::with_environment(arguments, &[])
    }

    /// A stack started with these arguments and environment variables. It serves when this returns.
    pub fn with_environment(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut program = Command::new(binary());
        program.arg("--no-limits");
        Self::start(program, arguments, environment)
    }

    /// The same, with a limit of files open at once.
    pub fn with_open_files(most: u32, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
        shell
            .args(["-c", &limited])
            .arg(binary())
            .arg("--no-limits");
        Self::start(shell, arguments, environment)
    }

    fn start(mut program: Command, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let child = program
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(workspace())
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn();
        let mut process = Process(child.expect("the binary starts"));
        let output = process.0.stdout.take().expect("stdout is piped");
        let (ready, base) = mpsc::channel();
        thread::spawn(move || {
            // To the end of the output, so that the stack never blocks on a full pipe.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(base) = line.strip_prefix("Ready on ") {
                    let _ = ready.send(base.to_owned());
                }
            }
        });
        let base = base.recv_timeout(START_LIMIT);
        Self {
            client: TestClient::at(&base.expect("the stack starts, and in time")),
            process,
        }
    }

    /// How much memory the stack uses, without the functions' processes.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id()));
        let status = status.expect("Linux tells about its processes");
        let mut lines = status.lines();
        let kib = lines.find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
        kib.and_then(|kib| kib.trim().parse().ok())
            .expect("a process that runs has memory")
    }

    /// What an operator's command prints, run on this stack by its real binary.
    #[track_caller]
    pub fn admin(&self, arguments: &[&str]) -> String {
        let ended = program("admin")
            .arg(format!("--local={}", self.client.base()))
            .args(arguments)
            .output();
        let ended = ended.expect("the command starts");
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(ended.stdout).expect("it prints UTF-8")
    }

    /// `kill -9`.
    pub fn kill(self) {
        drop(self);
    }
}

impl Deref for LocalStack {
    type Target = TestClient;

    fn deref(&self) -> &TestClient {
        &self.client
    }
}
