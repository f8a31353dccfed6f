//! `cargo lambda watch` in place of the local stack's own Lambda: the two documented commands side by
//! side, and a refund of 50 dollars from the form to the confirmation.

use std::{net::TcpListener, path::Path, process::Command, time::Duration};

use anyhow::{Context, ensure};
use testing::{
    TestClient,
    test_client::{Submitted, form},
};

use super::Rig;
use crate::{
    Checkout, Checks,
    checks::caught,
    command::{command, stdout},
    install,
    process::Server,
};

pub(super) const NAME: &str = "cargo-lambda-watch";
/// Where the environment in the workspace's Cargo.toml says that the local stack is.
const STACK_PORT: u16 = 3000;
const WATCH_PORT: u16 = 9000;
/// Every function is started by `cargo run` at its first use.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) struct CargoLambdaWatch;

impl Rig for CargoLambdaWatch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "functions under `cargo lambda watch` serve the same process"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        for port in [STACK_PORT, WATCH_PORT] {
            TcpListener::bind(("127.0.0.1", port)).with_context(|| {
                format!("port {port} is taken: this rig needs the documented ports, so stop what is there")
            })?;
        }
        // Ahead of time, so that no call waits for a compiler. Cargo picks the same features for the
        // packages of a plain `cargo build` as for `cargo run --bin NAME`.
        stdout(cargo(checkout.root()).args(["build", "--bins"]))?;

        let scratch = checkout.scratch(NAME)?;
        let mut watch = cargo(checkout.root());
        watch.args([
            "lambda",
            "watch",
            "--offline",
            "--invoke-address",
            "127.0.0.1",
        ]);
        watch.args(["--invoke-port", &WATCH_PORT.to_string()]);
        watch.env("PATH", with_first(&install::python(checkout, NAME)?)?);
        let watch = Server::start("cargo lambda watch", &watch, scratch.join("watch.log"))?;
        watch.wait_for_words("starting Runtime server", PATIENCE)?;

        let mut stack = cargo(checkout.root());
        stack.args(["run", "--", "--ephemeral", "--functions"]);
        stack.arg(format!("http://127.0.0.1:{WATCH_PORT}"));
        let stack = Server::start("the local stack", &stack, scratch.join("stack.log"))?;
        let base = format!("http://127.0.0.1:{STACK_PORT}");
        stack.wait_for_words(&format!("Ready on {base}"), PATIENCE)?;

        let client = TestClient::at(&base).with_patience(PATIENCE);
        let played = caught(|| {
            play(&client, checks);
            Ok(())
        });
        played.with_context(|| format!("{}\n{}", watch.tail(), stack.tail()))?;
        for function in [
            "submit-request",
            "ask-approvers",
            "record-approval",
            "issue-refund",
        ] {
            let ran = watch.log().contains(&format!("function=\"{function}\""));
            let outcome = ran.then_some(()).context("its log does not say so");
            checks.check(&format!("cargo lambda watch ran {function}"), outcome);
        }
        Ok(())
    }
}

/// A refund of 50 dollars from the form to the confirmation.
fn play(client: &TestClient, checks: &mut Checks<'_>) {
    let request = client.submit(&form().amount("50"));
    checks.check("a refund of 50 USD is accepted", Ok(()));
    let mail = client.mail("csm-1@example.com", "CSM Review");
    checks.check("the CSM team is asked by mail", Ok(()));
    mail.approve(client);
    checks.check("the link and the code of the mail approve it", Ok(()));
    client.wait_for_status(&request, "refunded");
    checks.check("the customer is told that it is refunded", Ok(()));
    checks.attempt("the execution succeeds", || {
        let end = client.wait_for_end(&request);
        ensure!(end["status"] == "SUCCEEDED", "{end}");
        Ok(())
    });
    checks.attempt(
        "Stripe refunded 5000 cents, once, and the mail says so",
        || paid(client, &request),
    );
}

fn paid(client: &TestClient, request: &Submitted) -> anyhow::Result<()> {
    let refunds = client.refunds("ch_demo_2000");
    let [refund] = refunds.as_slice() else {
        anyhow::bail!("Stripe has {} refunds: {refunds:?}", refunds.len());
    };
    ensure!(refund["amount"] == 5000, "{refund}");
    ensure!(
        refund["metadata"]["request_id"] == request.id.as_str(),
        "{refund}"
    );
    let confirmation = client.mail("customer@example.com", "Your refund has been processed");
    let id = refund["id"].as_str().context("a refund has an id")?;
    for words in ["$50.00", id, "5-10 business days"] {
        ensure!(
            confirmation.text.contains(words),
            "no {words} in: {}",
            confirmation.text
        );
    }
    Ok(())
}

fn cargo(root: &Path) -> Command {
    command("cargo", root)
}

/// The search path with one more folder in front.
pub(super) fn with_first(folder: &Path) -> anyhow::Result<std::ffi::OsString> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the search path of this process is what cargo gets too"
    )]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).context("the search path has a folder with a colon in its name")
}
