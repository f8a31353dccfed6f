//! Asking, asking again, giving up, and never losing a decision.

use jiff::Timestamp;
use shared::approval::Verdict;
use shared::approval::fixture::{link_key, waiting};
use shared::id::RequestId;
use shared::mail::MemoryMailer;
use shared::request::fixture;
use shared::table::memory::MemoryTable;
use shared::workflow::MemoryWorkflow;

use super::*;

const DAY: i64 = 24 * 3600;

type Function = RequestApproval<MemoryTable, MemoryMailer, MemoryWorkflow>;

async fn function() -> (Function, RequestId) {
    let desk = Desk::new(MemoryTable::default());
    let (request, record) = fixture::request();
    desk.create(&request, &record, Vec::new()).await.unwrap();
    let teams = Teams::parse(r#"{"csm-team":["csm-1@example.com","csm-2@example.com"]}"#).unwrap();
    let (mailer, workflow) = (MemoryMailer::default(), MemoryWorkflow::default());
    (
        RequestApproval {
            desk,
            mailer,
            workflow,
            teams,
            link_key: link_key(),
        },
        request.request_id,
    )
}

impl Function {
    async fn at(&self, id: RequestId, second: i64, token: &str) -> Result<String, Failure> {
        self.handle(waiting(id, second, token))
            .await
            .map(|outcome| outcome.outcome)
    }

    async fn approval_of(&self, id: RequestId) -> Stored<Approval> {
        self.desk
            .approval(id, &"CSM Review".parse().unwrap())
            .await
            .unwrap()
            .unwrap()
    }

    async fn decide(&self, id: RequestId, verdict: Verdict) {
        let mut approval = self.approval_of(id).await;
        let at = Timestamp::from_second(1).unwrap();
        let by = Some("csm-1@example.com".to_owned());
        approval.value.decision = Some(Decision {
            outcome: verdict.as_str().into(),
            by,
            at,
            reason: None,
        });
        self.desk.save_approval(&mut approval).await.unwrap();
    }

    fn actions(&self) -> Vec<String> {
        let items = self.desk.table().items();
        let audit = items.iter().filter(|item| item.kind == "audit");
        audit
            .map(|item| item.body["action"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn asks_everyone_once_however_often_it_is_invoked() {
    let (function, id) = function().await;
    for _ in 0..3 {
        function.at(id, 0, "t1").await.unwrap();
    }
    let to: Vec<_> = function
        .mailer
        .sent()
        .into_iter()
        .map(|mail| mail.to)
        .collect();
    assert_eq!(to, ["csm-1@example.com", "csm-2@example.com"]);
    assert_eq!(function.actions(), ["submitted", "asked"]);
    let links = function
        .desk
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
async fn a_refused_address_does_not_keep_the_others_from_being_asked() {
    let (function, id) = function().await;
    function
        .mailer
        .fail_next(MailError::Refused("MessageRejected".into()));
    function.at(id, 0, "t1").await.unwrap();
    assert_eq!(function.mailer.sent().len(), 1);
}

#[tokio::test]
async fn reminds_with_the_same_links_and_the_newest_token() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "reminded");
    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "resumed");
    let sent = function.mailer.sent();
    assert_eq!(sent.len(), 4);
    let link = |mail: &shared::mail::Mail| {
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
    assert_eq!(function.actions(), ["submitted", "asked", "reminded"]);
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
    let request = function.desk.request(id).await.unwrap().unwrap().value;
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

    function
        .workflow
        .fail_next(WorkflowError::Unavailable("ThrottlingException".into()));
    let outage = function.at(id, 2 * DAY, "t3").await;
    assert!(matches!(outage, Err(Failure::WorkflowUnavailable(_))));
}

#[tokio::test]
async fn when_the_process_comes_back_it_is_another_question() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    function.decide(id, Verdict::Approve).await;
    let mut request = function.desk.request(id).await.unwrap().unwrap();
    let event = Event::Evaluated {
        text: "again",
        outcome: "branch-1",
    };
    let record = request.value.apply(
        &event,
        Passage::during(&"Elsewhere".parse().unwrap(), Timestamp::UNIX_EPOCH),
    );
    function
        .desk
        .save(&mut request, &record, Vec::new())
        .await
        .unwrap();

    assert_eq!(function.at(id, DAY, "t2").await.unwrap(), "asked");
    let approval = function.approval_of(id).await.value;
    assert_eq!((approval.round, approval.decision), (2, None));
    let sent = function.mailer.sent();
    assert_eq!(sent.len(), 4);
    assert_ne!(sent[0].text, sent[2].text, "the links are new");
}

#[tokio::test]
async fn a_team_without_members_is_a_clear_error() {
    let (mut function, id) = function().await;
    function.teams = Teams::parse("{}").unwrap();
    assert_eq!(
        function.at(id, 0, "t1").await,
        Err(Failure::ConfigInvalid("TEAMS has no csm-team".into()))
    );
}
