use adapters::Settings;
use domain::mail::MailError;
use domain::reconciliation::DifferenceKind;
use domain::stripe::{REQUEST_ID, Refund};
use jiff::SignedDuration;
use testing::fixtures::approval::{link_keys, teams};
use testing::{MemoryMailer, MemoryStripe, MemoryTable};

use super::*;

fn function() -> ReconcileStripe<MemoryTable, MemoryStripe, MemoryMailer> {
    let settings = Settings {
        teams: teams(&["csm-1@example.com"]),
        reports_team: adapters::ReportsTeam("csm-team".parse().unwrap()),
        ..Settings::default()
    };
    ReconcileStripe {
        store: RequestStore::new(MemoryTable::default()),
        stripe: MemoryStripe::default(),
        mailer: MemoryMailer::default(),
        settings: settings.into(),
        link_keys: link_keys().into(),
    }
}

impl ReconcileStripe<MemoryTable, MemoryStripe, MemoryMailer> {
    /// Somebody refunds for a request at noon of a day.
    fn pay_by_hand(&self, day: i64, id: &str) {
        self.stripe
            .set_now(at(day) + SignedDuration::from_hours(12));
        let request = "00000000-0000-4000-8000-000000000001".to_owned();
        self.stripe.pay_by_hand(Refund {
            id: id.to_owned(),
            amount: 4_500,
            currency: "usd".to_owned(),
            charge: Some("ch_1".to_owned()),
            status: Some("succeeded".to_owned()),
            metadata: [(REQUEST_ID.to_owned(), request)].into(),
            ..Refund::default()
        });
    }

    async fn run(&self, day: i64) -> Result<Outcome, Failure> {
        let time = at(day) + SignedDuration::from_hours(3);
        self.handle(ScheduledEvent { time }).await
    }

    fn mails(&self) -> usize {
        self.mailer.sent().len()
    }

    /// What is stored of a day.
    async fn found(&self, day: i64) -> Option<Vec<DifferenceKind>> {
        let days = ReconciledDay::all(self.store.table()).await.unwrap();
        let day = days.get(&utc_date(at(day)))?;
        Some(day.value.differences.iter().map(|it| it.kind).collect())
    }
}

fn at(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
}

#[tokio::test]
async fn a_difference_is_stored_and_mailed_once_until_something_changes() {
    let function = function();
    function.pay_by_hand(10, "re_1");
    function.run(11).await.unwrap();
    assert_eq!(function.found(10).await, None, "it has not settled");
    function.run(12).await.unwrap();
    assert_eq!(
        function.found(10).await,
        Some(vec![DifferenceKind::NotInLog])
    );
    assert_eq!(function.mails(), 1);
    let mail = function.mailer.sent().remove(0);
    assert!(mail.to == "csm-1@example.com" && mail.subject.ends_with("1 on 1970-01-11"));
    assert!(
        mail.text
            .contains("$45.00 at Stripe, $0.00 in the audit log")
    );
    for day in 12..20 {
        function.run(day).await.unwrap();
    }
    assert_eq!(function.mails(), 1, "it is known");
    function.pay_by_hand(10, "re_2");
    for day in 20..27 {
        function.run(day).await.unwrap();
    }
    let two = vec![DifferenceKind::NotInLog, DifferenceKind::SecondAtStripe];
    assert_eq!(function.found(10).await, Some(two));
    assert_eq!(function.mails(), 2, "it has changed");
    // Somebody takes both back.
    function.stripe.set_status("re_1", "failed");
    function.stripe.set_status("re_2", "failed");
    for day in 27..50 {
        function.run(day).await.unwrap();
    }
    assert_eq!(function.found(10).await, Some(vec![]));
    assert_eq!(function.mails(), 2);
}

#[tokio::test]
async fn a_result_that_nobody_was_told_of_is_found_again() {
    let function = function();
    function.pay_by_hand(10, "re_1");
    let away = MailError::Unavailable("away".to_owned());
    function.mailer.fail_next(away.clone());
    assert_eq!(function.run(12).await, Err(Failure::MailUnavailable(away)));
    assert_eq!(function.found(10).await, None);
    function.run(12).await.unwrap();
    assert_eq!(
        (function.mails(), function.found(10).await.is_some()),
        (1, true)
    );
}
