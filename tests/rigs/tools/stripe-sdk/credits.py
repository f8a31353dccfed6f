"""What Stripe's official client reads of the credits at an address, as one JSON document."""

import json
import sys

import stripe

client = stripe.StripeClient("sk_test_canary", base_addresses={"api": sys.argv[1]}, max_network_retries=0)
v1 = client.v1


def invoice_of(intent):
    filter = {"payment": {"type": "payment_intent", "payment_intent": intent}, "status": "paid"}
    payments = v1.invoice_payments.list(filter).auto_paging_iter()
    return [[payment.invoice, payment.amount_paid, payment.payment.payment_intent] for payment in payments]


note = v1.credit_notes.create({"invoice": "in_demo_45", "amount": 1999, "credit_amount": 1999})
given = v1.customers.balance_transactions.create("cus_demo", {"amount": -4999, "currency": "usd"})
try:
    v1.credit_notes.create({"invoice": "in_demo_45", "amount": 4500, "credit_amount": 4500})
    refused = None
except stripe.InvalidRequestError as error:
    refused = [error.http_status, error.param]
notes = v1.credit_notes.list({"invoice": "in_demo_45", "limit": 1}).auto_paging_iter()
balance = v1.customers.balance_transactions.list("cus_demo", {"limit": 1}).auto_paging_iter()
print(
    json.dumps(
        {
            "invoiced": invoice_of("pi_demo_invoiced_45"),
            "not invoiced": invoice_of("pi_demo_45"),
            "note": [note.object, note.amount, note.status],
            "notes": [found.id == note.id for found in notes],
            "balance": [found.amount for found in balance],
            "ending balance": given.ending_balance,
            "refused": refused,
        }
    )
)
