//! The routed refund: a credit is offered, chosen and given, and a week later the customer is asked how
//! it went.

use anyhow::ensure;

use super::emulator::set_wait_scale;
use crate::{Checks, rig::aws::stack::Stack};

const OFFERING: &str = "customer-success/refund-request-routed";
/// How long the emulator makes a second of a state that waits: the week is over in less than a second.
const HASTE: f64 = 1e-6;

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt(
        "a small routed refund becomes the credit that the customer chooses",
        || {
            set_wait_scale(&stack.client, HASTE);
            credit(stack)?;
            set_wait_scale(&stack.client, 1.0);
            Ok(())
        },
    );
}

fn credit(stack: &Stack) -> anyhow::Result<()> {
    let client = &stack.client;
    let form = stack.form("45").charge("ch_demo_45");
    let request = client.submit_to(OFFERING, &form);
    let review = client.mail_about(&request, &stack.people.manager, "Manager Review");
    review.approve(client);
    let offer = client.mail_about(
        &request,
        &stack.people.customer,
        "How would you like to get it?",
    );
    offer.choose(client, "credit");
    client.wait_for_status(&request, "refunded");
    for subject in ["Your credit is ready", "How did we do?"] {
        client.mail_about(&request, &stack.people.customer, subject);
    }
    let paid = stack.stripe.refunds("ch_demo_45", &request)?;
    ensure!(paid.is_empty(), "Stripe paid: {paid:?}");
    let credits = stack
        .stripe
        .list("customers/cus_demo/balance_transactions")?;
    ensure!(credits[0]["amount"] == -4500, "{credits:?}");
    Ok(())
}
