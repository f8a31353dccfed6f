//! What people do with the deployed client.

use std::thread;

use anyhow::ensure;
use serde_json::{Value, json};

use super::stack::Stack;
use crate::{
    Checks,
    test_client::{Mail, Submitted},
};

pub(super) const CHARGE: &str = "ch_demo_2000";

/// A form for so many dollars of a charge.
pub(super) fn form(amount: &str, charge: &str) -> Value {
    json!({
        "customerEmail": "customer@example.com",
        "chargeIdToRefund": charge,
        "refundAmount": amount,
        "reason": "Service issue",
        "notes": "It was down for a day.",
    })
}

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.check("a small refund is approved and paid", small(stack));
    checks.check("a large refund needs Finance", large(stack));
    checks.check(
        "a rejected request is denied, with the reason",
        denied(stack),
    );
    checks.check(
        "Stripe's refusal denies a request and tells the team",
        refused(stack),
    );
    checks.check("of two approvers who decide at once one wins", raced(stack));
}

fn small(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("50", CHARGE))?;
    stack
        .client
        .approve(&asked(stack, "csm-1@example.com", "CSM Review", &request)?)?;
    stack.client.wait_for_status(&request, "refunded")?;
    paid(stack, &request, 5000)?;
    let subject = "Your refund has been processed";
    stack
        .client
        .mail_with("customer@example.com", subject, &request.id)
        .map(drop)
}

fn large(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("500", CHARGE))?;
    stack
        .client
        .approve(&asked(stack, "csm-2@example.com", "CSM Review", &request)?)?;
    let finance = asked(stack, "finance-1@example.com", "Finance Approval", &request)?;
    let status = stack.client.status(&request)?;
    ensure!(status["status"] == "in_review", "{status}");
    stack.client.approve(&finance)?;
    stack.client.wait_for_status(&request, "refunded")?;
    paid(stack, &request, 50_000)
}

fn denied(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("20", CHARGE))?;
    let mail = asked(stack, "csm-1@example.com", "CSM Review", &request)?;
    let (status, body) = stack.client.decide(&mail, "reject", "It was used.")?;
    ensure!(status == 200, "{status}: {body}");
    stack.client.wait_for_status(&request, "denied")?;
    let subject = "RelatedRequest your refund request";
    let mail = stack
        .client
        .mail_with("customer@example.com", subject, &request.id)?;
    ensure!(mail.text.contains("It was used."), "{}", mail.text);
    ensure!(of_request(stack, &request)?.is_empty(), "Stripe paid");
    Ok(())
}

fn refused(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("20", "ch_demo_refunded"))?;
    stack
        .client
        .approve(&asked(stack, "csm-1@example.com", "CSM Review", &request)?)?;
    stack.client.wait_for_status(&request, "denied")?;
    stack
        .client
        .mail_with("csm-1@example.com", "A refund failed", &request.id)
        .map(drop)
}

fn raced(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("10", CHARGE))?;
    let mails = [
        asked(stack, "csm-1@example.com", "CSM Review", &request)?,
        asked(stack, "csm-2@example.com", "CSM Review", &request)?,
    ];
    let [one, other] = thread::scope(|scope| {
        let decide =
            |mail, decision| scope.spawn(move || stack.client.decide(mail, decision, "No."));
        let threads = [decide(&mails[0], "approve"), decide(&mails[1], "reject")];
        threads.map(|thread| thread.join().expect("a call does not panic"))
    });
    let (one, other) = (one?, other?);
    // Both are told the same: who decided, and what.
    for (status, body) in [&one, &other] {
        ensure!([200, 409].contains(status), "{status}: {body}");
        ensure!(body["decidedBy"] == one.1["decidedBy"], "{one:?} {other:?}");
    }
    let approved = one.1["decidedBy"] == "csm-1@example.com";
    let status = if approved { "refunded" } else { "denied" };
    stack.client.wait_for_status(&request, status)
}

/// The mail that asks somebody to decide a request.
pub(super) fn asked(
    stack: &Stack,
    who: &str,
    phase: &str,
    request: &Submitted,
) -> anyhow::Result<Mail> {
    stack.client.mail_with(who, phase, &request.id)
}

/// The refunds of a request.
pub(super) fn of_request(stack: &Stack, request: &Submitted) -> anyhow::Result<Vec<Value>> {
    let mut refunds = stack.stripe.refunds(CHARGE)?;
    refunds.retain(|refund| refund["metadata"]["request_id"] == request.id.as_str());
    Ok(refunds)
}

fn paid(stack: &Stack, request: &Submitted, cents: u64) -> anyhow::Result<()> {
    let refunds = of_request(stack, request)?;
    ensure!(refunds.len() == 1, "{} refunds: {refunds:?}", refunds.len());
    ensure!(refunds[0]["amount"] == cents, "{}", refunds[0]);
    Ok(())
}
