//! What exists before the first call: the objects that the project's documentation names.
//!
//! | | paid by | |
//! | --- | --- | --- |
//! | `ch_demo_2000` | `cus_demo` | 2,000.00 USD, as all that say nothing else |
//! | `ch_demo_refunded`, `ch_demo_disputed`, `ch_demo_eur`, `ch_demo_uncaptured` | `cus_demo` | as they are called |
//! | `ch_demo_slow`, `ch_demo_fails_later` | `cus_demo` | a refund is pending first, or fails after half an hour |
//! | `ch_demo_pi_2000` | `cus_demo` | the charge of the payment intent `pi_demo_2000` |
//! | `ch_demo_invoiced_45` | `cus_demo` | 45.00 USD with `pi_demo_invoiced_45` for the invoice `in_demo_45` |
//! | `ch_demo_45` | `cus_demo` | 45.00 USD with `pi_demo_45` for no invoice |
//! | `ch_demo_guest` | a guest | whose address is guest@example.com |
//! | `ch_other_100` | `cus_other` | 100.00 USD |
//!
//! `pi_demo_unpaid` has no charge.

use std::collections::BTreeMap;

use super::billing::Invoice;
use super::model::{Charge, Customer, PaymentIntent, Refund, Settlement, World};

/// 1 January 2026, 00:00 UTC: everything here was paid then.
const PAID_AT: i64 = 1_767_225_600;
const TWO_THOUSAND_CENTS: u64 = 200_000;
const SMALL_CENTS: u64 = 4_500;

/// The world at the very start.
pub(crate) fn at_start() -> World {
    World {
        customers: vec![
            customer("cus_demo", "customer@example.com", "Demo Customer"),
            customer("cus_other", "other@example.com", "Other Customer"),
        ],
        charges: vec![
            charge("ch_demo_2000"),
            charge("ch_demo_refunded"),
            Charge {
                disputed: true,
                ..charge("ch_demo_disputed")
            },
            Charge {
                currency: "eur".into(),
                ..charge("ch_demo_eur")
            },
            Charge {
                settlement: Settlement::Delayed,
                ..charge("ch_demo_slow")
            },
            Charge {
                settlement: Settlement::FailsLater,
                ..charge("ch_demo_fails_later")
            },
            Charge {
                customer: None,
                ..charge("ch_demo_guest")
            },
            Charge {
                captured_cents: 0,
                ..charge("ch_demo_uncaptured")
            },
            Charge {
                payment_intent: Some("pi_demo_2000".into()),
                ..charge("ch_demo_pi_2000")
            },
            small_charge("ch_demo_invoiced_45", "pi_demo_invoiced_45"),
            small_charge("ch_demo_45", "pi_demo_45"),
            Charge {
                customer: Some("cus_other".into()),
                amount_cents: 10_000,
                captured_cents: 10_000,
                ..charge("ch_other_100")
            },
        ],
        intents: vec![
            intent("pi_demo_2000", Some("ch_demo_pi_2000")),
            intent("pi_demo_unpaid", None),
            PaymentIntent {
                amount_cents: SMALL_CENTS,
                ..intent("pi_demo_invoiced_45", Some("ch_demo_invoiced_45"))
            },
            PaymentIntent {
                amount_cents: SMALL_CENTS,
                ..intent("pi_demo_45", Some("ch_demo_45"))
            },
        ],
        invoices: vec![Invoice {
            id: "in_demo_45".into(),
            number: "DEMO-0001".into(),
            customer: "cus_demo".into(),
            payment: "inpay_demo_45".into(),
            payment_intent: "pi_demo_invoiced_45".into(),
            total_cents: SMALL_CENTS,
            paid: PAID_AT,
        }],
        refunds: vec![Refund {
            id: "re_demo_refunded".into(),
            charge: "ch_demo_refunded".into(),
            payment_intent: None,
            amount_cents: TWO_THOUSAND_CENTS,
            currency: "usd".into(),
            reason: None,
            metadata: BTreeMap::new(),
            settlement: Settlement::Immediate,
            created: PAID_AT,
        }],
        credit_notes: Vec::new(),
        balance_transactions: Vec::new(),
        events: Vec::new(),
    }
}

fn customer(id: &str, email: &str, name: &str) -> Customer {
    Customer {
        id: id.into(),
        email: email.into(),
        name: name.into(),
        created: PAID_AT,
    }
}

/// 2,000.00 USD of `cus_demo`.
fn intent(id: &str, latest_charge: Option<&str>) -> PaymentIntent {
    PaymentIntent {
        id: id.into(),
        customer: "cus_demo".into(),
        amount_cents: TWO_THOUSAND_CENTS,
        currency: "usd".into(),
        latest_charge: latest_charge.map(Into::into),
        created: PAID_AT,
    }
}

/// 2,000.00 USD, paid by `cus_demo` with an ordinary card.
fn charge(id: &str) -> Charge {
    Charge {
        id: id.into(),
        customer: Some("cus_demo".into()),
        payment_intent: None,
        amount_cents: TWO_THOUSAND_CENTS,
        captured_cents: TWO_THOUSAND_CENTS,
        currency: "usd".into(),
        disputed: false,
        settlement: Settlement::Immediate,
        created: PAID_AT,
    }
}

/// 45.00 USD, paid by `cus_demo` with a payment intent.
fn small_charge(id: &str, intent: &str) -> Charge {
    Charge {
        payment_intent: Some(intent.into()),
        amount_cents: SMALL_CENTS,
        captured_cents: SMALL_CENTS,
        ..charge(id)
    }
}
