//! Every kind of call that our client makes.

use std::collections::BTreeMap;

use anyhow::ensure;

use domain::stripe::{
    CreditOrder, CreditTarget, Credits, Payments, RefundOrder, Refunds, StripeError,
};
use domain::task::StripeReason;

use super::{
    canary::{Ears, KEY},
    capture::{Call, Capture, Fault},
    player::Player,
};

/// Makes each call once, and gives what arrived.
pub(super) fn ours(capture: &Capture, ears: &Ears) -> anyhow::Result<Vec<Call>> {
    let player = Player::at(&capture.base, KEY, ears)?;
    for answer in each(&player) {
        ears.row();
        answer?;
    }
    Ok(capture.take())
}

/// Makes each call to a Stripe that fails in each way, for what the errors say.
pub(super) fn fail(ears: &Ears) -> anyhow::Result<()> {
    for fault in Fault::ALL {
        let capture = Capture::start(Some(fault))?;
        let player = Player::at(&capture.base, KEY, ears)?;
        for (position, answer) in each(&player).into_iter().enumerate() {
            ears.row();
            ensure!(
                answer.is_err(),
                "call {position} was answered despite {fault:?}"
            );
        }
    }
    Ok(())
}

/// The calls, one after the other, and how each was answered.
fn each(player: &Player) -> Vec<Result<(), StripeError>> {
    let stripe = player.stripe();
    let metadata: BTreeMap<String, String> = [
        ("request_id", "0b5dbd26-9a1e-4d52-8f4c-6cf3b0c1d7a1"),
        ("offering", "customer-success/refund-request"),
        ("reason", "Déjà vu & more = 100%"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let refund = |charge: &str, reason| RefundOrder {
        charge: charge.to_owned(),
        amount: "19.99".parse().expect("it is an amount"),
        reason,
        metadata: metadata.clone(),
        idempotency_key: format!("refund-{charge}"),
    };
    let credit = |target| CreditOrder {
        target,
        amount: "49.99".parse().expect("it is an amount"),
        metadata: metadata.clone(),
        idempotency_key: "credit".to_owned(),
    };
    let invoice = || CreditTarget::Invoice("in_1".to_owned());
    let customer = || CreditTarget::Customer("cus_1".to_owned());
    let slip = StripeReason::Duplicate;
    let wish = StripeReason::RequestedByCustomer;
    vec![
        player.call(stripe.payment("ch_1")).map(drop),
        player.call(stripe.payment("pi_1")).map(drop),
        player.call(stripe.customers("ada+x@example.com")).map(drop),
        player.call(stripe.numbered("cus_1", "1234-5678")).map(drop),
        player.call(stripe.refund("re_1")).map(drop),
        player.call(stripe.refunds("ch_1")).map(drop),
        player.call(stripe.refunds("pi_1")).map(drop),
        player
            .call(stripe.create_refund(&refund("ch_1", slip)))
            .map(drop),
        player
            .call(stripe.create_refund(&refund("pi_1", wish)))
            .map(drop),
        player.call(stripe.paid_invoice("pi_1")).map(drop),
        player.call(stripe.credits(&invoice())).map(drop),
        player.call(stripe.credits(&customer())).map(drop),
        player
            .call(stripe.create_credit(&credit(invoice())))
            .map(drop),
        player
            .call(stripe.create_credit(&credit(customer())))
            .map(drop),
    ]
}
