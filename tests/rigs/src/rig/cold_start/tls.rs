//! What TLS costs a function: its HTTPS client alone, with aws-lc-rs below rustls as the functions have
//! it and with ring. Each is started, and each makes its first request to a server on loopback.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, ensure};

use super::{
    NAME, hundredths, megabytes, parts, ratio, shown,
    start::{STARTS, middle, ready},
};
use crate::{
    Checkout, Checks,
    command::{command, stdout},
    install,
    process::Server,
};

/// What the functions have, and what they could have.
const CHOSEN: &str = "aws-lc";
const OTHER: &str = "ring";
const SERVER: Duration = Duration::from_secs(20);
/// What a client may weigh, of the 8 MiB that a function may.
const BUDGET_BYTES: u64 = 3 * 1024 * 1024;
/// What the choice may add to a function, and how much slower it may be on a machine that is busy.
const MORE_BYTES: u64 = 1024 * 1024;
const TIMES_SLOWER: u32 = 5;

struct Client {
    name: &'static str,
    bytes: u64,
    ready: Duration,
    /// The first random bytes in the process, which the handshake needs.
    random: Duration,
    /// The first request after that.
    request: Duration,
}

impl Client {
    fn first(&self) -> Duration {
        self.random + self.request
    }
}

/// Builds both clients, measures them, and holds them against each other and against what Python takes
/// until it is ready.
pub(super) fn compare(
    checkout: &Checkout,
    scratch: &Path,
    python_ready: Duration,
    checks: &mut Checks<'_>,
) -> anyhow::Result<()> {
    let ours = parts::build(checkout, scratch, "tls", CHOSEN)?;
    let theirs = parts::build(checkout, scratch, "tls", OTHER)?;
    let python = install::python(checkout, NAME)?.join("python");
    let mut program = command(python, checkout.root());
    program.arg(checkout.tool_list(NAME, "server.py"));
    program.args(["crt", "key"].map(|kind| pair(checkout, kind)));
    let server = Server::start(NAME, &program, scratch.join("server.log"))?;
    server.wait_for_words("serving on https://127.0.0.1:", SERVER)?;
    let log = server.log();
    let address = log.lines().find_map(|it| it.strip_prefix("serving on "));
    let address = address.context("the server says where it serves")?;

    let certificate = pair(checkout, "crt");
    let ours = measure(CHOSEN, &ours, address, &certificate)?;
    let theirs = measure(OTHER, &theirs, address, &certificate)?;
    for client in [&ours, &theirs] {
        let what = format!(
            "an HTTPS client with {}: {}, ready after {}, first request {}, of that {} for random bytes",
            client.name,
            megabytes(client.bytes),
            shown(client.ready),
            shown(client.first()),
            shown(client.random),
        );
        checks.check(&what, good(client, python_ready));
    }
    let what = format!(
        "{CHOSEN} to {OTHER}: {} the size, {} the start, {} the first request, {} without random bytes",
        hundredths(ours.bytes.into(), theirs.bytes.into()),
        ratio(ours.ready, theirs.ready),
        ratio(ours.first(), theirs.first()),
        ratio(ours.request, theirs.request),
    );
    checks.check(&what, worth_it(&ours, &theirs));
    Ok(())
}

fn good(client: &Client, python_ready: Duration) -> anyhow::Result<()> {
    ensure!(
        client.bytes <= BUDGET_BYTES,
        "more than {BUDGET_BYTES} bytes"
    );
    ensure!(
        client.ready + client.first() < python_ready,
        "Python was ready for an event before this had its first answer"
    );
    Ok(())
}

/// What the choice may cost. Its random bytes are not in it: they cost what a second source of entropy
/// costs, and no faster choice is worth having one less.
fn worth_it(ours: &Client, theirs: &Client) -> anyhow::Result<()> {
    ensure!(
        ours.bytes <= theirs.bytes + MORE_BYTES,
        "{CHOSEN} weighs {MORE_BYTES} bytes more than {OTHER}: weigh the choice again"
    );
    for (what, our, their) in [
        ("is ready", ours.ready, theirs.ready),
        ("makes its first request", ours.request, theirs.request),
    ] {
        ensure!(
            our < their * TIMES_SLOWER,
            "{CHOSEN} {what} {TIMES_SLOWER} times slower than {OTHER}: weigh the choice again"
        );
    }
    Ok(())
}

fn measure(
    name: &'static str,
    program: &Path,
    address: &str,
    certificate: &Path,
) -> anyhow::Result<Client> {
    let (mut randoms, mut requests) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut client = Command::new(program);
        let printed = stdout(client.env_clear().arg(address).arg(certificate))?;
        let (random, request) =
            times(&printed).with_context(|| format!("the client printed {printed:?}"))?;
        randoms.push(random);
        requests.push(request);
    }
    Ok(Client {
        name,
        bytes: fs::metadata(program)?.len(),
        ready: ready(&mut Command::new(program))?,
        random: middle(randoms),
        request: middle(requests),
    })
}

fn times(printed: &str) -> Option<(Duration, Duration)> {
    let (random, request) = printed.trim_end().split_once(' ')?;
    let micros = |text: &str| text.parse().map(Duration::from_micros).ok();
    Some((micros(random)?, micros(request)?))
}

/// The server's certificate and its key: for loopback, valid until 2120, and no secret.
fn pair(checkout: &Checkout, kind: &str) -> PathBuf {
    parts::folder(checkout).join(format!("loopback.{kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(bytes: u64, ready: u64, random: u64, request: u64) -> Client {
        let [ready, random, request] = [ready, random, request].map(Duration::from_millis);
        Client {
            name: CHOSEN,
            bytes,
            ready,
            random,
            request,
        }
    }

    #[test]
    fn a_client_is_small_and_has_an_answer_before_python_is_ready() {
        let python = Duration::from_millis(100);
        let judged = |client| good(&client, python).is_ok();
        assert!(judged(client(BUDGET_BYTES, 9, 80, 10)));
        assert!(!judged(client(BUDGET_BYTES + 1, 9, 80, 10)));
        assert!(!judged(client(BUDGET_BYTES, 10, 80, 10)));
    }

    #[test]
    fn the_choice_may_cost_some_and_not_more() {
        let theirs = client(10, 2, 0, 4);
        let judged = |client| worth_it(&client, &theirs).is_ok();
        assert!(judged(client(10 + MORE_BYTES, 9, 80, 19)));
        assert!(!judged(client(11 + MORE_BYTES, 9, 80, 19)));
        assert!(!judged(client(10, 10, 80, 19)));
        assert!(!judged(client(10, 9, 80, 20)));
    }

    #[test]
    fn what_a_client_prints_is_two_times() {
        let micros = Duration::from_micros;
        assert_eq!(times("12 3400\n"), Some((micros(12), micros(3400))));
        assert_eq!(times("12\n"), None);
        assert_eq!(times("12 soon\n"), None);
    }
}
