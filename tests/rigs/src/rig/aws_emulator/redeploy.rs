//! What is deployed and taken back together with a changed process: a second offering, and one that retires.
//!
//! Another change that has to be deployed while requests run is an edit here, with what waits before it and its check
//! while it is deployed. It costs no deployment of its own.

use anyhow::ensure;

use crate::{
    Checks,
    rig::aws::{changed::Edit, redeploy, stack::Stack},
};

const REFUND: &str = "customer-success/refund-request.yaml";
const EDITS: [Edit<'_>; 2] = [
    Edit {
        file: REFUND,
        to: Some("customer-success/goodwill-refund.yaml"),
        old: "name: Refund Request",
        new: "name: Goodwill Refund",
    },
    Edit {
        file: "customer-success/refund-request-routed.yaml",
        to: None,
        old: "offering:\n",
        new: "offering:\n  retired: true\n",
    },
];
const RETIRED: &str = "customer-success/refund-request-routed";

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) -> anyhow::Result<()> {
    let client = &stack.client;
    let of_retired = client.submit_to(RETIRED, &stack.form("110"));
    let mail_of_retired = client.mail_about(&of_retired, &stack.people.manager, "Manager Review");

    redeploy::play(stack, checks, &EDITS, |checks| {
        checks.attempt(
            "a retired offering takes nothing new, and what waits ends",
            || {
                let path = format!("/services/{RETIRED}/requests");
                let (status, body) = client.post_json(&path, stack.form("110").json());
                ensure!(status == 410, "{status} {body}");
                mail_of_retired.reject(client, "No.");
                client.wait_for_status(&of_retired, "denied");
                Ok(())
            },
        );
        checks.attempt("the second offering takes a request and pays it", || {
            let offering = "customer-success/goodwill-refund";
            let request = client.submit_to(offering, &stack.form("30"));
            stack.approve_review(&request)?;
            client.wait_for_status(&request, "refunded");
            Ok(())
        });
    })
}
