//! Payments that are held: by the switch that stops all of them, and by limits.

use domain::dates::utc_date;
use domain::operator_log::Change;
use domain::payment_control::PaymentTotals;
use domain::payment_control::operations::switch_payments;
use domain::refund::RefundEntry;
use domain::request::Status;
use domain::table::{Stored, load_or};

use super::*;

const DAY: &str = "2026-01-01T00:00:00Z";

/// A request of fifty dollars where so many may be paid in a day.
async fn limited(dollars: &str, script: impl IntoIterator<Item = Script>) -> Case {
    let mut case = Case::new(script).await;
    case.limits.per_day = Some(dollars.parse().unwrap());
    case
}

impl Case {
    async fn switch(&self, is_stopped: bool) {
        let change = Change {
            by: "ada@example.com".to_owned(),
            because: "it pays twice".to_owned(),
            at: DAY.parse().unwrap(),
        };
        let table = self.function.store.table();
        switch_payments(table, is_stopped, &change).await.unwrap();
    }

    /// What counts toward the limits of the first day, in cents.
    async fn counted(&self) -> u64 {
        let offering = self.request().await.offering;
        let totals = PaymentTotals::new(&offering, None);
        let totals = load_or(self.function.store.table(), totals).await.unwrap();
        totals.value.of_day(utc_date(DAY.parse().unwrap()))
    }

    async fn entry(&self) -> Option<RefundEntry> {
        let entry = self.function.store.refund(self.id).await.unwrap();
        entry.map(|Stored { value, .. }| value)
    }

    /// Why it was held, each time.
    fn held(&self) -> Vec<String> {
        let items = self.function.store.table().items().into_iter();
        let held = items.filter(|item| item.body["action"] == "payment_held");
        held.map(|item| item.body["detail"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Another request in the same table.
    async fn another(&mut self) {
        let (request, record) = fixtures::request::request();
        let store = &self.function.store;
        store.create(&request, &record, Vec::new()).await.unwrap();
        self.id = request.request_id;
    }
}

#[tokio::test]
async fn while_payments_are_stopped_nothing_is_begun_and_then_it_is_paid_once() {
    for method in ["createRefund", "createCredit"] {
        let case = Case::new([]).await;
        case.switch(true).await;
        for _ in 0..2 {
            let failure = case.run(method, DAY).await.unwrap_err();
            assert_eq!(failure.name(), "Payments.Stopped");
        }
        let why = "All payments were stopped by ada@example.com on 1 January 2026, 00:00 UTC: it pays twice";
        assert_eq!(
            case.held(),
            [why],
            "one record for one entry into the state"
        );
        let stripe = &case.function.stripe;
        assert_eq!(
            (stripe.orders().len(), stripe.credit_orders().len()),
            (0, 0)
        );
        assert_eq!(
            (case.entry().await, case.request().await.status),
            (None, Status::InReview)
        );

        case.switch(false).await;
        for at in ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"] {
            assert_eq!(case.run(method, at).await.unwrap().outcome, "done");
        }
        assert_eq!(stripe.orders().len() + stripe.credit_orders().len(), 1);
    }
}

#[tokio::test]
async fn what_stripe_has_taken_is_finished_and_what_it_has_not_waits() {
    let taken = Case::new([Script::PayAndDrop]).await;
    taken.pay().await.unwrap_err();
    taken.switch(true).await;
    assert_eq!(taken.pay_again_later().await.unwrap().outcome, "done");
    assert_eq!((taken.paid(), taken.held().len()), (1, 0));

    let lost = Case::new([unknown()]).await;
    lost.pay().await.unwrap_err();
    lost.switch(true).await;
    let failure = lost.pay_again_later().await.unwrap_err();
    assert_eq!((failure.name(), lost.paid()), ("Payments.Stopped", 0));
    lost.switch(false).await;
    assert_eq!(lost.pay_again_later().await.unwrap().outcome, "done");
    assert_eq!(lost.paid(), 1);
}

#[tokio::test]
async fn above_a_limit_nothing_is_begun_until_it_is_raised() {
    let mut case = limited("99.99", []).await;
    assert_eq!(case.pay().await.unwrap().outcome, "done");
    case.another().await;
    let failure = case.pay().await.unwrap_err();
    assert_eq!(failure.name(), "Payments.LimitReached");
    assert_eq!(
        failure.to_string(),
        "the limit per day is reached",
        "it stands in the execution"
    );
    let why = "The limit per day is $99.99, of which $50.00 are paid or under way.";
    assert_eq!(
        (case.held(), case.entry().await),
        (vec![why.to_owned()], None)
    );
    assert_eq!((case.paid(), case.counted().await), (1, 5000));

    case.limits.per_day = Some("100".parse().unwrap());
    assert_eq!(case.credit().await.unwrap().outcome, "done");
    assert_eq!(case.counted().await, 10_000, "credits count too");
}

#[tokio::test]
async fn an_intent_counts_once_however_often_it_is_tried() {
    let case = limited("50", [unknown(), unknown()]).await;
    for _ in 0..2 {
        assert_eq!(case.pay().await.unwrap_err().name(), "Stripe.Unavailable");
    }
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "done");
    assert_eq!(case.pay_again_later().await.unwrap().outcome, "done");
    assert_eq!((case.paid(), case.counted().await), (1, 5000));
}

#[tokio::test]
async fn what_stripe_refuses_counts_no_more_at_once_or_later() {
    let mut case = limited("50", [refused("No."), Script::Pay("pending")]).await;
    assert_eq!(case.credit().await.unwrap().outcome, "error");
    assert_eq!(case.counted().await, 0);
    assert_eq!(case.entry().await.unwrap().reservation, None);
    // In cash, by the same request.
    assert_eq!(case.pay().await.unwrap().outcome, "pending");
    assert_eq!(case.counted().await, 5000);
    case.function.stripe.set_status("re_1", "failed");
    case.wait("2026-01-01T06:00:00Z").await.unwrap();
    assert_eq!(case.counted().await, 0);

    case.another().await;
    assert_eq!(case.pay().await.unwrap().outcome, "done");
    // It came back: whoever pays it by other means has paid it.
    case.function.stripe.set_status("re_2", "failed");
    let refund = case.function.stripe.paid().remove(1);
    let store = &case.function.store;
    let recorded = store
        .record_refund(case.id, &refund, DAY.parse().unwrap())
        .await;
    assert!(recorded.unwrap().is_some());
    assert_eq!(
        (case.request().await.status, case.counted().await),
        (Status::NeedsAttention, 5000)
    );
}
