//! A charge that is known by the number of its receipt or invoice: it is found among the customer's, and given back once an
//! approver has confirmed it.

use domain::charge_lookup::ChargeUse;
use domain::dates::Zone;
use domain::request::{OwnershipConfirmation, UnclearCharge};

use super::*;

const NUMBER: &str = "1234-5678";

async fn numbered(charges: &[(&str, &str)]) -> Case {
    let case = Case::new([]).await;
    case.answers("chargeIdToRefund", Value::Text(NUMBER.to_owned()))
        .await;
    for (customer, charge) in charges {
        case.function.stripe.set_number(customer, NUMBER, charge);
    }
    case
}

async fn confirm(case: &Case, charge: &str) {
    let of = UnclearCharge {
        charge: charge.to_owned(),
        customer: Some("cus_ada".to_owned()),
    };
    let by = "csm-1@example.com".to_owned();
    let confirmation = OwnershipConfirmation { of, by };
    case.change(|request| request.ownership_confirmation = Some(confirmation))
        .await;
}

async fn confirmable(case: &Case) -> Vec<String> {
    let found = case.function.store.charge_lookup(case.id).await.unwrap();
    let unclear = found.unwrap().unclear_charges(&case.request().await);
    unclear.into_iter().map(|it| it.charge).collect()
}

#[tokio::test]
async fn nothing_is_paid_before_an_approver_has_confirmed_which_charge_it_is() {
    for method in ["createRefund", "createCredit"] {
        let case = numbered(&[("cus_ada", "pi_7"), ("cus_ada", "ch_8")]).await;
        let failure = case.run(method, "2026-01-01T00:00:00Z").await.unwrap_err();
        assert_eq!(failure.name(), "Stripe.GuestCharge");
        assert_eq!(case.request().await.charge(), None);
        // Whoever has to say which it is sees them, although nobody had looked it up.
        assert_eq!(confirmable(&case).await, ["ch_7", "ch_8"]);

        confirm(&case, "ch_8").await;
        assert!(confirmable(&case).await.is_empty());
        let outcome = case.run(method, "2026-01-02T00:00:00Z").await.unwrap();
        assert_eq!(outcome.outcome, "done");
        let entry = case.function.store.refund(case.id).await.unwrap().unwrap();
        assert_eq!(entry.value.charge, "ch_8");
        assert_eq!(entry.value.charge_id.as_deref(), Some("ch_8"));
    }
}

#[tokio::test]
async fn a_number_is_looked_for_among_the_payments_of_the_customer_alone() {
    // Others have a receipt with this number, and whoever asks is none of them.
    let case = numbered(&[("cus_bob", "ch_7")]).await;
    case.run("lookUp", "2026-01-01T00:00:00Z").await.unwrap();
    assert!(confirmable(&case).await.is_empty());
    let report = case
        .function
        .store
        .charge_report(&case.request().await)
        .await
        .unwrap();
    assert!(report.charges(&Zone::UTC).is_empty());
    assert!(
        report.obstacles()[0].contains("this customer's"),
        "{report:?}"
    );
    assert_eq!(case.pay().await.unwrap().outcome, "error");
    assert!(
        case.stripe_error()
            .await
            .contains("knows no charge of the customer")
    );
    assert_eq!(case.paid(), 0);

    // That an approver confirms one, a customer's say alone does not.
    case.answers("stripeCustomerId", Value::Text("cus_bob".to_owned()))
        .await;
    case.function.stripe.set_payer(refunds::bob());
    case.run("lookUp", "2026-01-03T00:00:00Z").await.unwrap();
    let report = case
        .function
        .store
        .charge_report(&case.request().await)
        .await
        .unwrap();
    assert!(report.obstacles()[0].contains("belongs to another customer"));
    assert!(confirmable(&case).await.is_empty());
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "error");
    assert_eq!(case.paid(), 0);
}

#[tokio::test]
async fn a_request_by_number_is_found_by_others_about_the_same_charge() {
    let case = numbered(&[("cus_ada", "pi_7")]).await;
    case.run("lookUp", "2026-01-01T00:00:00Z").await.unwrap();
    let table = case.function.store.table();
    for name in ["pi_7", "ch_7"] {
        let (pk, prefix) = ChargeUse::of_charge(name);
        let uses = domain::table::load_all::<ChargeUse>(table, &pk, prefix)
            .await
            .unwrap();
        assert_eq!(uses.len(), 1, "{name}");
    }
    let (pk, prefix) = ChargeUse::of_charge(NUMBER);
    let uses = domain::table::load_all::<ChargeUse>(table, &pk, prefix)
        .await
        .unwrap();
    assert!(
        uses.is_empty(),
        "a number means nothing without its customer"
    );
}

#[tokio::test]
async fn the_sum_of_the_charge_is_beyond_limits_until_it_is_known_which_it_is() {
    let case = numbered(&[("cus_ada", "ch_7"), ("cus_ada", "ch_8")]).await;
    case.run("lookUp", "2026-01-01T00:00:00Z").await.unwrap();
    let store = &case.function.store;
    assert_eq!(
        store.charge_total(&case.request().await).await.unwrap(),
        u64::MAX
    );
    confirm(&case, "ch_8").await;
    assert_eq!(
        store.charge_total(&case.request().await).await.unwrap(),
        5_000
    );
}
