//! Every way in which Stripe can answer, and every way in which an answer can get lost.

use jiff::Timestamp;
use shared::id::RequestId;
use shared::request::{Status, fixture};
use shared::stripe::memory::{MemoryStripe, Script};
use shared::table::memory::MemoryTable;

use super::*;

struct Case {
    function: IssueRefund<MemoryTable, MemoryStripe>,
    id: RequestId,
}

impl Case {
    async fn new(script: impl IntoIterator<Item = Script>) -> Self {
        let desk = Desk::new(MemoryTable::default());
        let (request, record) = fixture::request();
        desk.create(&request, &record, Vec::new()).await.unwrap();
        let stripe = MemoryStripe::default();
        stripe.script(script);
        Self {
            function: IssueRefund { desk, stripe },
            id: request.request_id,
        }
    }

    async fn run(&self) -> Result<Outcome, Failure> {
        let config = serde_json::json!({
            "charge": "chargeIdToRefund",
            "amount": "refundAmount",
            "reason": "reason",
            "stripeReasons": {"Duplicate charge": "duplicate"},
            "output": "stripeRefundResult",
        });
        let task = Task {
            request_id: self.id,
            entered_at: Timestamp::UNIX_EPOCH,
            phase: "Process Refund".parse().unwrap(),
            state: "Process Refund".to_owned(),
            config: serde_json::from_value(config).unwrap(),
        };
        self.function.handle(task).await
    }

    async fn request(&self) -> Request {
        self.function
            .desk
            .request(self.id)
            .await
            .unwrap()
            .unwrap()
            .value
    }

    fn paid(&self) -> usize {
        self.function.stripe.paid().len()
    }
}

fn refused(message: &str) -> Script {
    Script::Fail(StripeError::Refused {
        message: message.to_owned(),
        code: None,
    })
}

fn unknown() -> Script {
    Script::Fail(StripeError::Unknown("status 500".to_owned()))
}

#[tokio::test]
async fn pays_exact_cents_and_says_so() {
    let case = Case::new([]).await;
    assert_eq!(case.run().await.unwrap().outcome, "done");
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
    let output: &serde_json::Value = &request.outputs[&"stripeRefundResult".parse().unwrap()];
    assert_eq!(
        (&output["id"], &output["amount"]),
        (&"re_1".into(), &"$50.00".into())
    );
}

#[tokio::test]
async fn a_repeated_invocation_pays_nothing_more() {
    let case = Case::new([]).await;
    for _ in 0..3 {
        assert_eq!(case.run().await.unwrap().outcome, "done");
    }
    assert_eq!(case.paid(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_found_again_without_the_idempotency_key() {
    // The fake keeps no idempotency keys, as Stripe after a day.
    let case = Case::new([Script::PayAndDrop]).await;
    assert!(matches!(
        case.run().await,
        Err(Failure::StripeUnavailable(_))
    ));
    assert_eq!(case.request().await.status, Status::Processing);
    assert_eq!(case.run().await.unwrap().outcome, "done");
    assert_eq!((case.paid(), case.function.stripe.orders().len()), (1, 1));
}

#[tokio::test]
async fn an_unknown_answer_is_retried_with_the_same_key() {
    let case = Case::new([unknown(), unknown()]).await;
    for _ in 0..2 {
        assert!(matches!(
            case.run().await,
            Err(Failure::StripeUnavailable(_))
        ));
    }
    assert_eq!(case.run().await.unwrap().outcome, "done");
    let keys: Vec<_> = case
        .function
        .stripe
        .orders()
        .into_iter()
        .map(|o| o.idempotency_key)
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(case.paid(), 1);
}

#[tokio::test]
async fn a_refusal_is_an_outcome_with_the_message_word_for_word() {
    let message = "Charge ch_1 has already been refunded.";
    let case = Case::new([refused(message)]).await;
    for _ in 0..2 {
        assert_eq!(case.run().await.unwrap().outcome, "error");
    }
    assert_eq!(
        case.function.stripe.orders().len(),
        1,
        "a no is not asked for again"
    );
    assert_eq!(case.request().await.output("stripeError"), Some(message));
}

#[tokio::test]
async fn a_misconfiguration_is_neither_paid_nor_denied() {
    let case = Case::new([Script::Fail(StripeError::Misconfigured(
        "status 401".into(),
    ))])
    .await;
    assert!(matches!(
        case.run().await,
        Err(Failure::StripeMisconfigured(_))
    ));
    assert_eq!(case.request().await.status, Status::Processing);
    assert_eq!(
        case.run().await.unwrap().outcome,
        "done",
        "once it is mended, a redrive pays"
    );
    assert_eq!(case.paid(), 1);
}

#[tokio::test]
async fn pending_is_not_refunded_until_it_succeeds() {
    for status in ["pending", "requires_action", "a_new_word"] {
        let case = Case::new([Script::Pay(status)]).await;
        for _ in 0..2 {
            assert!(matches!(case.run().await, Err(Failure::StripePending(_))));
        }
        let request = case.request().await;
        assert_eq!(
            (request.status, request.audit_count),
            (Status::Processing, 3)
        );
        case.function.stripe.set_status("re_1", "succeeded");
        assert_eq!(case.run().await.unwrap().outcome, "done");
        assert_eq!(case.paid(), 1);
    }
}

#[tokio::test]
async fn a_pending_refund_that_fails_is_an_error() {
    let case = Case::new([Script::Pay("pending")]).await;
    assert!(case.run().await.is_err());
    case.function.stripe.set_status("re_1", "failed");
    assert_eq!(case.run().await.unwrap().outcome, "error");
    assert_eq!(
        case.request().await.output("stripeError"),
        Some("The refund re_1 is failed: no reason given")
    );
}

#[tokio::test]
async fn fifty_euros_are_not_fifty_dollars() {
    let case = Case::new([]).await;
    case.function.stripe.set_currency("eur");
    assert_eq!(case.run().await.unwrap().outcome, "error");
    assert_eq!(case.paid(), 0);
    assert_eq!(
        case.request().await.output("stripeError"),
        Some("ch_1 was paid in EUR, not in USD.")
    );
}
