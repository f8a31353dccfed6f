//! What exists before the first call: the objects that the project's documentation names.

use std::collections::BTreeMap;

use super::model::{Charge, Customer, PaymentIntent, Refund, Settlement, World};

/// 1 January 2026, 00:00 UTC: everything here was paid then.
const PAID_AT: i64 = 1_767_225_600;
const TWO_THOUSAND_CENTS: u64 = 200_000;

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
        ],
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
