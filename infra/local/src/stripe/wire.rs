//! Objects as Stripe's API writes them: their own members, and those that follow from the rest of the account
//! or that Stripe's schema requires.

use serde::Serialize;
use serde_json::{Value, json};

use super::account::Account;
use super::collection::Object;
use super::credits::CURRENCY;
use super::objects::{
    BalanceTransaction, Charge, CreditNote, Customer, Invoice, InvoicePayment, PaymentIntent,
    Refund, RefundStatus,
};

pub(crate) fn refund(refund: &Refund, status: RefundStatus) -> Value {
    let mut more = json!({
        "balance_transaction": null,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": status,
        "transfer_reversal": null,
    });
    match status {
        RefundStatus::Pending => more["pending_reason"] = "processing".into(),
        RefundStatus::Failed => more["failure_reason"] = "expired_or_canceled_card".into(),
        RefundStatus::Succeeded => {}
    }
    object(refund, more)
}

pub(crate) fn charge(account: &Account, charge: &Charge, now: i64) -> Value {
    let refunded_cents = account.refunded_cents(charge, now);
    let customer = charge.customer.as_ref();
    let customer = customer.and_then(|id| account.customers.get(id));
    let given = charge.billing_email.as_ref();
    let given = given.or(customer.map(|customer| &customer.email));
    object(
        charge,
        json!({
            "amount_refunded": refunded_cents,
            "billing_details": {
                "email": given,
                "name": customer.map(|customer| &customer.name),
            },
            "captured": charge.captured_cents > 0,
            "payment_method_details": { "card": { "brand": "visa", "last4": "4242" }, "type": "card" },
            "receipt_email": null,
            "refunded": refunded_cents >= charge.captured_cents,
            "status": "succeeded",
        }),
    )
}

pub(crate) fn top_up(id: &str, amount_cents: u64, now: i64) -> Value {
    json!({
        "id": id, "object": "topup", "amount": amount_cents, "created": now, "currency": CURRENCY,
        "livemode": false, "metadata": {}, "status": "succeeded",
    })
}

pub(crate) fn payment_intent(intent: &PaymentIntent) -> Value {
    let (received_cents, status) = match intent.latest_charge {
        Some(_) => (intent.amount_cents, "succeeded"),
        None => (0, "requires_payment_method"),
    };
    object(
        intent,
        json!({
            "amount_received": received_cents,
            "receipt_email": null,
            "status": status,
        }),
    )
}

pub(crate) fn customer(account: &Account, customer: &Customer) -> Value {
    object(
        customer,
        json!({
            "balance": account.balance_cents(&customer.id),
            "currency": CURRENCY,
            "delinquent": false,
            "description": null,
            "livemode": false,
            "metadata": {},
            "phone": null,
        }),
    )
}

pub(crate) fn invoice(invoice: &Invoice) -> Value {
    object(
        invoice,
        json!({
            "amount_due": invoice.paid_cents,
            "amount_remaining": 0,
            "currency": CURRENCY,
            "livemode": false,
            "metadata": {},
            "status": "paid",
            "total": invoice.paid_cents,
        }),
    )
}

pub(crate) fn invoice_payment(payment: &InvoicePayment) -> Value {
    object(
        payment,
        json!({
            "currency": CURRENCY,
            "payment": { "payment_intent": payment.payment_intent, "type": "payment_intent" },
            "status": "paid",
        }),
    )
}

pub(crate) fn credit_note(note: &CreditNote) -> Value {
    // A note over an amount alone has one line of its own.
    let line = json!({
        "id": format!("cnli_{}", note.id.trim_start_matches("cn_")),
        "object": "credit_note_line_item",
        "amount": note.amount_cents,
        "description": "Credit",
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": false,
        "quantity": null,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": null,
        "unit_amount_decimal": null,
    });
    object(
        note,
        json!({
            "amount_shipping": 0,
            "currency": CURRENCY,
            "discount_amount": 0,
            "discount_amounts": [],
            "lines": list(&format!("/v1/credit_notes/{}/lines", note.id), &[line], false),
            "livemode": false,
            "memo": null,
            "out_of_band_amount": null,
            "pdf": format!("https://pay.stripe.com/credit_notes/{}/pdf", note.id),
            "post_payment_amount": note.amount_cents,
            "pre_payment_amount": 0,
            "reason": null,
            "refunds": [],
            "shipping_cost": null,
            "status": "issued",
            "subtotal": note.amount_cents,
            "subtotal_excluding_tax": note.amount_cents,
            "total": note.amount_cents,
            "total_excluding_tax": note.amount_cents,
            "total_taxes": [],
            "type": "post_payment",
            "voided_at": null,
        }),
    )
}

pub(crate) fn balance_transaction(transaction: &BalanceTransaction) -> Value {
    let kind = match transaction.credit_note {
        Some(_) => "credit_note",
        None => "adjustment",
    };
    object(
        transaction,
        json!({
            "checkout_session": null,
            "currency": CURRENCY,
            "description": null,
            "livemode": false,
            "type": kind,
        }),
    )
}

/// A page of a list.
pub(crate) fn list(url: &str, data: &[Value], has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

/// The members of an object, and more.
fn object<T: Object + Serialize>(object: &T, mut more: Value) -> Value {
    let mut value = serde_json::to_value(object).unwrap_or_default();
    value["object"] = T::NOUN.into();
    if let (Some(members), Some(more)) = (value.as_object_mut(), more.as_object_mut()) {
        members.append(more);
    }
    value
}
