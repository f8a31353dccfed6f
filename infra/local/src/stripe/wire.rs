//! Objects as Stripe's API writes them: their own members, and those that follow from the rest of the account
//! or that Stripe's schema requires.

use serde::Serialize;
use serde_json::{Value, json};

use super::account::Account;
use super::credits::CURRENCY;
use super::objects::{
    BalanceTransaction, Charge, CreditNote, Customer, Invoice, InvoicePayment, Object,
    PaymentIntent, Refund, RefundStatus, find,
};

/// An object that Stripe's API shows.
pub(crate) trait Wire: Object + Serialize {
    /// The members besides its own.
    fn more(&self, account: &Account, now: i64) -> Value;
}

/// An object with all its members.
pub(crate) fn object<T: Wire>(object: &T, account: &Account, now: i64) -> Value {
    let mut value = serde_json::to_value(object).unwrap_or_default();
    value["object"] = T::NOUN.into();
    let mut more = object.more(account, now);
    if let (Some(members), Some(more)) = (value.as_object_mut(), more.as_object_mut()) {
        members.append(more);
    }
    value
}

/// A page of a list.
pub(crate) fn list(url: &str, data: &[Value], has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

impl Wire for Refund {
    fn more(&self, account: &Account, now: i64) -> Value {
        let status = account.status(self, now);
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
        more
    }
}

impl Wire for Charge {
    fn more(&self, account: &Account, now: i64) -> Value {
        let refunded_cents = account.refunded_cents(self, now);
        let customer = self.customer.as_deref();
        let customer = customer.and_then(|id| find(&account.customers, id, "customer").ok());
        let given = self.billing_email.as_ref();
        let given = given.or(customer.and_then(|customer| customer.email.as_ref()));
        json!({
            "amount_refunded": refunded_cents,
            "billing_details": {
                "email": given,
                "name": customer.map(|customer| &customer.name),
            },
            "captured": self.captured_cents > 0,
            "payment_method_details": { "card": { "brand": "visa", "last4": "4242" }, "type": "card" },
            "receipt_email": null,
            "refunded": refunded_cents >= self.captured_cents,
            "status": "succeeded",
        })
    }
}

pub(crate) fn top_up(id: &str, amount_cents: u64, now: i64) -> Value {
    json!({
        "id": id, "object": "topup", "amount": amount_cents, "created": now, "currency": CURRENCY,
        "livemode": false, "metadata": {}, "status": "succeeded",
    })
}

impl Wire for PaymentIntent {
    fn more(&self, _: &Account, _: i64) -> Value {
        let (received_cents, status) = match self.latest_charge {
            Some(_) => (self.amount_cents, "succeeded"),
            None => (0, "requires_payment_method"),
        };
        json!({
            "amount_received": received_cents,
            "receipt_email": null,
            "status": status,
        })
    }
}

impl Wire for Customer {
    fn more(&self, account: &Account, _: i64) -> Value {
        json!({
            "balance": account.balance_cents(&self.id),
            "currency": CURRENCY,
            "delinquent": false,
            "description": null,
            "livemode": false,
            "metadata": {},
            "phone": null,
        })
    }
}

impl Wire for Invoice {
    fn more(&self, _: &Account, _: i64) -> Value {
        json!({
            "amount_due": self.paid_cents,
            "amount_remaining": 0,
            "currency": CURRENCY,
            "livemode": false,
            "metadata": {},
            "status": "paid",
            "total": self.paid_cents,
        })
    }
}

impl Wire for InvoicePayment {
    fn more(&self, _: &Account, _: i64) -> Value {
        json!({
            "currency": CURRENCY,
            "payment": { "payment_intent": self.payment_intent, "type": "payment_intent" },
            "status": "paid",
        })
    }
}

impl Wire for CreditNote {
    fn more(&self, _: &Account, _: i64) -> Value {
        // A note over an amount alone has one line of its own.
        let line = json!({
            "id": format!("cnli_{}", self.id.trim_start_matches("cn_")),
            "object": "credit_note_line_item",
            "amount": self.amount_cents,
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
        json!({
            "amount_shipping": 0,
            "currency": CURRENCY,
            "discount_amount": 0,
            "discount_amounts": [],
            "lines": list(&format!("/v1/credit_notes/{}/lines", self.id), &[line], false),
            "livemode": false,
            "memo": null,
            "out_of_band_amount": null,
            "pdf": format!("https://pay.stripe.com/credit_notes/{}/pdf", self.id),
            "post_payment_amount": self.amount_cents,
            "pre_payment_amount": 0,
            "reason": null,
            "refunds": [],
            "shipping_cost": null,
            "status": "issued",
            "subtotal": self.amount_cents,
            "subtotal_excluding_tax": self.amount_cents,
            "total": self.amount_cents,
            "total_excluding_tax": self.amount_cents,
            "total_taxes": [],
            "type": "post_payment",
            "voided_at": null,
        })
    }
}

impl Wire for BalanceTransaction {
    fn more(&self, _: &Account, _: i64) -> Value {
        let kind = match self.credit_note {
            Some(_) => "credit_note",
            None => "adjustment",
        };
        json!({
            "checkout_session": null,
            "currency": CURRENCY,
            "description": null,
            "livemode": false,
            "type": kind,
        })
    }
}
