//! What people do with the deployed system.

use std::thread;

use anyhow::ensure;
use testing::test_client::{Mail, Submitted};

use crate::{
    Checks,
    rig::aws::{
        lifecycle::paid,
        stack::{FINANCE, REVIEW, Stack},
    },
};

type Scenario = fn(&Stack) -> anyhow::Result<()>;

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    let scenarios: [(&str, Scenario); 5] = [
        (
            "the mails hold the links that are derived from the key",
            mailed,
        ),
        ("a large refund needs Finance", large),
        ("a rejected request is denied, with the reason", denied),
        (
            "Stripe's refusal denies a request and tells the team",
            refused,
        ),
        ("of two approvers who decide at once one wins", raced),
    ];
    for (what, scenario) in scenarios {
        checks.attempt(what, || scenario(stack));
    }
}

fn mailed(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.submit("50");
    let mail = review(stack, &request);
    let derived = stack.asked(&request, &mail.to, REVIEW)?;
    for decision in ["approve", "reject"] {
        ensure!(
            mail.link(decision) == derived.link(decision),
            "{}",
            mail.text
        );
    }
    ensure!(mail.code() == derived.code(), "{}", mail.text);
    mail.approve(&stack.client);
    stack.client.wait_for_status(&request, "refunded");
    let (customer, subject) = (&stack.people.customer, "Your refund has been processed");
    stack.client.mail_about(&request, customer, subject);
    paid(stack, &request, 5000)
}

fn large(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.submit("500");
    let colleague = &stack.people.reviewers[1];
    let review = stack.client.mail_about(&request, colleague, REVIEW);
    review.approve(&stack.client);
    let finance = &stack.people.finance[0];
    let finance = stack.client.mail_about(&request, finance, FINANCE);
    let status = stack.client.status(&request);
    ensure!(status["status"] == "in_review", "{status}");
    finance.approve(&stack.client);
    stack.client.wait_for_status(&request, "refunded");
    paid(stack, &request, 50_000)
}

fn denied(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.submit("20");
    review(stack, &request).reject(&stack.client, "It was used.");
    stack.client.wait_for_status(&request, "denied");
    let (customer, subject) = (&stack.people.customer, "About your refund request");
    let mail = stack.client.mail_about(&request, customer, subject);
    ensure!(mail.text.contains("It was used."), "{}", mail.text);
    let paid = stack.stripe.refunds(&stack.charge, &request)?;
    ensure!(paid.is_empty(), "Stripe paid: {paid:?}");
    Ok(())
}

fn refused(stack: &Stack) -> anyhow::Result<()> {
    let request = stack
        .client
        .submit(&stack.form("20").charge("ch_demo_refunded"));
    review(stack, &request).approve(&stack.client);
    stack.client.wait_for_status(&request, "denied");
    let member = &stack.people.reviewers[0];
    let mail = stack.client.mail_about(&request, member, "A refund failed");
    let reason = "has already been refunded";
    ensure!(mail.text.contains(reason), "{}", mail.text);
    Ok(())
}

fn raced(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.submit("10");
    let colleague = &stack.people.reviewers[1];
    let other = stack.client.mail_about(&request, colleague, REVIEW);
    let one = review(stack, &request);
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(|| other.decide(&stack.client, "reject", "No."));
        let one = one.decide(&stack.client, "approve", "");
        (one, other.join().expect("a call does not panic"))
    });
    // Both get the same answer: who decided, and what.
    for (status, body) in [&one, &other] {
        ensure!([200, 409].contains(status), "{status}: {body}");
        ensure!(body["decidedBy"] == one.1["decidedBy"], "{one:?} {other:?}");
    }
    let approved = one.1["decidedBy"] == stack.people.reviewers[0].as_str();
    let status = if approved { "refunded" } else { "denied" };
    stack.client.wait_for_status(&request, status);
    Ok(())
}

/// The mail that asks the first of the team to review a request.
pub(super) fn review(stack: &Stack, request: &Submitted) -> Mail {
    let member = &stack.people.reviewers[0];
    stack.client.mail_about(request, member, REVIEW)
}
