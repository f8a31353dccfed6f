//! A changed process and a second offering are deployed while a request waits: two edits to
//! definitions, and nothing else.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

use super::{
    scenarios::{asked, form},
    stack::Stack,
};
use crate::{
    Checks,
    command::{command, stdout},
};

const DEFINITION: &str = "statemachines/definitions/customer-success/refund-request.yaml";
const CHARGE: &str = "ch_demo_2000";

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) -> anyhow::Result<()> {
    let waiting = stack.client.submit(&form("120", CHARGE))?;
    let mail = asked(stack, "csm-1@example.com", "CSM Review", &waiting)?;
    let changed = changed(stack)?;
    stack.deploy(&changed)?;
    checks.check(
        "a changed process and a second offering are deployed",
        Ok(()),
    );

    let ends_as_it_began = stack.client.approve(&mail);
    let ends_as_it_began =
        ends_as_it_began.and_then(|()| stack.client.wait_for_status(&waiting, "refunded"));
    checks.check(
        "a waiting request ends under the version it began with",
        ends_as_it_began,
    );
    checks.check(
        "a new request takes the new version",
        takes_the_new_version(stack),
    );
    checks.check(
        "the second offering takes a request and pays it",
        second_offering(stack),
    );
    Ok(())
}

fn takes_the_new_version(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("120", CHARGE))?;
    stack
        .client
        .approve(&asked(stack, "csm-1@example.com", "CSM Review", &request)?)?;
    asked(stack, "finance-1@example.com", "Finance Approval", &request).map(drop)
}

fn second_offering(stack: &Stack) -> anyhow::Result<()> {
    let offering = "/services/customer-success/goodwill-refund";
    let request = stack.client.submit_to(offering, &form("30", CHARGE))?;
    stack
        .client
        .approve(&asked(stack, "csm-1@example.com", "CSM Review", &request)?)?;
    stack.client.wait_for_status(&request, "refunded")
}

/// A copy of the definitions with a lower threshold and one more offering, and the template that the
/// generator makes for them, with the functions that were built before.
fn changed(stack: &Stack) -> anyhow::Result<std::path::PathBuf> {
    let root = stack.scratch().join("changed");
    let definition = fs::read_to_string(stack.root().join(DEFINITION))?;
    let lower = replaced(&definition, "refundAmount >= 500", "refundAmount >= 100")?;
    write(&root.join(DEFINITION), &lower)?;
    let second = replaced(&definition, "name: Refund Request", "name: Goodwill Refund")?;
    let file = "statemachines/definitions/customer-success/goodwill-refund.yaml";
    write(&root.join(file), &second)?;

    let template = root.join("infra/template.yaml");
    write(
        &template,
        &fs::read_to_string(stack.root().join("infra/template.yaml"))?,
    )?;
    let mut generate = command("cargo", stack.root());
    generate.args(["run", "--quiet", "-p", "statemachines", "--", "--root"]);
    stdout(generate.arg(root.join("statemachines")))?;

    // No function has changed, so what SAM built of them is deployed again.
    let built = stack.built();
    let built = built.parent().context("it is in a folder")?;
    let mut lines = Vec::new();
    for line in fs::read_to_string(&template)?.lines() {
        lines.push(match line.split_once("CodeUri: ../functions/") {
            Some((indent, function)) => {
                format!(
                    "{indent}CodeUri: {}",
                    built.join(logical_id(function)).display()
                )
            }
            None => line.to_owned(),
        });
    }
    write(&template, &lines.join("\n"))?;
    Ok(template)
}

/// `decide` is `Decide`, `issue-refund` is `IssueRefund`.
fn logical_id(function: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    function.split('-').map(capital).collect()
}

fn replaced(text: &str, old: &str, new: &str) -> anyhow::Result<String> {
    ensure!(text.contains(old), "the definition no longer says `{old}`");
    Ok(text.replace(old, new))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
