//! Two stacks in one account that send mail as one identity.

use anyhow::ensure;
use testing::test_client::Submitted;

use super::{
    bounces::{all_bounce, marks},
    emulator::{Emulator, sent},
    growth,
};
use crate::{
    Checks,
    rig::aws::{
        deployment::Deployment,
        lifecycle,
        stack::{REVIEW, Stack},
        tear_down::tear_down,
    },
};

const SECOND: &str = "second-desk";

pub(super) fn play(
    emulator: &Emulator,
    first: &Stack,
    checks: &mut Checks<'_>,
) -> anyhow::Result<()> {
    let deployment = &first.deployment;
    let target = emulator.beside(SECOND);
    let beside = Deployment::new(&emulator.checkout, deployment.scratch(), target);
    beside.deploy(&growth::grown(&beside)?)?;
    checks.check(
        "a second stack is deployed beside the first, with a hundred offerings",
        Ok(()),
    );
    let second = emulator.open(beside);
    checks.attempt(
        "both send as one identity, and a bounce reaches the stack whose mail it was",
        || bounce(first, &second),
    );
    growth::play(&second, checks);
    tear_down(&second.deployment, checks);
    checks.attempt("the first stack works on, and sends mail", || {
        let request = first.submit("11");
        let reviewer = &first.people.reviewers[0];
        let mail = first.client.mail_about(&request, reviewer, REVIEW);
        mail.approve(&first.client);
        first.client.wait_for_status(&request, "refunded");
        lifecycle::paid(first, &request, 1100)
    });
    Ok(())
}

fn bounce(first: &Stack, second: &Stack) -> anyhow::Result<()> {
    let of_first = asked(first, "12")?;
    let of_second = asked(second, "13")?;
    all_bounce(second, &of_second)?;
    let manager = &second.people.manager;
    let mail = second.client.mail_about(&of_second, manager, REVIEW);
    let reviewers = second.people.reviewers.len();
    ensure!(marks(second)?.len() == reviewers, "{:?}", marks(second)?);
    ensure!(marks(first)?.is_empty(), "{:?}", marks(first)?);
    let approval = first.approval(&of_first, REVIEW)?;
    ensure!(approval.unreachable().count() == 0, "{approval:?}");
    mail.approve(&second.client);
    second.client.wait_for_status(&of_second, "refunded");
    first.approve_review(&of_first)?;
    first.client.wait_for_status(&of_first, "refunded");
    Ok(())
}

/// A request whose mails went out by its own stack's configuration set.
fn asked(stack: &Stack, dollars: &str) -> anyhow::Result<Submitted> {
    let request = stack.submit(dollars);
    for reviewer in &stack.people.reviewers {
        stack.client.mail_about(&request, reviewer, REVIEW);
    }
    let names_it =
        |text: &serde_json::Value| text.as_str().is_some_and(|it| it.contains(&request.id));
    for mail in sent(&stack.client) {
        let is_own = mail["Type"] == stack.deployment.target.stack.as_str();
        ensure!(is_own || !names_it(&mail["BodyText"]), "{mail}");
    }
    Ok(request)
}
