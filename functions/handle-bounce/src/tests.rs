//! Marking, waking, and doing each once.

use domain::approval::Verdict;
use domain::id::RequestId;
use domain::suppression::is_suppressed;
use serde_json::{Value, json};
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;
use testing::fixtures::approval::{decide, link_keys, waiting};

use super::*;

const CSM: &str = "csm-1@example.com";
const OTHER: &str = "csm-2@example.com";
/// The fixture's customer.
const CUSTOMER: &str = "ada@example.com";
/// An hour after the team was asked.
const AT: &str = "1970-01-01T01:00:00.000Z";

type Function = HandleBounce<MemoryTable, MemoryWorkflow>;

/// A request that two people are asked about.
async fn function() -> (Function, RequestId) {
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let id = request.request_id;
    let mut request = store.request(id).await.unwrap().unwrap();
    let waiting = waiting(id, 0, "t1");
    let approval = Approval::ask(
        &waiting,
        1,
        &[CSM.to_owned(), OTHER.to_owned()],
        &link_keys(),
    );
    let event = Event::Asked("CSM Team");
    let record = request.value.apply(&event, waiting.task.state_entry());
    let writes = vec![Write::create(&approval)];
    store.save(&mut request, &record, writes).await.unwrap();
    let function = HandleBounce {
        store,
        workflow: MemoryWorkflow::default(),
        link_keys: link_keys().into(),
    };
    (function, id)
}

fn sns(event: &Value) -> SnsEvent {
    message(&event.to_string())
}

fn message(text: &str) -> SnsEvent {
    let record = json!({"Sns": {"Message": text, "Timestamp": AT}});
    serde_json::from_value(json!({ "Records": [record] })).unwrap()
}

/// As SES writes it, with the tags that our mails carry.
fn bounce(kind: &str, address: &str, id: RequestId) -> SnsEvent {
    sns(&json!({
        "eventType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [{
                "emailAddress": address,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }],
            "timestamp": AT,
            "feedbackId": "0100-feedback",
            "reportingMTA": "dsn; mta.example.com",
        },
        "mail": {
            "timestamp": AT,
            "source": "refunds@example.com",
            "messageId": "0100-message",
            "destination": [address],
            "tags": {
                "ses:configuration-set": ["desk"],
                "request": [id.to_string()],
                "phase": ["CSM_20Review"],
            },
        },
    }))
}

fn complaint(address: &str, id: RequestId) -> SnsEvent {
    sns(&json!({
        "eventType": "Complaint",
        "complaint": {
            "complainedRecipients": [{"emailAddress": address}],
            "complaintFeedbackType": "abuse",
            "timestamp": AT,
            "feedbackId": "0100-complaint",
        },
        "mail": {"tags": {"request": [id.to_string()], "phase": ["CSM_20Review"]}},
    }))
}

impl Function {
    async fn is_marked(&self, address: &str) -> bool {
        let (table, at) = (self.store.table(), AT.parse().unwrap());
        is_suppressed(table, &self.link_keys.current(), address, at)
            .await
            .unwrap()
    }

    async fn approval(&self, id: RequestId) -> Stored<Approval> {
        let phase = "CSM Review".parse().unwrap();
        self.store.approval(id, &phase).await.unwrap().unwrap()
    }

    fn audit_log(&self) -> Vec<(String, Option<String>)> {
        let items = self.store.table().items();
        let audit = items.iter().filter(|item| item.kind == "audit");
        audit
            .map(|item| {
                let text = |name: &str| item.body[name].as_str().map(ToOwned::to_owned);
                (text("action").unwrap(), text("detail"))
            })
            .collect()
    }
}

fn entry(action: &str, detail: Option<&str>) -> (String, Option<String>) {
    (action.to_owned(), detail.map(ToOwned::to_owned))
}

#[tokio::test]
async fn an_approvers_bounce_marks_the_address_and_wakes_the_approval_once() {
    let (function, id) = function().await;
    let event = || bounce("Permanent", "CSM <Csm-1@example.com>", id);
    function.handle(event()).await.unwrap();
    assert!(function.is_marked(CSM).await && !function.is_marked(OTHER).await);
    let woken = ("t1".to_owned(), "Approval.AskOthers".to_owned());
    assert_eq!(function.workflow.calls(), [woken]);
    assert_eq!(
        function.audit_log().last().unwrap(),
        &entry("approver_unreachable", Some("Csm-1@example.com"))
    );

    // What the next state entry does; after it the same news change nothing.
    let mut approval = function.approval(id).await;
    assert!(approval.value.asks_others);
    approval.value.asks_others = false;
    function.store.save_approval(&mut approval).await.unwrap();
    let before = function.store.table().items();
    function.handle(event()).await.unwrap();
    assert_eq!(function.store.table().items(), before);
    assert_eq!(function.workflow.calls().len(), 1);
}

