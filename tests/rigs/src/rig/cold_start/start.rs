//! How long a process takes from its start to its first question for an event.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

/// How often each is started; the middle one counts.
pub(super) const STARTS: usize = 15;
const LIMIT: Duration = Duration::from_secs(10);

/// The middle of several times from start to the first question for an event.
pub(super) fn ready(function: &mut Command) -> anyhow::Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(once(function)?);
    }
    Ok(middle(times))
}

pub(super) fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
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
pub(in crate::rig) fn environment(api: &str) -> Vec<(&'static str, String)> {
    let machines = r#"{"customer-success/refund-request":"arn:aws:states:us-east-1:000000000000:stateMachine:client"}"#;
    let settings = r#"{"teams":{},"mailFrom":"refunds@example.com","publicUrl":"","stripeMode":"test","stripeApiBase":"https://api.stripe.com","stripeSecretName":"a","stripeWebhookSecretName":"b"}"#;
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
        ("SETTINGS", settings),
        ("STATE_MACHINES", machines),
        ("STRIPE_API_KEY", "rk_test_none"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_none"),
        ("TABLE_NAME", "table"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_neither_the_best_nor_the_average() {
        let times = [9, 1, 2].map(Duration::from_millis).to_vec();
        assert_eq!(middle(times), Duration::from_millis(2));
    }

    #[test]
    fn a_function_that_asks_for_nothing_has_failed() {
        let error = once(&mut Command::new("false")).err();
        assert!(error.is_some());
    }
}
