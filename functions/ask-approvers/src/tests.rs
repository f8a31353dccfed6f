//! Asking, asking again, giving up, and never losing a decision.

use domain::approval::Verdict;
use domain::id::RequestId;
use domain::mail::MailError;
use domain::task::{ApprovalConfig, Escalation, StateEntry};
use domain::team::Teams;
use domain::workflow::WorkflowError;
use jiff::Timestamp;
use testing::MemoryMailer;
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;
use testing::fixtures::approval::{decide, link_keys, waiting};

use super::*;

mod choice;
mod payload;
mod rotation;
mod teams;

const DAY: i64 = 24 * 3600;
const CSM: &str = "csm-1@example.com";

type Function = AskApprovers<MemoryTable, MemoryMailer, MemoryWorkflow>;

async fn function() -> (Function, RequestId) {
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let settings = settings(
        r#"{"csm-team":["csm-1@example.com","csm-2@example.com"],"csm-manager":["boss@example.com"]}"#,
    );
    let (mailer, workflow) = (MemoryMailer::default(), MemoryWorkflow::default());
    (
        AskApprovers {
            store,
            mailer,
            workflow,
            settings,
            link_keys: link_keys().into(),
        },
        request.request_id,
    )
}

/// The settings of a deployment with these teams.
fn settings(teams: &str) -> Cached<Settings> {
    let teams = Teams::parse(teams).unwrap();
    Settings {
        teams,
        ..Settings::default()
    }
    .into()
}

/// As the state machine sends it.
fn asking(waiting: WaitingTask<ApprovalConfig>) -> WaitingTask<AskConfig> {
    WaitingTask {
        task: waiting
            .task
            .with(AskConfig::Approval(waiting.task.config.clone())),
        task_token: waiting.task_token,
    }
}

impl Function {
    async fn at(&self, id: RequestId, second: i64, token: &str) -> Result<String, Failure> {
        self.handle(asking(waiting(id, second, token)))
            .await
            .map(|outcome| outcome.outcome)
    }

    async fn approval_of(&self, id: RequestId) -> Stored<Approval> {
        self.store
            .approval(id, &"CSM Review".parse().unwrap())
            .await
            .unwrap()
            .unwrap()
    }

    async fn decide(&self, id: RequestId, verdict: Verdict) {
        let mut approval = self.approval_of(id).await;
        let request = self.store.request(id).await.unwrap().unwrap().value;
        decide(&mut approval.value, &request, CSM, verdict, "Because.");
        self.store.save_approval(&mut approval).await.unwrap();
    }

    fn to(&self) -> Vec<String> {
        self.mailer.sent().into_iter().map(|mail| mail.to).collect()
    }

    /// The process goes on to another phase.
    async fn move_on(&self, id: RequestId) {
        let mut request = self.store.request(id).await.unwrap().unwrap();
        let event = Event::Evaluated {
            text: "again",
            outcome: "branch-1",
        };
        let elsewhere = "Elsewhere".parse().unwrap();
        let state_entry = StateEntry::during(&elsewhere, Timestamp::UNIX_EPOCH);
        let record = request.value.apply(&event, state_entry);
        let saved = self.store.save(&mut request, &record, Vec::new()).await;
        saved.unwrap();
    }

