//! Money back.

use domain::metrics;
use domain::request::{Event, Output, OwnershipConfirmation, Status, UnclearCharge};
use domain::stripe::{Customer, Payer};
use domain::task::{StateEntry, StripeReason};

use super::*;

#[tokio::test]
async fn pays_exact_cents_and_says_so() {
    let case = Case::new([]).await;
    assert_eq!(case.pay().await.unwrap().outcome, "done");
    let order = case.function.stripe.orders().remove(0);
    assert_eq!(
        (order.charge.as_str(), order.amount.cents()),
        ("ch_1", 5000)
    );
    assert_eq!(order.reason, StripeReason::Duplicate);
    assert_eq!(order.metadata["request_id"], case.id.to_string());
    assert_eq!(order.metadata["reason"], "Duplicate charge");
    assert_eq!(
        order.idempotency_key,
        format!("refund-{}-ch_1-5000", case.id)
    );
    let request = case.request().await;
    assert_eq!(request.status, Status::Refunded);
    let output = Output::Refund {
        id: "re_1".to_owned(),
        amount: order.amount,
        status: "succeeded".to_owned(),
    };
    assert_eq!(
        request.outputs[&"stripeRefundResult".parse().unwrap()],
        output
    );
}

#[tokio::test]
async fn of_two_amounts_and_two_charges_those_are_paid_and_measured_that_approvers_were_shown() {
    for (charge, amount) in [
        ("chargeIdToRefund", "orderTotal"),
        ("otherCharge", "refundAmount"),
    ] {
        let case = Case::of(fixtures::request::request_with_two_of_each(), []).await;
        let fields = json!({"charge": charge, "amount": amount});
        for action in ["createRefund", "createCredit"] {
            let answer = case.run_with(action, "2026-01-01T00:00:00Z", &fields).await;
            assert_eq!(answer.unwrap_err().name(), "Payload.Invalid");
        }
        assert_eq!(case.paid(), 0);

        assert_eq!(case.pay().await.unwrap().outcome, "done");
        let order = case.function.stripe.orders().remove(0);
        assert_eq!(
            (order.charge.as_str(), order.amount.cents()),
            ("ch_1", 5000)
        );
        let items = case.function.store.table().items();
        let last = items.iter().rfind(|item| item.kind == "audit").unwrap();
        let record: AuditRecord = serde_json::from_value(last.body.clone()).unwrap();
        let measured = metrics::of_change(&record, &[]);
        let cents = measured.iter().find(|it| it.name == "RefundedCents");
        assert_eq!(cents.unwrap().value, 5000);
    }
}

#[tokio::test]
async fn a_repeated_invocation_pays_nothing_more() {
    let case = Case::new([]).await;
    for _ in 0..3 {
        assert_eq!(case.pay().await.unwrap().outcome, "done");
    }
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "done");
    assert_eq!(case.paid(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_found_again_without_the_idempotency_key() {
    // The fake keeps no idempotency keys, as Stripe after a day.
    let case = Case::new([Script::PayAndDrop]).await;
    assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.Unavailable");
    assert_eq!(case.request().await.status, Status::Processing);
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "done");
    assert_eq!((case.paid(), case.function.stripe.orders().len()), (1, 1));
}

#[tokio::test]
async fn only_a_charge_that_stripe_does_not_know_has_no_refunds() {
    for (code, wanted) in [
        (Some("resource_missing"), Ok("done")),
        (Some("lock_timeout"), Err("Stripe.Undecided")),
        (None, Err("Stripe.Undecided")),
    ] {
        let case = Case::new([unknown()]).await;
        case.pay().await.unwrap_err();
        case.function.stripe.fail_listing(StripeError::Refused {
            message: "No.".to_owned(),
            code: code.map(ToOwned::to_owned),
        });
        let found = case.pay_again_later().await;
        let found = found.as_ref().map(|outcome| outcome.outcome.as_str());
        assert_eq!(found.map_err(Failure::name), wanted, "{code:?}");
        assert_eq!(case.paid(), usize::from(wanted.is_ok()));
        assert_eq!(case.stripe_error().await, "", "nobody is denied for it");
    }
}

#[tokio::test]
async fn an_unknown_answer_is_retried_with_the_same_key() {
    let busy = Script::Fail(StripeError::Busy("status 429".to_owned()));
    let case = Case::new([unknown(), busy]).await;
    for _ in 0..2 {
        assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.Unavailable");
    }
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "done");
    let orders = case.function.stripe.orders();
    assert_eq!(orders.len(), 3);
    let key = &orders[0].idempotency_key;
    assert!(orders.iter().all(|order| order.idempotency_key == *key));
    assert_eq!(case.paid(), 1);
}

