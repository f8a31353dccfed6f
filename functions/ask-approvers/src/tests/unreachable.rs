//! Somebody who is asked, and whom no mail reaches.

use domain::suppression::{SuppressionReason, suppress};

use super::*;

const OTHER: &str = "csm-2@example.com";
const BOSS: &str = "boss@example.com";
const MINUTE: i64 = 60;

impl Function {
    async fn suppress(&self, address: &str, second: i64) {
        let at = Timestamp::from_second(second).unwrap();
        let table = self.store.table();
        suppress(
            table,
            &self.link_keys.current(),
            address,
            SuppressionReason::Bounced,
            at,
        )
        .await
        .unwrap();
    }

    /// What handle-bounce does before it wakes the execution.
    async fn bounced(&self, id: RequestId, address: &str, second: i64) {
        self.suppress(address, second).await;
        let at = Timestamp::from_second(second).unwrap();
        let mut approval = self.approval_of(id).await;
        assert!(approval.value.set_reachability(address, true, at));
        approval.value.asks_others = true;
        self.store.save_approval(&mut approval).await.unwrap();
    }

    async fn passes(&self, id: RequestId, second: i64) -> String {
        let waiting = configured(id, second, |_| {});
        self.handle(waiting).await.unwrap().outcome
    }
}

#[tokio::test]
async fn the_others_still_decide_and_only_they_are_reminded() {
    let (function, id) = function().await;
    function.passes(id, 0).await;
    function.bounced(id, CSM, MINUTE).await;
    assert_eq!(function.passes(id, 2 * MINUTE).await, "asked others");
    assert_eq!(function.to().len(), 2, "being woken is no reminder");
    assert!(!function.approval_of(id).await.value.asks_others);
    assert_eq!(function.passes(id, DAY).await, "reminded");
    assert_eq!(function.to()[2..], [OTHER]);
    assert_eq!(
        function.actions(),
        ["submitted", "approval_requested", "reminded"]
    );
}

#[tokio::test]
async fn a_mail_that_comes_back_when_a_reminder_is_due_does_not_take_its_place() {
    let (function, id) = function().await;
    function.passes(id, 0).await;
    function.bounced(id, CSM, DAY - 1).await;
    assert_eq!(function.passes(id, DAY).await, "reminded");
    assert_eq!(function.to()[2..], [OTHER]);
    assert!(!function.approval_of(id).await.value.asks_others);
}

#[tokio::test]
async fn when_nobody_of_the_team_is_left_others_are_asked_at_once() {
    let (function, id) = function().await;
    function.passes(id, 0).await;
    function.bounced(id, CSM, MINUTE).await;
    function.passes(id, 2 * MINUTE).await;
    function.bounced(id, OTHER, 3 * MINUTE).await;
    for _ in 0..2 {
        function.passes(id, 4 * MINUTE).await;
    }
    assert_eq!(function.to()[2..], [BOSS]);
    assert_eq!(
        function.actions(),
        ["submitted", "approval_requested", "escalated"]
    );
}

#[tokio::test]
async fn when_nobody_at_all_is_left_the_team_that_looks_after_it_is_told() {
    let (function, id) = function().await;
    function.passes(id, 0).await;
    for (address, minute) in [(CSM, 1), (OTHER, 3)] {
        function.bounced(id, address, minute * MINUTE).await;
        function.passes(id, (minute + 1) * MINUTE).await;
    }
    function.bounced(id, BOSS, 5 * MINUTE).await;
    function.passes(id, 6 * MINUTE).await;
    let told = function.mailer.sent();
    let told: Vec<_> = told
        .iter()
        .filter(|mail| mail.subject.starts_with("Nobody may decide"))
        .collect();
    assert!(!told.is_empty());
    let why = "No mail reaches anybody in the CSM Team who may decide this one: $50.00 for ch_1";
    assert!(told[0].text.starts_with(why), "{}", told[0].text);
    for address in ["csm-1@example.com", "csm-2@example.com", BOSS] {
        let line = format!("- {address} gets no mail.");
        assert!(told[0].text.contains(&line), "{line}");
    }
    let expected = [
        "submitted",
        "approval_requested",
        "escalated",
        "nobody_may_decide",
    ];
    assert_eq!(function.actions(), expected);
}

