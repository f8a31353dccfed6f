//! Credits as Stripe's API writes them.

use serde_json::{Value, json};

use crate::stripe::billing::{BalanceTransaction, CURRENCY, CreditNote, CreditReason, Invoice};

pub(crate) fn invoice_payment(invoice: &Invoice) -> Value {
    json!({
        "id": invoice.payment,
        "object": "invoice_payment",
        "amount_paid": invoice.total_cents,
        "amount_requested": invoice.total_cents,
        "created": invoice.paid,
        "currency": CURRENCY,
        "invoice": invoice.id,
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": invoice.payment_intent, "type": "payment_intent" },
        "status": "paid",
        "status_transitions": { "canceled_at": null, "paid_at": invoice.paid },
    })
}

/// `transaction` is what the note puts on the customer's balance.
pub(crate) fn credit_note(note: &CreditNote, transaction: Option<&str>) -> Value {
    let lines = format!("/v1/credit_notes/{}/lines", note.id);
    let pdf = format!("https://pay.stripe.com/credit_notes/{}/pdf", note.id);
    json!({
        "id": note.id,
        "object": "credit_note",
        "amount": note.amount_cents,
        "amount_shipping": 0,
        "created": note.created,
        "currency": CURRENCY,
        "customer": note.customer,
        "customer_balance_transaction": transaction,
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice": note.invoice,
        "lines": {
            "object": "list",
            "data": [line(note)],
            "has_more": false,
            "url": lines,
        },
        "livemode": false,
        "memo": note.memo,
        "metadata": note.metadata,
        "number": note.number,
        "out_of_band_amount": null,
        "pdf": pdf,
        "post_payment_amount": note.amount_cents,
        "pre_payment_amount": 0,
        "reason": note.reason.map(CreditReason::as_str),
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
    })
}

/// A note over an amount alone has one line of its own.
fn line(note: &CreditNote) -> Value {
    json!({
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
    })
}

pub(crate) fn balance_transaction(transaction: &BalanceTransaction) -> Value {
    let (note, invoice) = match &transaction.credit_note {
        Some((note, invoice)) => (Some(note), Some(invoice)),
        None => (None, None),
    };
    json!({
        "id": transaction.id,
        "object": "customer_balance_transaction",
        "amount": transaction.amount_cents,
        "checkout_session": null,
        "created": transaction.created,
        "credit_note": note,
        "currency": CURRENCY,
        "customer": transaction.customer,
        "description": transaction.description,
        "ending_balance": transaction.ending_balance_cents,
        "invoice": invoice,
        "livemode": false,
        "metadata": transaction.metadata,
        "type": if note.is_some() { "credit_note" } else { "adjustment" },
    })
}
