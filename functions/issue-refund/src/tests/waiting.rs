//! Refunds that Stripe takes and does not pay yet.

use domain::request::{RefundProgress, Status};

use super::*;

#[tokio::test]
async fn pending_is_not_refunded_until_it_succeeds() {
    for status in ["pending", "requires_action", "a_new_word"] {
        let case = Case::new([Script::Pay(status)]).await;
        for _ in 0..2 {
            assert_eq!(case.pay().await.unwrap().outcome, "pending");
        }
        for hour in ["06", "12"] {
            let at = format!("2026-01-01T{hour}:00:00Z");
            assert_eq!(case.wait(&at).await.unwrap().outcome, "pending");
        }
        let request = case.request().await;
        assert_eq!(
            (request.status, request.audit_count),
            (Status::Processing, 3)
        );
        assert_eq!(request.refund, Some(RefundProgress::Pending));
        assert_eq!(case.function.workflow.calls(), []);

        case.function.stripe.set_status("re_1", "succeeded");
        case.wait("2026-01-01T18:00:00Z").await.unwrap();
        let told = [("token".to_owned(), "done".to_owned())];
        assert_eq!(case.function.workflow.calls(), told);
        assert_eq!(case.request().await.status, Status::Refunded);
        assert_eq!(case.paid(), 1);
    }
}

#[tokio::test]
async fn a_pending_refund_that_fails_is_an_error() {
    let case = Case::new([Script::Pay("pending")]).await;
    case.pay().await.unwrap();
    case.function.stripe.set_status("re_1", "failed");
    case.wait("2026-01-01T06:00:00Z").await.unwrap();
    let told = [("token".to_owned(), "error".to_owned())];
    assert_eq!(case.function.workflow.calls(), told);
    let message = "The refund re_1 is failed: no reason given";
    assert_eq!(case.stripe_error().await, message);
    assert_eq!(case.request().await.refund, None);
}

#[tokio::test]
async fn whoever_waits_after_the_news_is_told_them() {
    let case = Case::new([]).await;
    assert_eq!(case.pay().await.unwrap().outcome, "done");
    assert_eq!(
        case.wait("2026-01-01T06:00:00Z").await.unwrap().outcome,
        "done"
    );
    assert_eq!(case.function.workflow.calls().len(), 1);
}

#[tokio::test]
async fn after_thirty_days_a_person_looks() {
    let case = Case::new([Script::Pay("pending")]).await;
    case.pay().await.unwrap();
    assert!(case.wait("2026-01-30T23:59:59Z").await.is_ok());
    let failure = case.wait("2026-01-31T00:00:00Z").await.unwrap_err();
    assert_eq!(failure.name(), "Stripe.Pending");
    case.function.stripe.set_status("re_1", "succeeded");
    let redriven = case.wait("2026-02-05T00:00:00Z").await.unwrap();
    assert_eq!(redriven.outcome, "done");
}

#[tokio::test]
async fn there_must_be_something_to_wait_for() {
    let case = Case::new([]).await;
    let failure = case.wait("2026-01-01T06:00:00Z").await.unwrap_err();
    assert_eq!(failure.name(), "Payload.Invalid");
}
