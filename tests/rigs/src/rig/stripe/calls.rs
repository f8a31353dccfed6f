//! Every kind of call that our client makes.

use std::collections::BTreeMap;

use shared::{
    stripe::{CreditOrder, CreditTarget, Credits, Payments, RefundOrder, Refunds},
    task::StripeReason,
};

use super::{
    capture::{Call, Capture},
    player::Player,
};

/// Makes each call once, and gives what arrived.
pub(super) fn ours(capture: &Capture) -> anyhow::Result<Vec<Call>> {
    let player = Player::at(&capture.base, "rk_test_rig")?;
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
    player.wait(async {
        stripe.payment("ch_1").await?;
        stripe.payment("pi_1").await?;
        stripe.customers("ada+x@example.com").await?;
        stripe.refund("re_1").await?;
        stripe.refunds("ch_1").await?;
        stripe.refunds("pi_1").await?;
        stripe
            .create_refund(&refund("ch_1", StripeReason::Duplicate))
            .await?;
        stripe
            .create_refund(&refund("pi_1", StripeReason::RequestedByCustomer))
            .await?;
        stripe.paid_invoice("pi_1").await?;
        stripe.credits(&invoice()).await?;
        stripe.credits(&customer()).await?;
        stripe.create_credit(&credit(invoice())).await?;
        stripe.create_credit(&credit(customer())).await?;
        Ok::<_, shared::stripe::StripeError>(())
    })?;
    Ok(capture.take())
}