#[tokio::test]
async fn a_complaint_counts_like_a_bounce() {
    let (function, id) = function().await;
    function.handle(complaint(OTHER, id)).await.unwrap();
    assert!(function.is_marked(OTHER).await);
    assert_eq!(function.workflow.calls().len(), 1);
}

#[tokio::test]
async fn what_is_not_for_good_or_not_the_addresss_fault_changes_nothing() {
    let (function, id) = function().await;
    let before = function.store.table().items();
    let reject = json!({"eventType": "Reject", "reject": {"reason": "Bad content"}, "mail": {}});
    for event in [
        bounce("Transient", CSM, id),
        bounce("Undetermined", CSM, id),
        sns(&reject),
    ] {
        function.handle(event).await.unwrap();
    }
    assert_eq!(function.store.table().items(), before);
    assert!(function.workflow.calls().is_empty());
}

#[tokio::test]
async fn a_customers_bounce_stands_in_the_audit_log_once_and_wakes_nobody() {
    let (function, id) = function().await;
    for _ in 0..2 {
        let event = bounce("Permanent", CUSTOMER, id);
        function.handle(event).await.unwrap();
    }
    let audit_log = function.audit_log();
    assert_eq!(audit_log.len(), 3, "{audit_log:?}");
    assert_eq!(audit_log[2], entry("customer_mail_bounced", None));
    assert!(function.workflow.calls().is_empty());
    function.handle(complaint(CUSTOMER, id)).await.unwrap();
    let spam = entry("customer_mail_reported", None);
    assert_eq!(function.audit_log()[3], spam);
}

#[tokio::test]
async fn a_bounce_after_the_decision_wakes_nobody() {
    let (function, id) = function().await;
    let mut approval = function.approval(id).await;
    let request = function.store.request(id).await.unwrap().unwrap().value;
    decide(&mut approval.value, &request, OTHER, Verdict::Approve, "");
    function.store.save_approval(&mut approval).await.unwrap();
    let event = bounce("Permanent", CSM, id);
    function.handle(event).await.unwrap();
    assert!(function.is_marked(CSM).await);
    assert!(function.workflow.calls().is_empty());
    assert_eq!(function.audit_log().len(), 2);
}

#[tokio::test]
async fn an_approval_between_two_tokens_is_woken_by_another_attempt() {
    let (function, id) = function().await;
    function.workflow.fail_next(WorkflowError::TokenGone);
    let event = || bounce("Permanent", CSM, id);
    let failed = function.handle(event()).await;
    assert!(matches!(failed, Err(Failure::Workflow(_))));
    // The state entry that had begun says its token, and knew nothing of the bounce.
    let mut approval = function.approval(id).await;
    approval.value.task_token = "t2".parse().unwrap();
    function.store.save_approval(&mut approval).await.unwrap();
    function.handle(event()).await.unwrap();
    let woken = ("t2".to_owned(), "Approval.AskOthers".to_owned());
    assert_eq!(function.workflow.calls(), [woken]);
    assert_eq!(function.audit_log().len(), 3, "the audit log says it once");
}

#[tokio::test]
async fn mail_of_somebody_elses_or_of_a_forgotten_request_only_marks() {
    let (function, _) = function().await;
    let forgotten = bounce("Permanent", CSM, RequestId::random());
    function.handle(forgotten).await.unwrap();
    assert!(function.is_marked(CSM).await);
    let untagged = json!({
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": OTHER}],
            "feedbackId": "f",
        },
        "mail": {},
    });
    function.handle(sns(&untagged)).await.unwrap();
    assert!(function.is_marked(OTHER).await);
    assert!(function.workflow.calls().is_empty());
}

#[tokio::test]
async fn what_is_no_event_fails_without_quoting_it() {
    let (function, _) = function().await;
    for text in [
        json!({"eventType": ["ada@example.com"]}).to_string(),
        "Hello ada@example.com".to_owned(),
    ] {
        let failure = function.handle(message(&text)).await.unwrap_err();
        assert!(matches!(failure, Failure::PayloadInvalid(_)));
        assert!(!failure.to_string().contains("ada"), "{failure}");
    }
}

#[tokio::test]
async fn the_greeting_with_which_ses_begins_to_publish_is_no_failure() {
    let (function, _) = function().await;
    let before = function.store.table().items();
    let greeting = "Successfully validated SNS topic for Amazon SES event publishing.";
    function.handle(message(greeting)).await.unwrap();
    assert_eq!(function.store.table().items(), before);
}
