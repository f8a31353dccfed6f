//! A changed process and a second offering are deployed while a request waits: two edits to
//! definitions, and nothing else.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

use super::{
    bounces,
    scenarios::{form, review},
    stack::Stack,
};
use crate::{
    Checks,
    command::{command, stdout},
};

const DEFINITION: &str = "statemachines/definitions/customer-success/refund-request.yaml";
const ROUTED: &str = "statemachines/definitions/customer-success/refund-request-routed.yaml";
const SURVEY: &str = "statemachines/definitions/customer-satisfaction/csat-survey.yaml";
const CHARGE: &str = "ch_demo_2000";
const RETIRED: &str = "customer-success/refund-request-routed";

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) -> anyhow::Result<()> {
    let waiting = stack.client.submit(&form("120", CHARGE));
    let mail = review(stack, &waiting);
    let of_retired = stack.client.submit_to(RETIRED, &form("110", CHARGE));
    let client = &stack.client;
    let mail_of_retired = client.mail_about(&of_retired, bounces::MANAGER, "Manager Review");
    let changed = changed(stack)?;
    stack.deploy(&changed)?;
    checks.check(
        "a changed process and a second offering are deployed",
        Ok(()),
    );

    checks.attempt(
        "a waiting request ends under the version it began with",
        || {
            mail.approve(&stack.client);
            stack.client.wait_for_status(&waiting, "refunded");
            Ok(())
        },
    );
    checks.attempt(
        "a retired offering takes nothing new, and what waits ends",
        || {
            let path = format!("/services/{RETIRED}/requests");
            let (status, body) = stack.client.post_json(&path, form("110", CHARGE).json());
            ensure!(status == 410, "{status} {body}");
            mail_of_retired.reject(&stack.client, "No.");
            stack.client.wait_for_status(&of_retired, "denied");
            Ok(())
        },
    );
    checks.attempt("a new request takes the new version", || {
        takes_the_new_version(stack);
        Ok(())
    });
    checks.attempt("the second offering takes a request and pays it", || {
        second_offering(stack);
        Ok(())
    });
    Ok(())
}

fn takes_the_new_version(stack: &Stack) {
    let request = stack.client.submit(&form("120", CHARGE));
    review(stack, &request).approve(&stack.client);
    let finance = "finance-1@example.com";
    stack
        .client
        .mail_about(&request, finance, "Finance Approval");
}

fn second_offering(stack: &Stack) {
    let offering = "customer-success/goodwill-refund";
    let request = stack.client.submit_to(offering, &form("30", CHARGE));
    review(stack, &request).approve(&stack.client);
    stack.client.wait_for_status(&request, "refunded");
}

/// A copy of the definitions with a lower threshold, a retired offering and one more, and the template that the
/// generator makes for them, with the functions that were built before.
fn changed(stack: &Stack) -> anyhow::Result<std::path::PathBuf> {
    let root = stack.scratch().join("changed");
    let definition = fs::read_to_string(stack.root().join(DEFINITION))?;
    let lower = replaced(&definition, "refundAmount >= 500", "refundAmount >= 100")?;
    write(&root.join(DEFINITION), &lower)?;
    let second = replaced(&definition, "name: Refund Request", "name: Goodwill Refund")?;
    let file = "statemachines/definitions/customer-success/goodwill-refund.yaml";
    write(&root.join(file), &second)?;

    let routed = fs::read_to_string(stack.root().join(ROUTED))?;
    let retired = replaced(&routed, "offering:\n", "offering:\n  retired: true\n")?;
    write(&root.join(ROUTED), &retired)?;
    let survey = fs::read_to_string(stack.root().join(SURVEY))?;
    write(&root.join(SURVEY), &survey)?;

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
