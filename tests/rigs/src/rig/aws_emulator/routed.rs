//! The routed refund: a credit is offered, chosen and given, and a week later the customer is asked how
//! it went.

use anyhow::ensure;

use super::{
    bounces::MANAGER,
    scenarios::{form, of_request},
    stack::Stack,
};
use crate::Checks;

const OFFERING: &str = "customer-success/refund-request-routed";
const CUSTOMER: &str = "customer@example.com";
/// How long the emulator makes a second of a state that waits: the week is over in less than a second.
const HASTE: f64 = 1e-6;

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt(
        "a small routed refund becomes the credit that the customer chooses",
        || {
            stack.hasten(HASTE);
            credit(stack)?;
            stack.hasten(1.0);
            Ok(())
        },
    );
}

fn credit(stack: &Stack) -> anyhow::Result<()> {
    let client = &stack.client;
    let request = client.submit_to(OFFERING, &form("45", "ch_demo_45"));
    let review = client.mail_about(&request, MANAGER, "Manager Review");
    review.approve(client);
    let offer = client.mail_about(&request, CUSTOMER, "How would you like to get it?");
    offer.choose(client, "credit");
    client.wait_for_status(&request, "refunded");
    for subject in ["Your credit is ready", "How did we do?"] {
        client.mail_about(&request, CUSTOMER, subject);
    }
    ensure!(of_request(stack, &request).is_empty(), "Stripe paid");
    let credits = stack
        .stripe
        .stripe("customers/cus_demo/balance_transactions");
    ensure!(credits[0]["amount"] == -4500, "{credits:?}");
    Ok(())
}
