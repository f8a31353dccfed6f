//! How big the deployed functions are and how soon they are ready: the release build as it is deployed,
//! beside an equivalent Python function and a Lambda function that does nothing, in the same run.
//!
//! What is measured is the time from the start of a process to its first question for an event, on this
//! machine. Lambda adds its own time before that, which is the same for all.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

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
/// How often each is started; the middle one counts.
const STARTS: usize = 15;
const LIMIT: Duration = Duration::from_secs(10);
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
        build.args(["build", "--release", "--quiet", "--example", "bare"]);
        build.args(["-p", "shared", "--features", "aws"]);
        stdout(&mut build)?;
        let mut build = command("cargo", checkout.root());
        build.args(["build", "--release", "--quiet"]);
        for function in &functions {
            build.args(["-p", function]);
        }
        stdout(&mut build)?;

        let release = checkout.root().join("target/release");
        let bare = ready(&mut Command::new(release.join("examples/bare")))?;
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
                "{function}: {}.{} MB, ready after {}: {} of a bare function, {} of Python",
                bytes / 1_000_000,
                bytes / 100_000 % 10,
                shown(time),
                ratio(time, bare),
                ratio(time, python),
            );
            checks.check(&what, good(bytes, time, python));
        }
        Ok(())
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

fn shown(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

fn ratio(time: Duration, to: Duration) -> String {
    let hundredths = time.as_micros() * 100 / to.as_micros().max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The middle of several times from start to the first question for an event.
fn ready(function: &mut Command) -> anyhow::Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(once(function)?);
    }
    times.sort();
    Ok(times[STARTS / 2])
}

fn once(function: &mut Command) -> anyhow::Result<Duration> {
    let api = TcpListener::bind(("127.0.0.1", 0))?;
    api.set_nonblocking(true)?;
    let environment = environment(&api.local_addr()?.to_string());
    function.env_clear().envs(environment);
    function
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    let begun = Instant::now();
    let mut process = function.spawn().context("the function starts")?;
    let asked = asks(&api, &mut process, begun);
    let _ = process.kill();
    let _ = process.wait();
    asked.with_context(|| {
        format!(
            "{} did not ask for an event",
            function.get_program().display()
        )
    })
}

/// Waits for `GET .../next`.
fn asks(api: &TcpListener, process: &mut Child, begun: Instant) -> anyhow::Result<Duration> {
    loop {
        match api.accept() {
            Ok((connection, _)) => return question(connection).map(|()| begun.elapsed()),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => {
                return Err(error.into());
            }
            Err(_) => {
                ensure!(begun.elapsed() < LIMIT, "after {LIMIT:?}");
                ensure!(process.try_wait()?.is_none(), "it ended");
                std::thread::sleep(Duration::from_micros(100));
            }
        }
    }
}

fn question(mut connection: TcpStream) -> anyhow::Result<()> {
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(LIMIT))?;
    let mut head = [0; 512];
    let read = connection.read(&mut head)?;
    let head = String::from_utf8_lossy(&head[..read]);
    ensure!(head.contains("/runtime/invocation/next"), "it asked {head}");
    connection.flush()?;
    Ok(())
}

/// What every function needs to begin. Nothing is called before there is an event.
fn environment(api: &str) -> Vec<(&'static str, String)> {
    let machines = r#"{"customer-success/refund-request":"arn:aws:states:us-east-1:000000000000:stateMachine:desk"}"#;
    [
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_NAME", "function"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_REGION", "us-east-1"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("LINK_KEY", "0123456789012345678901234567890123456789"),
        ("MAIL_FROM", "refunds@example.com"),
        ("STATE_MACHINES", machines),
        ("STRIPE_API_BASE", "https://api.stripe.com"),
        ("STRIPE_API_KEY", "rk_test_none"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_none"),
        ("TABLE_NAME", "table"),
        ("TEAMS", r#"{"csm-team":["csm-1@example.com"]}"#),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_tenths_and_compared_in_hundredths() {
        assert_eq!(shown(Duration::from_micros(7_250)), "7.2 ms");
        assert_eq!(
            ratio(Duration::from_micros(1_500), Duration::from_millis(1)),
            "1.50"
        );
    }

    #[test]
    fn a_function_that_asks_for_nothing_has_failed() {
        let error = once(&mut Command::new("false")).err();
        assert!(error.is_some());
    }
}
