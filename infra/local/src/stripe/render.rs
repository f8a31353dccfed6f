//! The objects as Stripe's API writes them: the members that a client of refunds may look at.

use serde_json::{Value, json};

use super::model::{Charge, Customer, PaymentIntent, Refund, RefundStatus, World};
use super::params::Page;

pub(crate) mod credits;

pub(crate) fn refund(refund: &Refund, now: i64) -> Value {
    let status = refund.status(now);
    let mut object = json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount_cents,
        "balance_transaction": null,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund"
            },
            "type": "card"
        },
        "metadata": refund.metadata,
        "payment_intent": refund.payment_intent,
        "reason": refund.reason.map(super::model::Reason::as_str),
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": status.as_str(),
        "transfer_reversal": null,
    });
    // Absent unless there is something to say.
    match status {
        RefundStatus::Pending => object["pending_reason"] = "processing".into(),
        RefundStatus::Failed => object["failure_reason"] = "expired_or_canceled_card".into(),
        RefundStatus::Succeeded => {}
    }
    object
}

pub(crate) fn charge(world: &World, charge: &Charge, now: i64) -> Value {
    let refunded_cents = world.refunded_cents(charge, now);
    let customer = charge.customer.as_ref();
    let customer = customer.and_then(|id| world.customer(id));
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount_cents,
        "amount_captured": charge.captured_cents,
        "amount_refunded": refunded_cents,
        "billing_details": {
            "address": null,
            "email": customer.map_or("guest@example.com", |customer| &customer.email),
            "name": customer.map(|customer| &customer.name),
            "phone": null,
        },
        "captured": charge.captured_cents > 0,
        "created": charge.created,
        "currency": charge.currency,
        "customer": charge.customer,
        "description": null,
        "disputed": charge.disputed,
        "failure_code": null,
        "failure_message": null,
        "livemode": false,
        "metadata": {},
        "paid": true,
        "payment_intent": charge.payment_intent,
        "payment_method_details": { "card": { "brand": "visa", "last4": "4242" }, "type": "card" },
        "receipt_email": null,
        "refunded": refunded_cents >= charge.captured_cents,
        "status": "succeeded",
    })
}

pub(crate) fn payment_intent(intent: &PaymentIntent) -> Value {
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount_cents,
        "amount_received": if intent.latest_charge.is_some() { intent.amount_cents } else { 0 },
        "canceled_at": null,
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": null,
        "latest_charge": intent.latest_charge,
        "livemode": false,
        "metadata": {},
        "receipt_email": null,
        "status": match intent.latest_charge {
            Some(_) => "succeeded",
            None => "requires_payment_method",
        },
    })
}

pub(crate) fn customer(world: &World, customer: &Customer) -> Value {
    json!({
        "id": customer.id,
        "object": "customer",
        "balance": world.balance_cents(&customer.id),
        "created": customer.created,
        "currency": "usd",
        "delinquent": false,
        "description": null,
        "email": customer.email,
        "livemode": false,
        "metadata": {},
        "name": customer.name,
        "phone": null,
    })
}

/// One page of `all` (newest first). None: `starting_after` names nothing in it.
pub(crate) fn list<T>(
    url: &str,
    all: &[&T],
    page: &Page,
    id: impl Fn(&T) -> &str,
    render: impl Fn(&T) -> Value,
) -> Option<Value> {
    let start = match &page.starting_after {
        Some(after) => all.iter().position(|object| id(object) == after)? + 1,
        None => 0,
    };
    let rest = &all[start..];
    let data: Vec<Value> = rest
        .iter()
        .take(page.limit)
        .map(|object| render(object))
        .collect();
    Some(json!({
        "object": "list",
        "data": data,
        "has_more": rest.len() > page.limit,
        "url": url,
    }))
}