#[tokio::test]
async fn whom_another_request_found_unreachable_is_not_written_to_and_the_audit_log_says_so() {
    let (function, id) = function().await;
    function.suppress(CSM, -20 * DAY).await;
    function.passes(id, 0).await;
    assert_eq!(function.to(), [OTHER]);
    let expected = ["submitted", "approval_requested", "approver_unreachable"];
    assert_eq!(function.actions(), expected);
    // The mark has gone, so the address is tried again.
    function.passes(id, 9 * DAY).await;
    assert!(!function.to().contains(&CSM.to_owned()));
    function.passes(id, 10 * DAY).await;
    assert!(function.to().contains(&CSM.to_owned()));
}

#[tokio::test]
async fn a_decision_that_is_recorded_while_a_mail_comes_back_is_handed_over() {
    let (function, id) = function().await;
    function.passes(id, 0).await;
    function.bounced(id, OTHER, MINUTE).await;
    // Recorded, but the token that it was to be handed to is gone: the execution was woken.
    function.decide(id, Verdict::Approve).await;
    assert_eq!(function.passes(id, 2 * MINUTE).await, "delivered");
    let delivered = ("t".to_owned(), "approve".to_owned());
    assert_eq!(function.workflow.calls(), [delivered]);
}

fn refused() -> MailError {
    MailError::RecipientRefused("MessageRejected".into())
}

#[tokio::test]
async fn whom_the_mail_service_refuses_is_not_asked_and_the_others_are() {
    let (function, id) = function().await;
    function.mailer.fail_next(refused());
    function.passes(id, 0).await;
    assert_eq!(function.to(), [OTHER]);
    let approval = function.approval_of(id).await.value;
    let approver = approval.approver(CSM).unwrap();
    assert!(approver.unreachable.is_some() && approver.notified_for.is_none());
    let expected = ["submitted", "approval_requested", "approver_unreachable"];
    assert_eq!(function.actions(), expected);

    // A refusal may end at any time, so the next reminder tries again.
    function.passes(id, DAY).await;
    assert_eq!(function.to()[1..], [CSM, OTHER]);
}

#[tokio::test]
async fn where_all_are_refused_others_are_asked_in_the_same_state_entry() {
    let (function, id) = function().await;
    for _ in 0..2 {
        function.mailer.fail_next(refused());
    }
    for _ in 0..2 {
        function.passes(id, 0).await;
    }
    assert_eq!(function.to(), [BOSS]);
    let expected = [
        "submitted",
        "approval_requested",
        "approver_unreachable",
        "escalated",
    ];
    assert_eq!(function.actions(), expected);
}

#[tokio::test]
async fn where_everybody_is_refused_the_team_that_looks_after_it_is_told() {
    let (function, id) = function().await;
    for _ in 0..3 {
        function.mailer.fail_next(refused());
    }
    function.passes(id, 0).await;
    let told = function.mailer.sent();
    assert!(!told.is_empty());
    for mail in &told {
        assert!(mail.subject.starts_with("Nobody may decide"), "{mail:?}");
    }
    assert_eq!(function.actions().last().unwrap(), "nobody_may_decide");
}

#[tokio::test]
async fn a_refused_sender_is_nobody_elses_fault() {
    let (function, id) = function().await;
    let error = MailError::SenderRefused("MessageRejected".into());
    function.mailer.fail_next(error.clone());
    let failed = function.handle(configured(id, 0, |_| {})).await;
    assert_eq!(failed, Err(Failure::MailUnavailable(error)));
    let approval = function.approval_of(id).await.value;
    let is_untouched =
        |it: &domain::approval::Approver| it.notified_for.is_none() && it.unreachable.is_none();
    assert!(approval.approvers.iter().all(is_untouched));
    // Once it is put right, the retry asks everybody.
    function.passes(id, 0).await;
    assert_eq!(function.to(), [CSM, OTHER]);
    assert_eq!(function.actions(), ["submitted", "approval_requested"]);
}

#[tokio::test]
async fn a_retry_finds_an_address_that_was_suppressed_meanwhile() {
    let (function, id) = function().await;
    let outage = MailError::Unavailable("no answer".into());
    function.mailer.fail_next(outage);
    let failed = function.handle(configured(id, 0, |_| {})).await;
    assert!(failed.is_err());
    for address in [CSM, OTHER] {
        function.suppress(address, 0).await;
    }
    assert_eq!(function.passes(id, 0).await, "resumed");
    assert_eq!(function.to(), [BOSS]);
}
