//! Requests that stop, and go on together by the operator's command.

use anyhow::ensure;
use testing::test_client::Submitted;

use crate::{
    Checks,
    command::{command, stdout},
    rig::aws::{lifecycle::paid, stack::Stack},
};

/// By whom and why, for the operators' audit log.
pub(super) const REASON: [&str; 4] = ["--by", "rig@example.com", "--because", "It is tried out"];

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt(
        "what stopped while payments were stopped goes on by one redrive, and is paid once",
        || {
            admin(stack, &["payments", "stop"], &REASON)?;
            let requests = [stop(stack, "21")?, stop(stack, "22")?];
            let listed = admin(stack, &["requests", "stopped"], &[])?;
            ensure!(listed.contains("Payments.Stopped: 2"), "{listed}");
            admin(stack, &["payments", "resume"], &REASON)?;
            let redrive = ["requests", "redrive", "--cause", "Payments.Stopped"];
            let said = admin(stack, &redrive, &REASON)?;
            ensure!(said.contains("2 of 2 go on"), "{said}");
            for (request, cents) in requests.iter().zip([2100, 2200]) {
                stack.client.wait_for_status(request, "refunded");
                paid(stack, request, cents)?;
            }
            let listed = admin(stack, &["requests", "stopped"], &[])?;
            ensure!(listed.contains("No request has stopped"), "{listed}");
            Ok(())
        },
    );
}

/// A request that is approved and not paid.
fn stop(stack: &Stack, dollars: &str) -> anyhow::Result<Submitted> {
    let request = stack.submit(dollars);
    stack.approve_review(&request)?;
    stack.client.wait_for_status(&request, "needs_attention");
    Ok(request)
}

/// The operator's command, on a stack.
pub(super) fn admin(stack: &Stack, what: &[&str], more: &[&str]) -> anyhow::Result<String> {
    let deployment = &stack.deployment;
    let mut admin = deployment.told(command("cargo", deployment.root()));
    admin.args(["run", "--quiet", "-p", "admin", "--"]);
    admin.args(["--stack", &deployment.target.stack]);
    admin.args(["--table", &deployment.resource("Table")?]);
    admin.args(["--settings", &deployment.resource("Settings")?]);
    stdout(admin.args(what).args(more))
}
