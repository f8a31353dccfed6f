//! The refund rules as tables over an account in memory, and the wire over the router.

use super::account::{Account, Change};
use super::error::StripeError;
use super::objects::{Refund, RefundStatus};
use super::params::{Pairs, Params, decode};

mod wire;

const NOW: i64 = 1_800_000_000;
const HALF_AN_HOUR: i64 = 30 * 60;

fn wish(id: &str, amount_cents: Option<u64>) -> Pairs {
    let name = if id.starts_with("pi_") {
        "payment_intent"
    } else {
        "charge"
    };
    let amount = amount_cents.map(|cents| format!("&amount={cents}"));
    decode(format!("{name}={id}{}", amount.unwrap_or_default()).as_bytes())
}

fn refund(
    account: &mut Account,
    id: &str,
    amount_cents: Option<u64>,
) -> Result<Refund, StripeError> {
    let form = wish(id, amount_cents);
    let refund = account.plan_refund(Params::new(&form)?, NOW)?;
    account.apply(Change::RefundCreated(refund.clone()));
    Ok(refund)
}

/// Status, code, parameter and message.
type Refusal = (
    u16,
    Option<&'static str>,
    Option<&'static str>,
    &'static str,
);

/// What one wish leads to in a fresh account after `before` was refunded.
struct Case {
    before: &'static [(&'static str, u64)],
    wish: (&'static str, Option<u64>),
    leads_to: Result<u64, Refusal>,
}

fn refusals() -> Vec<Case> {
    let refused = |wish, status, code, param, message| Case {
        before: &[],
        wish,
        leads_to: Err((status, code, param, message)),
    };
    vec![
        refused(
            ("ch_x", None),
            404,
            Some("resource_missing"),
            Some("id"),
            "No such charge: 'ch_x'",
        ),
        refused(
            ("pi_x", None),
            404,
            Some("resource_missing"),
            Some("payment_intent"),
            "No such payment_intent: 'pi_x'",
        ),
        refused(
            ("ch_demo_refunded", Some(1)),
            400,
            Some("charge_already_refunded"),
            None,
            "Charge ch_demo_refunded has already been refunded.",
        ),
        refused(
            ("ch_demo_disputed", Some(1)),
            400,
            Some("charge_disputed"),
            None,
            "Charge ch_demo_disputed has been charged back; cannot issue a refund.",
        ),
        refused(
            ("ch_demo_uncaptured", Some(5)),
            400,
            None,
            Some("amount"),
            "You cannot partially refund an uncaptured charge. Instead, capture the charge for an amount less than the original amount",
        ),
        refused(
            ("pi_demo_unpaid", Some(5)),
            400,
            None,
            None,
            "This PaymentIntent (pi_demo_unpaid) does not have a successful charge to refund.",
        ),
        refused(
            ("ch_other_100", Some(10_001)),
            400,
            None,
            Some("amount"),
            "Refund amount ($100.01) is greater than unrefunded amount on charge ($100.00)",
        ),
        refused(
            ("ch_demo_eur", Some(1_234_567)),
            400,
            None,
            Some("amount"),
            "Refund amount (€12,345.67) is greater than unrefunded amount on charge (€2,000.00)",
        ),
        Case {
            before: &[("ch_other_100", 6_000)],
            ..refused(
                ("ch_other_100", Some(6_000)),
                400,
                None,
                Some("amount"),
                "Refund amount ($60.00) is greater than unrefunded amount on charge ($40.00)",
            )
        },
        Case {
            before: &[("ch_demo_slow", 200_000)],
            ..refused(
                ("ch_demo_slow", Some(1)),
                400,
                Some("charge_already_refunded"),
                None,
                "Charge ch_demo_slow has already been refunded.",
            )
        },
    ]
}

fn successes() -> Vec<Case> {
    let paid = |before, wish, amount_cents| Case {
        before,
        wish,
        leads_to: Ok(amount_cents),
    };
    vec![
        paid(&[], ("ch_demo_2000", None), 200_000),
        paid(&[], ("ch_demo_2000", Some(1)), 1),
        paid(&[], ("ch_demo_2000", Some(200_000)), 200_000),
        paid(&[], ("ch_demo_uncaptured", None), 200_000),
        paid(&[], ("pi_demo_2000", None), 200_000),
        paid(&[("ch_other_100", 6_000)], ("ch_other_100", None), 4_000),
        paid(
            &[("ch_other_100", 6_000)],
            ("ch_other_100", Some(4_000)),
            4_000,
        ),
        paid(&[("pi_demo_2000", 50)], ("ch_demo_pi_2000", None), 199_950),
        paid(&[("ch_demo_slow", 5)], ("ch_demo_slow", None), 199_995),
    ]
}

