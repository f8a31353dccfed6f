//! What TLS costs a function: its HTTPS client alone, with aws-lc-rs below rustls as the functions have
//! it and with ring. Each is started, and each makes its first request to a server on loopback.
//!
//! The clients are built from `tools/cold-start/tls`, with the workspace's release profile and the
//! workspace's versions of everything.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, ensure};

use super::{
    NAME, hundredths, megabytes, ratio, shown,
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
/// Where cargo builds both, beside what other rigs install.
const TARGET: &str = "cold-start-tls";
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
    python_ready: Duration,
    checks: &mut Checks<'_>,
) -> anyhow::Result<()> {
    let scratch = checkout.scratch(NAME)?;
    let ours = build(checkout, &scratch, CHOSEN)?;
    let theirs = build(checkout, &scratch, OTHER)?;
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

/// A client with one of the two features. Both are built in one place, for most of what they are made
/// of is the same, so each is copied before the next takes its name.
fn build(checkout: &Checkout, scratch: &Path, feature: &str) -> anyhow::Result<PathBuf> {
    let target = checkout.installed(TARGET);
    let mut build = command("cargo", &crate_folder(checkout));
    build.args(["build", "--release", "--locked", "--quiet"]);
    build.args(["--features", feature]).arg("--target-dir");
    stdout(build.arg(&target))?;
    let program = scratch.join(feature);
    fs::copy(target.join("release/tls"), &program).context("cargo built no client")?;
    Ok(program)
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

fn crate_folder(checkout: &Checkout) -> PathBuf {
    checkout.tool_list(NAME, "tls")
}

/// The server's certificate and its key: for loopback, valid until 2120, and no secret.
fn pair(checkout: &Checkout, kind: &str) -> PathBuf {
    crate_folder(checkout).join(format!("loopback.{kind}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn texts(file: &str) -> [String; 2] {
        let checkout = Checkout::of_this_package().unwrap();
        [checkout.root(), &crate_folder(&checkout)]
            .map(|folder| fs::read_to_string(folder.join(file)).unwrap())
    }

    #[test]
    fn the_clients_are_built_as_the_functions_are() {
        let profiles = texts("Cargo.toml").map(|text| {
            let (_, after) = text.split_once("[profile.release]\n").unwrap();
            after.split("\n[").next().unwrap().trim().to_owned()
        });
        assert_eq!(profiles[0], profiles[1]);
        assert!(profiles[0].contains("lto"), "{}", profiles[0]);
    }

    #[test]
    fn the_clients_are_built_from_what_the_functions_are_built_from() {
        let [workspace, clients] = texts("Cargo.lock").map(|text| {
            let packages = text.split("[[package]]\n").skip(1);
            // Name, version, source and checksum.
            let named = packages.map(|it| it.lines().take(4).collect::<Vec<_>>().join("\n"));
            named
                .filter(|it| it.contains("checksum"))
                .collect::<BTreeSet<_>>()
        });
        assert!(clients.iter().any(|it| it.contains("\"aws-lc-sys\"")));
        let other: Vec<_> = clients.difference(&workspace).collect();
        assert!(
            other.is_empty(),
            "copy Cargo.lock to the clients' folder and run `cargo metadata` there: {other:#?}"
        );
    }

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
