"""The calls of `calls.rs` once more, in the same order, by Stripe's official client."""

import sys

import stripe

client = stripe.StripeClient("rk_test_rig", base_addresses={"api": sys.argv[1]}, max_network_retries=0)
v1 = client.v1
METADATA = {
    "request_id": "0b5dbd26-9a1e-4d52-8f4c-6cf3b0c1d7a1",
    "offering": "customer-success/refund-request",
    "reason": "Déjà vu & more = 100%",
}


def once(key):
    return {"idempotency_key": key}


v1.charges.retrieve("ch_1")
v1.payment_intents.retrieve("pi_1")
v1.customers.list({"email": "ada+x@example.com", "limit": 100})
v1.charges.list({"customer": "cus_1", "limit": 100})
v1.invoices.list({"customer": "cus_1", "limit": 100})
v1.refunds.retrieve("re_1")
v1.refunds.list({"charge": "ch_1", "limit": 100})
v1.refunds.list({"payment_intent": "pi_1", "limit": 100})
v1.refunds.create(
    {"charge": "ch_1", "amount": 1999, "reason": "duplicate", "metadata": METADATA},
    once("refund-ch_1"),
)
v1.refunds.create(
    {"payment_intent": "pi_1", "amount": 1999, "reason": "requested_by_customer", "metadata": METADATA},
    once("refund-pi_1"),
)
v1.invoice_payments.list(
    {
        "payment": {"type": "payment_intent", "payment_intent": "pi_1"},
        "status": "paid",
        "limit": 100,
    }
)
v1.credit_notes.list({"invoice": "in_1", "limit": 100})
v1.customers.balance_transactions.list("cus_1", {"limit": 100})
v1.credit_notes.create(
    {"invoice": "in_1", "amount": 4999, "credit_amount": 4999, "metadata": METADATA}, once("credit")
)
v1.customers.balance_transactions.create(
    "cus_1", {"amount": -4999, "currency": "usd", "metadata": METADATA}, once("credit")
)
