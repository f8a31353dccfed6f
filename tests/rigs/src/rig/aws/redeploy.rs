//! A changed process is deployed while a request waits, and taken back: an edit to a definition, and nothing else.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use testing::test_client::Submitted;

use super::{
    changed::{Edit, template},
    stack::{FINANCE, REVIEW, Stack},
};
use crate::Checks;

const MACHINE: &str = "CustomerSuccessRefundRequest";
const LOWER_THRESHOLD: Edit<'_> = Edit {
    file: "customer-success/refund-request.yaml",
    to: None,
    old: "refundAmount >= 500",
    new: "refundAmount >= 5",
};

const RENAMED_FIELD: Edit<'_> = Edit {
    file: "customer-success/refund-request.yaml",
    to: None,
    old: "\n    notes:",
    new: "\n    whatHappened:",
};
/// A function looks once a minute where an alias leads.
const SEEN_WITHIN: Duration = Duration::from_secs(90);

/// Deploys the change together with other edits, does what is to be done while they are deployed, and takes all of
/// it back: at first by the alias, then by deploying the template before.
pub(in crate::rig) fn play(
    stack: &Stack,
    checks: &mut Checks<'_>,
    other: &[Edit<'_>],
    while_deployed: impl FnOnce(&mut Checks<'_>),
) -> anyhow::Result<()> {
    let waiting = stack.submit("6");
    stack.asked(&waiting, &stack.people.reviewers[0], REVIEW)?;
    let before = Alias::of(stack)?;
    let page = stack.client.form_version();
    let edits = [other, &[LOWER_THRESHOLD, RENAMED_FIELD]].concat();
    let deployment = &stack.deployment;
    deployment.deploy(&template(deployment, &edits)?)?;
    checks.check(
        "a changed process is deployed while a request waits",
        Ok(()),
    );

    let mut of_new_version = None;
    checks.attempt(
        "the waiting request ends under the version it began with",
        || without_finance(stack, &waiting),
    );
    Alias::of(stack)?.wait(stack)?;
    checks.attempt(
        "a page from before a field was renamed runs the version that showed it",
        || without_finance(stack, &stack.client.submit_page(&page, &stack.form("6"))),
    );
    checks.attempt("a new request takes the new version", || {
        of_new_version = Some(asks_finance(stack)?);
        Ok(())
    });
    while_deployed(checks);
    checks.attempt(
        "the alias is pointed back, and new requests take the version before",
        || {
            before.restore(stack)?;
            before.wait(stack)?;
            without_finance(stack, &stack.submit("7"))
        },
    );
    deployment.deploy(&deployment.built())?;
    checks.check("the template before is deployed again", Ok(()));
    Alias::of(stack)?.wait(stack)?;
    checks.attempt("new requests take what was deployed before", || {
        without_finance(stack, &stack.submit("8"))
    });
    checks.attempt(
        "a request of the version that was taken back ends under it",
        || {
            let request = of_new_version.context("there was none")?;
            let finance = stack.asked(&request, &stack.people.finance[0], FINANCE)?;
            finance.approve(&stack.client);
            stack.client.wait_for_status(&request, "refunded");
            Ok(())
        },
    );
    Ok(())
}

/// The review alone has a request paid.
fn without_finance(stack: &Stack, request: &Submitted) -> anyhow::Result<()> {
    stack.approve_review(request)?;
    stack.client.wait_for_status(request, "refunded");
    let refunds = stack.stripe.refunds(&stack.charge, request)?;
    ensure!(refunds.len() == 1, "{refunds:?}");
    Ok(())
}

/// A request of a few dollars, for which the review is not enough.
fn asks_finance(stack: &Stack) -> anyhow::Result<Submitted> {
    let form = stack.form("9").without("notes");
    let form = form.with("whatHappened", json!("I was charged twice."));
    let request = stack.client.submit(&form);
    stack.approve_review(&request)?;
    stack.asked(&request, &stack.people.finance[0], FINANCE)?;
    Ok(request)
}

/// The alias by which requests are started.
struct Alias {
    arn: String,
    routing: Value,
}

impl Alias {
    fn of(stack: &Stack) -> anyhow::Result<Self> {
        let arn = format!("{}:live", stack.deployment.resource(MACHINE)?);
        let which = json!({"stateMachineAliasArn": arn});
        let alias = stack.aws("stepfunctions", "describe_state_machine_alias", &which)?;
        let routing = alias["routingConfiguration"].clone();
        Ok(Self { arn, routing })
    }

    /// Waits until a form is shown by the version that it leads to.
    fn wait(&self, stack: &Stack) -> anyhow::Result<()> {
        let version = self.routing[0]["stateMachineVersionArn"].as_str();
        let version = version
            .and_then(|arn| arn.rsplit(':').next())
            .context("it leads nowhere")?;
        let begun = Instant::now();
        loop {
            let shown = stack.client.form_version();
            if shown.starts_with(&format!("{version}.")) {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < SEEN_WITHIN,
                "version {version} is not shown, but {shown}"
            );
            thread::sleep(Duration::from_secs(3));
        }
    }

    fn restore(&self, stack: &Stack) -> anyhow::Result<()> {
        let update =
            json!({"stateMachineAliasArn": self.arn, "routingConfiguration": self.routing});
        let changed = Self::of(stack)?;
        ensure!(changed.routing != self.routing, "the deployment moved it");
        stack
            .aws("stepfunctions", "update_state_machine_alias", &update)
            .map(drop)
    }
}
