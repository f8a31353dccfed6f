//! What happens to every deployment: it is asked, used, and a parameter is changed.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde_json::{Value, json};
use testing::test_client::Submitted;

use super::stack::{REVIEW, Stack};
use crate::{
    Checks,
    command::{Printed, command, judge},
};

/// Functions read settings again when they are a minute old.
const SETTINGS_ARE_READ: Duration = Duration::from_secs(90);

/// The command that follows a deployment is content with it.
pub(in crate::rig) fn smoke_test(stack: &Stack, checks: &mut Checks<'_>) {
    let mut program = command("cargo", stack.deployment.root());
    program.args(["run", "--quiet", "-p", "smoke-test", "--"]);
    let passed = judge(program.arg(stack.client.base())).and_then(Printed::expect_content);
    checks.check("the smoke test passes", passed);
}

/// A small refund is approved and paid.
pub(in crate::rig) fn refund(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt("a small refund is approved and paid, once", || {
        let request = stack.submit("3");
        stack.approve_review(&request)?;
        stack.client.wait_for_status(&request, "refunded");
        paid(stack, &request, 300)
    });
}

/// Stripe has one refund of a request, of so many cents.
pub(in crate::rig) fn paid(stack: &Stack, request: &Submitted, cents: u64) -> anyhow::Result<()> {
    let refunds = stack.stripe.refunds(&stack.charge, request)?;
    ensure!(refunds.len() == 1, "{} refunds: {refunds:?}", refunds.len());
    ensure!(refunds[0]["amount"] == cents, "{}", refunds[0]);
    Ok(())
}

/// Deploys nothing but another `Teams`.
pub(in crate::rig) fn change_parameter(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt(
        "an approver whom a deployment takes off the team decides nothing a minute later, and their colleague does",
        || removed(stack),
    );
}

fn removed(stack: &Stack) -> anyhow::Result<()> {
    let [first, removed, ..] = &stack.people.reviewers[..] else {
        anyhow::bail!("two people review");
    };
    let request = stack.submit("4");
    let mail = stack.asked(&request, removed, REVIEW)?;
    let page = mail.link("approve");
    ensure!(
        stack.client.get(&page, "text/html").0 == 200,
        "they are on the team"
    );
    let before = version(stack)?;
    let deployment = &stack.deployment;
    let teams = stack.people.teams(std::slice::from_ref(first));
    deployment.deploy_with(&deployment.built(), &[("Teams", teams)])?;
    ensure!(before == version(stack)?, "a parameter makes no version");

    let deployed = Instant::now();
    while stack.client.get(&page, "text/html").0 == 200 {
        let is_late = deployed.elapsed() > SETTINGS_ARE_READ;
        ensure!(!is_late, "they are still let in");
        thread::sleep(Duration::from_secs(2));
    }
    let (status, body) = mail.decide(&stack.client, "approve", "");
    ensure!(status == 403, "{status}: {body}");
    stack.approve_review(&request)?;
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

/// Which version `live` of the function that takes decisions is.
fn version(stack: &Stack) -> anyhow::Result<Value> {
    let function = stack.deployment.resource("RecordApproval")?;
    let which = json!({"FunctionName": function, "Name": "live"});
    let alias = stack.aws("lambda", "get_alias", &which)?;
    Ok(alias["FunctionVersion"].clone())
}
