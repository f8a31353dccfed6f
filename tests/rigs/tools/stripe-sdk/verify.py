"""Which of the signed bodies in a file Stripe's official client believes: a line `yes` or `no` for each."""

import json
import sys

import stripe

with open(sys.argv[1], encoding="utf-8") as file:
    vectors = json.load(file)
for vector in vectors:
    try:
        stripe.WebhookSignature.verify_header(
            vector["body"], vector["header"], vector["secret"], tolerance=300
        )
        print("yes")
    except stripe.SignatureVerificationError:
        print("no")
