//! The routed refund: a credit is offered, chosen and given, and a week later the customer is asked how
//! it went.

use anyhow::ensure;
use serde_json::json;

use super::{
    bounces::MANAGER,
    scenarios::{asked, form, of_request},
    stack::Stack,
};
use crate::Checks;

const OFFERING: &str = "/services/customer-success/refund-request-routed";
const CUSTOMER: &str = "customer@example.com";
/// How long the emulator makes a second of a state that waits: the week is over in less than a second.
const HASTE: f64 = 1e-6;

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    let played = stack.hasten(HASTE).and_then(|()| credit(stack));
    checks.check(
        "a small routed refund becomes the credit that the customer chooses",
        played.and_then(|()| stack.hasten(1.0)),
    );
}

fn credit(stack: &Stack) -> anyhow::Result<()> {
    let request = stack
        .client
        .submit_to(OFFERING, &form("45", "ch_demo_2000"))?;
    let mail = asked(stack, MANAGER, "Manager Review", &request)?;
    stack.client.approve(&mail)?;
    let offer = stack
        .client
        .mail_with(CUSTOMER, "How would you like to get it?", &request.id)?;
    let link = offer.link("?decision=credit")?;
    let address = link.trim_end_matches("?decision=credit");
    let choice = json!({"decision": "credit", "code": offer.code()?});
    let (status, body) = stack.client.post(address, &choice)?;
    ensure!(status == 200, "{status}: {body}");
    stack.client.wait_for_status(&request, "refunded")?;
    let mails = ["Your credit is ready", "How did we do?"];
    for subject in mails {
        stack.client.mail_with(CUSTOMER, subject, &request.id)?;
    }
    ensure!(of_request(stack, &request)?.is_empty(), "Stripe paid");
    let credits = "/_local/stripe/v1/customers/cus_demo/balance_transactions";
    let credits = stack.stripe.get(credits)?;
    ensure!(credits["data"][0]["amount"] == -4500, "{credits}");
    Ok(())
}