#[tokio::test]
async fn where_stripe_wants_no_other_try_a_person_decides() {
    let undecided = Script::Fail(StripeError::Undecided("status 500".to_owned()));
    let case = Case::new([undecided]).await;
    assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.Undecided");
    assert_eq!(case.request().await.status, Status::Processing);
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "done");
    assert_eq!(case.paid(), 1);
}

#[tokio::test]
async fn a_refusal_is_an_outcome_with_the_message_word_for_word() {
    let message = "Charge ch_1 has already been refunded.";
    let case = Case::new([refused(message)]).await;
    for _ in 0..2 {
        assert_eq!(case.pay().await.unwrap().outcome, "error");
    }
    let orders = case.function.stripe.orders();
    assert_eq!(orders.len(), 1, "a no is not asked for again");
    assert_eq!(case.stripe_error().await, message);
}

#[tokio::test]
async fn a_misconfiguration_is_neither_paid_nor_denied() {
    for error in [
        StripeError::Misconfigured("status 403".into()),
        StripeError::KeyRefused,
    ] {
        let case = Case::new([Script::Fail(error)]).await;
        assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.Misconfigured");
        assert_eq!(case.request().await.status, Status::Processing);
        let redriven = case.pay_again_later().await.unwrap();
        assert_eq!(
            redriven.outcome, "done",
            "once it is mended, a redrive pays"
        );
        assert_eq!(case.paid(), 1);
    }
}

#[tokio::test]
async fn fifty_euros_are_not_fifty_dollars() {
    for currency in ["eur", "jpy"] {
        let case = Case::new([]).await;
        case.function.stripe.set_currency(currency);
        assert_eq!(case.pay().await.unwrap().outcome, "error");
        assert_eq!(case.paid(), 0);
        let code = currency.to_uppercase();
        assert_eq!(
            case.stripe_error().await,
            format!("ch_1 was paid in {code}, not in USD.")
        );
    }
}

pub(super) fn bob() -> Payer {
    let customer = Customer {
        id: "cus_bob".to_owned(),
        email: Some("bob@example.com".to_owned()),
    };
    Payer::Customer(customer, Some("ada@example.com".to_owned()))
}

#[tokio::test]
async fn another_customers_charge_is_denied_with_its_own_reason() {
    let case = Case::new([]).await;
    case.function.stripe.set_payer(bob());
    assert_eq!(case.pay().await.unwrap().outcome, "error");
    assert_eq!(case.paid(), 0);
    assert_eq!(
        case.stripe_error().await,
        "ch_1 belongs to another customer than the one who asks."
    );
}

#[tokio::test]
async fn that_an_approver_entered_the_customer_pays_nothing_until_the_charge_is_confirmed() {
    let phase = "CSM Review".parse().unwrap();
    let field = "stripeCustomerId".parse().unwrap();
    let case = Case::new([]).await;
    case.function.stripe.set_payer(bob());
    case.change(|request| {
        let event = Event::CustomerIdentified {
            by: "csm-1@example.com",
            field: &field,
            customer: "cus_bob",
        };
        request.apply(&event, StateEntry::during(&phase, Timestamp::UNIX_EPOCH));
    })
    .await;
    assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.GuestCharge");
    for (charge, customer) in [
        ("ch_1", None),
        ("ch_1", Some("cus_eve")),
        ("ch_2", Some("cus_bob")),
    ] {
        confirm_ownership(&case, charge, customer).await;
        assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.GuestCharge");
    }
    assert_eq!(case.paid(), 0);
    confirm_ownership(&case, "ch_1", Some("cus_bob")).await;
    assert_eq!(case.pay().await.unwrap().outcome, "done");

    let case = Case::new([]).await;
    case.function.stripe.set_payer(bob());
    case.change(|request| {
        let mut answers = request.answers.iter_mut();
        let answer = answers.find(|answer| answer.name == field).unwrap();
        answer.value = Some(Value::Text("cus_bob".to_owned()));
    })
    .await;
    confirm_ownership(&case, "ch_1", Some("cus_bob")).await;
    assert_eq!(
        case.pay().await.unwrap().outcome,
        "error",
        "a customer says nothing about it"
    );
}