    fn actions(&self) -> Vec<String> {
        let items = self.store.table().items();
        let audit = items.iter().filter(|item| item.kind == "audit");
        audit
            .map(|item| item.body["action"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn who_was_not_written_to_before_a_stop_has_all_the_time_from_a_redrive_on() {
    let (function, id) = function().await;
    let away = MailError::Unavailable("away".to_owned());
    function.mailer.fail_next(away);
    function.at(id, 0, "t1").await.unwrap_err();
    let stored = function.approval_of(id).await.value;
    let time = stored.decide_until.duration_since(stored.asked_at);
    let redriven = 20 * DAY;
    assert_eq!(function.at(id, redriven, "t2").await.unwrap(), "asked");
    let asked = function.approval_of(id).await.value;
    assert_eq!(asked.asked_at.as_second(), redriven);
    assert_eq!(asked.decide_until.duration_since(asked.asked_at), time);
    assert_eq!(function.mailer.sent().len(), 2);
}

#[tokio::test]
async fn asks_everyone_once_however_often_it_is_invoked() {
    let (function, id) = function().await;
    for _ in 0..3 {
        function.at(id, 0, "t1").await.unwrap();
    }
    assert_eq!(function.to(), ["csm-1@example.com", "csm-2@example.com"]);
    assert_eq!(function.actions(), ["submitted", "approval_requested"]);
    let links = function
        .store
        .table()
        .items()
        .iter()
        .filter(|item| item.kind == "link")
        .count();
    assert_eq!(links, 2);
}

#[tokio::test]
async fn after_an_outage_only_those_who_got_no_mail_get_one() {
    let (function, id) = function().await;
    function
        .mailer
        .fail_next(MailError::Unavailable("Throttling".into()));
    assert!(matches!(
        function.at(id, 0, "t1").await,
        Err(Failure::MailUnavailable(_))
    ));
    function.at(id, 0, "t2").await.unwrap();
    assert_eq!(function.mailer.sent().len(), 2);
    assert_eq!(
        function.approval_of(id).await.value.task_token.as_str(),
        "t2",
        "the newest token waits"
    );
}

#[tokio::test]
async fn reminds_with_the_same_links_and_the_newest_token() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "reminded");
    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "resumed");
    let sent = function.mailer.sent();
    assert_eq!(sent.len(), 4);
    let link = |mail: &domain::mail::Mail| {
        mail.text
            .lines()
            .find(|l| l.starts_with("Approve: "))
            .unwrap()
            .to_owned()
    };
    assert_eq!(link(&sent[0]), link(&sent[2]));
    assert!(sent[2].subject.starts_with("Reminder: "));
    assert_eq!(
        function.approval_of(id).await.value.task_token.as_str(),
        "t2"
    );
    assert_eq!(
        function.actions(),
        ["submitted", "approval_requested", "reminded"]
    );
}

#[tokio::test]
async fn gives_up_after_fourteen_days() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    function.at(id, 14 * DAY - 1, "t2").await.unwrap();
    assert!(function.workflow.calls().is_empty());
    for _ in 0..2 {
        function.at(id, 14 * DAY, "t3").await.unwrap();
    }
    let expire = ("t3".to_owned(), "expire".to_owned());
    assert_eq!(function.workflow.calls(), [expire.clone(), expire]);
    let request = function.store.request(id).await.unwrap().unwrap().value;
    assert_eq!(
        request.output("rejectionReason"),
        Some("Nobody could look at it in time.")
    );
    assert_eq!(function.actions().last().unwrap(), "expired");
}

#[tokio::test]
async fn a_decision_that_missed_its_token_is_handed_to_the_next() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    function.decide(id, Verdict::Approve).await;
    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "delivered");
    assert_eq!(
        function.workflow.calls(),
        [("t2".to_owned(), "approve".to_owned())]
    );
    assert_eq!(
        function.mailer.sent().len(),
        2,
        "nobody is reminded of what is decided"
    );

    for _ in 0..3 {
        let outage = WorkflowError::Unavailable("ThrottlingException".into());
        function.workflow.fail_next(outage);
    }
    let outage = function.at(id, 2 * DAY, "t3").await;
    assert!(matches!(outage, Err(Failure::Workflow(_))));
}

#[tokio::test]
async fn when_the_process_comes_back_it_is_another_question() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    function.decide(id, Verdict::Approve).await;
    function.move_on(id).await;

    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "asked");
    let approval = function.approval_of(id).await.value;
    assert_eq!((approval.round, approval.decision()), (2, None));
    let sent = function.mailer.sent();
    assert_eq!(sent.len(), 4);
    assert_ne!(sent[0].text, sent[2].text, "the links are new");
}

