//! What people do with the deployed system.

use std::thread;

use anyhow::ensure;
use serde_json::Value;
use testing::test_client::{Form, Mail, Submitted};

use super::stack::Stack;
use crate::Checks;

pub(super) const CHARGE: &str = "ch_demo_2000";

/// A form for so many dollars of a charge.
pub(super) fn form(amount: &str, charge: &str) -> Form {
    let form = testing::test_client::form().amount(amount).charge(charge);
    form.with("reason", "Service issue".into())
}

type Scenario = fn(&Stack) -> anyhow::Result<()>;

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    let scenarios: [(&str, Scenario); 5] = [
        ("a small refund is approved and paid", small),
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

fn small(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("50", CHARGE));
    review(stack, &request).approve(&stack.client);
    stack.client.wait_for_status(&request, "refunded");
    let subject = "Your refund has been processed";
    stack
        .client
        .mail_about(&request, "customer@example.com", subject);
    paid(stack, &request, 5000)
}

fn large(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("500", CHARGE));
    let colleague = "csm-2@example.com";
    let review = stack.client.mail_about(&request, colleague, "CSM Review");
    review.approve(&stack.client);
    let finance = "finance-1@example.com";
    let finance = stack
        .client
        .mail_about(&request, finance, "Finance Approval");
    let status = stack.client.status(&request);
    ensure!(status["status"] == "in_review", "{status}");
    finance.approve(&stack.client);
    stack.client.wait_for_status(&request, "refunded");
    paid(stack, &request, 50_000)
}

fn denied(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("20", CHARGE));
    review(stack, &request).reject(&stack.client, "It was used.");
    stack.client.wait_for_status(&request, "denied");
    let (customer, subject) = ("customer@example.com", "About your refund request");
    let mail = stack.client.mail_about(&request, customer, subject);
    ensure!(mail.text.contains("It was used."), "{}", mail.text);
    ensure!(of_request(stack, &request).is_empty(), "Stripe paid");
    Ok(())
}

fn refused(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("20", "ch_demo_refunded"));
    review(stack, &request).approve(&stack.client);
    stack.client.wait_for_status(&request, "denied");
    let member = "csm-1@example.com";
    let mail = stack.client.mail_about(&request, member, "A refund failed");
    let reason = "has already been refunded";
    ensure!(mail.text.contains(reason), "{}", mail.text);
    Ok(())
}

fn raced(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("10", CHARGE));
    let colleague = "csm-2@example.com";
    let other = stack.client.mail_about(&request, colleague, "CSM Review");
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
    let approved = one.1["decidedBy"] == "csm-1@example.com";
    let status = if approved { "refunded" } else { "denied" };
    stack.client.wait_for_status(&request, status);
    Ok(())
}

/// The mail that asks the first of the team to review a request.
pub(super) fn review(stack: &Stack, request: &Submitted) -> Mail {
    let member = "csm-1@example.com";
    stack.client.mail_about(request, member, "CSM Review")
}

/// The refunds of a request.
pub(super) fn of_request(stack: &Stack, request: &Submitted) -> Vec<Value> {
    let mut refunds = stack.stripe.refunds(CHARGE);
    refunds.retain(|refund| refund["metadata"]["request_id"] == request.id.as_str());
    refunds
}

fn paid(stack: &Stack, request: &Submitted, cents: u64) -> anyhow::Result<()> {
    let refunds = of_request(stack, request);
    ensure!(refunds.len() == 1, "{} refunds: {refunds:?}", refunds.len());
    ensure!(refunds[0]["amount"] == cents, "{}", refunds[0]);
    Ok(())
}
