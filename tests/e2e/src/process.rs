//! The stack as a process: built once, started for each test, killed at its end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command as AsyncCommand};

/// How long a start may take: long enough for a build of all functions on a busy machine.
const START_LIMIT: Duration = Duration::from_mins(15);

/// A running stack.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) base: String,
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The binary, built as `cargo run` builds it. For tests the whole workspace's binaries are built in one
/// go, so that cargo unifies features as it did for the tests, and nothing is compiled twice.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = env!("CARGO");
        let what: &[&str] = if cfg!(debug_assertions) {
            &["--workspace", "--bins"]
        } else {
            &["--release", "--bin", "refund-desk"]
        };
        let built = Command::new(cargo)
            .args(["build", "--quiet"])
            .arg("--message-format=json-render-diagnostics")
            .args(what)
            .current_dir(workspace())
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "the workspace builds");
        let messages = String::from_utf8(built.stdout).expect("cargo writes UTF-8");
        let executables = messages.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message["executable"].as_str()?))
        });
        let mut desks =
            executables.filter(|path| path.file_stem().is_some_and(|stem| stem == "refund-desk"));
        desks
            .next()
            .expect("the workspace has a binary refund-desk")
    })
}

impl Process {
    /// Starts a stack and waits until it serves. It may have so many files open at once, or as many as
    /// this process.
    pub(crate) async fn start(
        arguments: &[&str],
        environment: &[(&str, &str)],
        open_files: Option<u32>,
    ) -> Self {
        let binary = tokio::task::spawn_blocking(binary)
            .await
            .expect("the build does not panic");
        let mut command = match open_files {
            Some(most) => {
                let mut shell = AsyncCommand::new("sh");
                let limited = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
                shell.args(["-c", &limited]).arg(binary);
                shell
            }
            None => AsyncCommand::new(binary),
        };
        let mut child = command
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(workspace())
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let base = tokio::time::timeout(START_LIMIT, async {
            while let Some(line) = lines.next_line().await.expect("stdout is UTF-8") {
                if let Some(base) = line.strip_prefix("Ready on ") {
                    return base.to_owned();
                }
            }
            panic!("the stack ended before it was ready");
        });
        let base = base.await.expect("the stack starts in time");
        // Keeps reading, so that the stack never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, base }
    }

    /// How much memory it uses, without the functions' processes.
    pub(crate) fn resident_kib(&self) -> u64 {
        let id = self.child.id().expect("the stack is running");
        let status = std::fs::read_to_string(format!("/proc/{id}/status"));
        let status = status.expect("Linux tells about its processes");
        let mut lines = status.lines();
        let kib = lines.find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
        kib.and_then(|kib| kib.trim().parse().ok())
            .expect("a process that runs has memory")
    }

    /// `kill -9`: no chance to tidy up.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("the stack is running");
    }
}