#[tokio::test]
async fn an_attempt_that_comes_when_the_process_stands_still_does_not_ask_again_for_what_is_decided()
 {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    function.decide(id, Verdict::Approve).await;
    let mut request = function.store.request(id).await.unwrap().unwrap();
    let event = Event::Stopped {
        error: "Store.Unavailable",
        redrives: 0,
    };
    let attention = "Needs Attention".parse().unwrap();
    let state_entry = StateEntry::during(&attention, Timestamp::from_second(DAY + 60).unwrap());
    let record = request.value.apply(&event, state_entry);
    let saved = function.store.save(&mut request, &record, Vec::new()).await;
    saved.unwrap();

    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "delivered");
    let approval = function.approval_of(id).await.value;
    assert_eq!(approval.round, 1);
    assert_eq!(approval.decision().unwrap().outcome(), "approve");
}

#[tokio::test]
async fn an_attempt_that_was_given_up_and_comes_late_asks_nobody() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    function.at(id, DAY, "t2").await.unwrap();
    assert_eq!(function.at(id, 0, "t1").await.unwrap(), "belated");
    let approval = function.approval_of(id).await.value;
    assert_eq!(approval.task_token.as_str(), "t2");

    function.decide(id, Verdict::Approve).await;
    assert_eq!(function.at(id, 2 * DAY, "t3").await.unwrap(), "delivered");
    function.move_on(id).await;
    for (second, token) in [(0, "t1"), (DAY, "t2"), (2 * DAY, "t3")] {
        assert_eq!(function.at(id, second, token).await.unwrap(), "delivered");
    }
    assert_eq!(function.mailer.sent().len(), 4);
}

#[tokio::test]
async fn a_team_without_members_is_a_clear_error() {
    let (mut function, id) = function().await;
    function.settings = settings("{}");
    assert_eq!(
        function.at(id, 0, "t1").await,
        Err(Failure::ConfigInvalid("Teams has no csm-team".into()))
    );
}

/// The same waiting state with another configuration.
fn configured(
    id: RequestId,
    second: i64,
    change: impl FnOnce(&mut ApprovalConfig),
) -> WaitingTask<AskConfig> {
    let mut waiting = waiting(id, second, "t");
    waiting.task.config.escalate = Some(Escalation {
        after_seconds: 3 * 24 * 3600,
        team: "csm-manager".parse().unwrap(),
        responsible: "CSM Manager".to_owned(),
    });
    change(&mut waiting.task.config);
    asking(waiting)
}

#[tokio::test]
async fn after_three_days_another_team_is_asked_too_with_links_of_their_own() {
    let (function, id) = function().await;
    for day in 0..3 {
        function
            .handle(configured(id, day * DAY, |_| {}))
            .await
            .unwrap();
    }
    assert!(!function.to().contains(&"boss@example.com".to_owned()));
    for _ in 0..2 {
        function
            .handle(configured(id, 3 * DAY, |_| {}))
            .await
            .unwrap();
    }
    let sent = function.mailer.sent();
    let boss: Vec<_> = sent
        .iter()
        .filter(|mail| mail.to == "boss@example.com")
        .collect();
    assert_eq!(boss.len(), 1);
    assert!(
        boss[0].subject.starts_with("Escalated: ") && boss[0].text.contains("CSM Team has not")
    );
    assert_eq!(sent.len(), 4 * 2 + 1, "the team is reminded as well");
    function
        .handle(configured(id, 4 * DAY, |_| {}))
        .await
        .unwrap();
    let last = function.mailer.sent().pop().unwrap();
    assert!(last.to == "boss@example.com" && last.subject.starts_with("Reminder: "));
    let expected = [
        "submitted",
        "approval_requested",
        "reminded",
        "reminded",
        "escalated",
        "reminded",
    ];
    assert_eq!(function.actions(), expected);

    let mut approval = function.approval_of(id).await;
    let request = function.store.request(id).await.unwrap().unwrap().value;
    decide(
        &mut approval.value,
        &request,
        "boss@example.com",
        Verdict::Approve,
        "",
    );
    assert!(approval.value.decision().is_some());
}