#[tokio::test]
async fn the_address_given_at_the_payment_counts_where_the_customer_has_none() {
    let case = Case::new([]).await;
    let customer = Customer {
        id: "cus_1".to_owned(),
        email: None,
    };
    let given = Some("Ada@example.com".to_owned());
    let stripe = &case.function.stripe;
    stripe.set_payer(Payer::Customer(customer, given));
    assert_eq!(case.pay().await.unwrap().outcome, "done");
}

#[tokio::test]
async fn a_guests_charge_with_another_address_needs_a_person() {
    let case = Case::new([]).await;
    let guest = |email: &str| Payer::Guest(Some(email.to_owned()));
    case.function.stripe.set_payer(guest("bob@example.com"));
    let failure = case.pay().await.unwrap_err();
    assert_eq!(failure.name(), "Stripe.GuestCharge");
    assert!(!failure.to_string().contains("example.com"), "{failure}");
    assert_eq!(case.paid(), 0);

    case.function.stripe.set_payer(guest("ADA@example.com"));
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "done");
}

async fn confirm_ownership(case: &Case, charge: &str, customer: Option<&str>) {
    let of = UnclearCharge {
        charge: charge.to_owned(),
        customer: customer.map(ToOwned::to_owned),
    };
    let by = "csm-1@example.com".to_owned();
    let confirmation = OwnershipConfirmation { of, by };
    case.change(|request| request.ownership_confirmation = Some(confirmation))
        .await;
}

#[tokio::test]
async fn a_charge_that_an_approver_confirmed_is_paid_and_no_other() {
    let guest = || Payer::Guest(Some("bob@example.com".to_owned()));
    for method in ["createRefund", "createCredit"] {
        let case = Case::new([]).await;
        case.function.stripe.set_payer(guest());
        // So that a guest can be credited at all.
        case.function.stripe.set_invoice("in_1");
        confirm_ownership(&case, "ch_2", None).await;
        let at = "2026-01-01T00:00:00Z";
        let failure = case.run(method, at).await.unwrap_err();
        assert_eq!(failure.name(), "Stripe.GuestCharge", "{method}");
        // Whoever has to say whose it is sees it, although nobody had looked it up.
        let request = case.request().await;
        let found = case.function.store.charge_lookup(request.request_id).await;
        let unclear = found.unwrap().unwrap().unclear_charges(&request);
        assert_eq!(unclear[0].charge, "ch_1", "{method}");

        confirm_ownership(&case, "ch_1", None).await;
        let at = "2026-01-02T00:00:00Z";
        assert_eq!(case.run(method, at).await.unwrap().outcome, "done");
    }
}

#[tokio::test]
async fn a_confirmation_does_not_make_another_customers_charge_theirs() {
    let case = Case::new([]).await;
    case.function.stripe.set_payer(bob());
    confirm_ownership(&case, "ch_1", Some("cus_bob")).await;
    assert_eq!(case.pay().await.unwrap().outcome, "error");
    assert_eq!(case.paid(), 0);
}

#[tokio::test]
async fn an_unknown_charge_is_denied_in_stripes_words() {
    let case = Case::new([]).await;
    let message = "No such charge: 'ch_1'".to_owned();
    case.function.stripe.fail_lookup(StripeError::Refused {
        message: message.clone(),
        code: Some("resource_missing".to_owned()),
    });
    assert_eq!(case.pay().await.unwrap().outcome, "error");
    assert_eq!((case.stripe_error().await, case.paid()), (message, 0));
}