#[test]
fn what_a_wish_leads_to() {
    for case in refusals().into_iter().chain(successes()) {
        let mut account = Account::demo();
        for (id, amount_cents) in case.before {
            refund(&mut account, id, Some(*amount_cents)).unwrap();
        }
        let form = wish(case.wish.0, case.wish.1);
        let outcome = account.plan_refund(Params::new(&form).unwrap(), NOW);
        match (outcome, case.leads_to) {
            (Ok(refund), Ok(amount_cents)) => assert_eq!(refund.amount_cents, amount_cents),
            (Err(error), Err((status, code, param, message))) => {
                assert_eq!(error.message, message);
                assert_eq!((error.status, error.code), (status, code), "{message}");
                assert_eq!(error.param.as_deref(), param, "{message}");
                assert!(error.executed, "{message}: kept under its key");
            }
            (outcome, expected) => panic!("{:?}: {outcome:?}, not {expected:?}", case.wish),
        }
    }
}

#[test]
fn a_payment_intent_and_its_charge_name_each_other() {
    let mut account = Account::demo();
    let by_intent = refund(&mut account, "pi_demo_2000", Some(5)).unwrap();
    let by_charge = refund(&mut account, "ch_demo_pi_2000", Some(5)).unwrap();
    for refund in [by_intent, by_charge] {
        assert_eq!(refund.charge, "ch_demo_pi_2000");
        assert_eq!(refund.payment_intent.as_deref(), Some("pi_demo_2000"));
    }
}

#[test]
fn a_delayed_refund_holds_its_amount_and_settles_with_time() {
    let mut account = Account::demo();
    let slow = refund(&mut account, "ch_demo_slow", Some(500)).unwrap();
    let charge = account.charge("ch_demo_slow", "charge").unwrap();
    let at = |now| {
        (
            account.status(&slow, now),
            account.refunded_cents(charge, now),
            account.refundable_cents(charge, now),
        )
    };
    assert_eq!(at(NOW), (RefundStatus::Pending, 0, 199_500));
    let settled = NOW + HALF_AN_HOUR;
    assert_eq!(at(settled - 1), (RefundStatus::Pending, 0, 199_500));
    assert_eq!(at(settled), (RefundStatus::Succeeded, 500, 199_500));
}

#[test]
fn a_refund_that_fails_later_gives_its_amount_free_again() {
    let mut account = Account::demo();
    let failing = refund(&mut account, "ch_demo_fails_later", None).unwrap();
    let charge = account.charge("ch_demo_fails_later", "charge").unwrap();
    assert_eq!(account.status(&failing, NOW), RefundStatus::Succeeded);
    assert_eq!(account.refundable_cents(charge, NOW), 0);
    let later = NOW + HALF_AN_HOUR;
    assert_eq!(account.status(&failing, later), RefundStatus::Failed);
    assert_eq!(account.refundable_cents(charge, later), 200_000);
}

#[test]
fn no_sequence_of_refunds_pays_back_more_than_was_captured() {
    // A fixed walk over odd amounts: every success must fit, every refusal must be because it does not.
    let mut account = Account::demo();
    let mut paid_cents = 0;
    for step in 0..400_u64 {
        let amount_cents = 1 + (step * 7_919) % 1_500;
        let left_cents = 200_000 - paid_cents;
        match refund(&mut account, "ch_demo_2000", Some(amount_cents)) {
            Ok(refund) => paid_cents += refund.amount_cents,
            Err(_) => assert!(amount_cents > left_cents),
        }
        assert!(paid_cents <= 200_000);
        let charge = account.charge("ch_demo_2000", "charge").unwrap();
        assert_eq!(account.refunded_cents(charge, NOW), paid_cents);
    }
    assert!(paid_cents > 190_000, "the walk got to the edge");
}