#[tokio::test]
async fn where_nobody_of_the_team_may_decide_others_are_asked_at_once() {
    let (mut function, id) = function().await;
    function.settings =
        settings(r#"{"csm-team":["ada@example.com"],"csm-manager":["boss@example.com"]}"#);
    function.handle(configured(id, 0, |_| {})).await.unwrap();
    let sent = function.mailer.sent();
    assert_eq!(function.to(), ["ada@example.com", "boss@example.com"]);
    assert!(
        sent[0]
            .text
            .contains("you cannot decide about your own request")
    );
    assert_eq!(
        function.actions(),
        ["submitted", "approval_requested", "escalated"]
    );
    function.handle(configured(id, DAY, |_| {})).await.unwrap();
    assert_eq!(function.to().len(), 3, "who cannot decide is not reminded");
}

#[tokio::test]
async fn where_nobody_at_all_may_decide_the_team_that_looks_after_it_is_told_once() {
    let (mut function, id) = function().await;
    function.settings = settings(r#"{"csm-team":["ada@example.com"]}"#);
    function
        .mailer
        .fail_next(MailError::Unavailable("Throttling".into()));
    let first = function.handle(asking(waiting(id, 0, "t"))).await;
    assert!(matches!(first, Err(Failure::MailUnavailable(_))));
    for second in [0, 0, DAY] {
        function
            .handle(asking(waiting(id, second, "t")))
            .await
            .unwrap();
    }
    let sent = function.mailer.sent();
    let told = sent
        .iter()
        .filter(|mail| mail.subject.starts_with("Nobody may decide"));
    assert_eq!(told.count(), 1);
    assert_eq!(
        function.actions(),
        [
            "submitted",
            "approval_requested",
            "nobody_may_decide",
            "reminded"
        ]
    );

    // Somebody joins the team.
    function.settings = settings(r#"{"csm-team":["ada@example.com","new@example.com"]}"#);
    function
        .handle(asking(waiting(id, 2 * DAY, "t")))
        .await
        .unwrap();
    assert_eq!(function.to().last().unwrap(), "new@example.com");
    let mut approval = function.approval_of(id).await;
    let request = function.store.request(id).await.unwrap().unwrap().value;
    decide(
        &mut approval.value,
        &request,
        "new@example.com",
        Verdict::Reject,
        "No.",
    );
}

#[tokio::test]
async fn an_escalation_to_a_team_that_is_missing_keeps_nobody_from_deciding() {
    let (mut function, id) = function().await;
    function.settings = settings(r#"{"csm-team":["csm-1@example.com"]}"#);
    for day in 0..5 {
        function
            .handle(configured(id, day * DAY, |_| {}))
            .await
            .unwrap();
    }
    assert_eq!(function.to().len(), 5);
}

#[tokio::test]
async fn who_has_said_yes_is_not_reminded() {
    let (function, id) = function().await;
    function
        .handle(configured(id, 0, |config| config.approvals = 2))
        .await
        .unwrap();
    function.decide(id, Verdict::Approve).await;
    function
        .handle(configured(id, DAY, |config| config.approvals = 2))
        .await
        .unwrap();
    assert_eq!(function.to()[2..], ["csm-2@example.com"]);
    assert!(
        function.workflow.calls().is_empty(),
        "one more has to say yes"
    );
}

#[tokio::test]
async fn who_left_the_team_is_not_reminded() {
    let (mut function, id) = function().await;
    function.at(id, 0, "t").await.unwrap();
    function.settings = settings(r#"{"csm-team":["csm-2@example.com"]}"#);
    function.at(id, DAY, "t").await.unwrap();
    assert_eq!(function.to()[2..], ["csm-2@example.com"]);
}

mod unreachable;
