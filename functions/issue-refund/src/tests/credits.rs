//! Credits in place of money back, and what comes after them.

use domain::request::Output;
use domain::stripe::{Credit, CreditTarget, Payer};

use super::*;

fn targets(case: &Case) -> Vec<CreditTarget> {
    let orders = case.function.stripe.credit_orders();
    orders.into_iter().map(|order| order.target).collect()
}

#[tokio::test]
async fn a_paid_invoice_gets_a_credit_note_and_all_else_a_balance() {
    let case = Case::new([]).await;
    case.asks_for("49.99").await;
    case.function.stripe.set_invoice("in_1");
    assert_eq!(case.credit().await.unwrap().outcome, "done");
    assert_eq!(targets(&case), [CreditTarget::Invoice("in_1".into())]);
    let order = case.function.stripe.credit_orders().remove(0);
    assert_eq!(order.amount.cents(), 4999);
    assert_eq!(order.metadata["request_id"], case.id.to_string());
    let parameters = order.parameters();
    for (name, value) in [
        ("invoice", "in_1"),
        ("amount", "4999"),
        ("credit_amount", "4999"),
    ] {
        assert!(
            parameters.contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }

    let case = Case::new([]).await;
    case.asks_for("49.99").await;
    assert_eq!(case.credit().await.unwrap().outcome, "done");
    assert_eq!(targets(&case), [CreditTarget::Customer("cus_ada".into())]);
    let parameters = case.function.stripe.credit_orders()[0].parameters();
    assert!(parameters.contains(&("amount".to_owned(), "-4999".to_owned())));
    let request = case.request().await;
    let output = &request.outputs[&"stripeRefundResult".parse().unwrap()];
    assert!(matches!(output, Output::Refund { amount, .. } if amount.cents() == 4999));
}

#[tokio::test]
async fn a_repeated_or_lost_credit_is_given_once() {
    for script in [Script::Pay(""), Script::PayAndDrop] {
        let case = Case::new([script]).await;
        let _ = case.credit().await;
        for at in ["2026-01-01T00:00:00Z", "2026-01-02T01:00:00Z"] {
            assert_eq!(case.run("createCredit", at).await.unwrap().outcome, "done");
        }
        assert_eq!(case.function.stripe.credited().len(), 1);
    }
}

#[tokio::test]
async fn after_a_credit_our_ledger_refuses_money() {
    let case = Case::new([]).await;
    case.credit().await.unwrap();
    assert_eq!(case.pay().await.unwrap().outcome, "error");
    assert_eq!((case.paid(), case.function.stripe.orders().len()), (0, 0));
    assert_eq!(
        case.stripe_error().await,
        "This request was settled with the credit cbtxn_1: nothing more is paid for it."
    );
}

#[tokio::test]
async fn after_money_our_ledger_refuses_a_credit() {
    let case = Case::new([]).await;
    case.pay().await.unwrap();
    assert_eq!(case.credit().await.unwrap().outcome, "error");
    assert_eq!(case.function.stripe.credited(), []);
}

#[tokio::test]
async fn a_credit_whose_fate_is_unknown_keeps_money_back_and_a_refused_one_does_not() {
    let case = Case::new([unknown()]).await;
    assert!(case.credit().await.is_err());
    assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.Undecided");

    let case = Case::new([refused("This invoice is not finalized.")]).await;
    assert_eq!(case.credit().await.unwrap().outcome, "error");
    assert_eq!(case.pay().await.unwrap().outcome, "done");
    assert_eq!(case.paid(), 1);
}

#[tokio::test]
async fn what_other_requests_were_credited_counts_under_every_name_of_the_charge() {
    // $1,990 of $2,000 are credited; $50 more are asked for.
    for (name, status, outcome) in [
        ("pi_of_invoice", "issued", "exhausted"),
        ("ch_1", "issued", "exhausted"),
        // A credit note counts for its invoice, whatever it says of the charge.
        ("ch_2", "issued", "exhausted"),
        ("ch_1", "void", "done"),
    ] {
        let case = Case::new([]).await;
        case.function.stripe.set_invoice("in_1");
        let metadata = [
            ("charge".to_owned(), name.to_owned()),
            ("request_id".to_owned(), "another".to_owned()),
        ];
        let credit = Credit {
            id: "cn_other".to_owned(),
            amount: 199_000,
            status: Some(status.to_owned()),
            metadata: metadata.into(),
            ..Credit::default()
        };
        let target = CreditTarget::Invoice("in_1".to_owned());
        case.function.stripe.give(target, credit);
        assert_eq!(
            case.credit().await.unwrap().outcome,
            outcome,
            "{name} {status}"
        );
    }
}

#[tokio::test]
async fn nobody_is_credited_more_than_was_paid_or_without_a_customer() {
    let case = Case::new([]).await;
    case.asks_for("2000.01").await;
    assert_eq!(case.credit().await.unwrap().outcome, "exhausted");
    let why = "The amount ($2,000.01) is greater than what is left of charge ch_1 ($2,000.00): of $2,000.00, $0.00 were refunded.";
    assert_eq!(case.stripe_error().await, why);

    let case = Case::new([]).await;
    let guest = Payer::Guest(Some("ada@example.com".to_owned()));
    case.function.stripe.set_payer(guest);
    assert_eq!(case.credit().await.unwrap().outcome, "error");
    assert!(case.stripe_error().await.contains("no customer in Stripe"));
    assert_eq!(case.function.stripe.credited(), []);
}
