//! What is found out before anybody decides.

use domain::charge_lookup::{ChargeReport, ChargeUse};
use domain::dates::Zone;

use super::*;

async fn look_up(case: &Case) -> Result<ChargeReport, Failure> {
    case.run("lookUp", "2026-01-01T00:00:00Z").await?;
    let request = case.request().await;
    Ok(case.function.store.charge_report(&request).await.unwrap())
}

fn line(findings: &ChargeReport, label: &str) -> String {
    let lines = findings.charges(&Zone::UTC).concat();
    let found = lines.iter().find(|(name, _)| *name == label);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_lookup_changes_nothing_and_finds_the_charge() {
    let case = Case::new([]).await;
    let before = case.request().await;
    let found = look_up(&case).await.unwrap();
    assert_eq!(line(&found, "Charge amount"), "$2,000.00");
    assert_eq!(line(&found, "Belongs to the customer who asks"), "yes");
    assert_eq!(found.warnings(), Vec::<String>::new());
    assert_eq!(case.request().await, before);
    assert_eq!(case.paid(), 0);
    assert!(look_up(&case).await.is_ok(), "again is fine");
}

#[tokio::test]
async fn what_is_pending_counts_as_gone() {
    let case = Case::new([Script::Pay("pending")]).await;
    case.pay().await.unwrap();
    let found = look_up(&case).await.unwrap();
    assert_eq!(line(&found, "Refunds on their way"), "$50.00");
    assert_eq!(line(&found, "Refundable"), "$1,950.00");
}

#[tokio::test]
async fn no_such_charge_is_found_out_and_any_other_error_finds_nothing_out() {
    let refused = |code: Option<&str>| StripeError::Refused {
        message: "No such charge: 'ch_1'".to_owned(),
        code: code.map(ToOwned::to_owned),
    };
    let case = Case::new([]).await;
    let stripe = &case.function.stripe;
    stripe.fail_lookup(refused(Some("resource_missing")));
    let found = look_up(&case).await.unwrap();
    assert!(found.warnings()[0].contains("no such charge"));

    for (error, name) in [
        (
            StripeError::Unknown("status 500".to_owned()),
            "Stripe.Unavailable",
        ),
        (refused(Some("lock_timeout")), "Stripe.Undecided"),
        (refused(None), "Stripe.Undecided"),
    ] {
        let case = Case::new([]).await;
        case.function.stripe.fail_lookup(error);
        assert_eq!(look_up(&case).await.unwrap_err().name(), name);
        let request = case.request().await;
        let found = case.function.store.charge_report(&request).await.unwrap();
        assert!(found.warnings()[0].contains("could not be asked"));
    }
}

#[tokio::test]
async fn what_is_pending_is_unknown_where_its_listing_is_refused() {
    for (code, wanted) in [
        (Some("resource_missing"), Ok(())),
        (Some("lock_timeout"), Err("Stripe.Undecided")),
    ] {
        let case = Case::new([]).await;
        case.function.stripe.fail_listing(StripeError::Refused {
            message: "No.".to_owned(),
            code: code.map(ToOwned::to_owned),
        });
        let found = look_up(&case).await;
        assert_eq!(found.map(drop).map_err(|failure| failure.name()), wanted);
    }
}

#[tokio::test]
async fn other_requests_for_the_charge_are_found() {
    let case = Case::new([]).await;
    let (other, record) = fixtures::request::request();
    let used = ChargeUse {
        charge: "ch_1".to_owned(),
        request_id: other.request_id,
    };
    let store = &case.function.store;
    let write = Write::create(&used);
    store.create(&other, &record, vec![write]).await.unwrap();
    let found = look_up(&case).await.unwrap();
    let summary = "1 other request, $0.00 paid, $50.00 open";
    assert_eq!(found.others_summary().as_deref(), Some(summary));
    let shown: Vec<_> = found.others(&Zone::UTC).collect();
    assert!(shown.len() == 1 && shown[0].contains(&other.request_id.to_string()));
}
