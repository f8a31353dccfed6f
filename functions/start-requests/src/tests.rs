use std::collections::BTreeSet;

use domain::id::RequestId;
use domain::table::Write;
use domain::workflow::WorkflowError;
use jiff::Timestamp;
use testing::{MemoryTable, MemoryWorkflow, fixtures};

use super::*;

const ALIAS: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:refund:live";
const VERSION: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:refund:7";

fn function() -> StartRequests<MemoryTable, MemoryWorkflow> {
    StartRequests {
        store: RequestStore::new(MemoryTable::default()),
        workflow: MemoryWorkflow::default(),
        machines: StateMachines::from([(fixtures::request::offering().path, ALIAS.to_owned())])
            .into(),
    }
}

impl StartRequests<MemoryTable, MemoryWorkflow> {
    /// Stores a request of that minute, and does not start it.
    async fn stored(&self, minute: i64) -> RequestId {
        let (mut request, record) = fixtures::request::request();
        request.submitted_at = at(minute);
        let more = vec![Write::create(&UnstartedRequest::of(&request, VERSION))];
        self.store.create(&request, &record, more).await.unwrap();
        request.request_id
    }

    async fn run(&self, minute: i64) -> Result<Outcome, Failure> {
        self.handle(ScheduledEvent { time: at(minute) }).await
    }
}

fn started(function: &StartRequests<MemoryTable, MemoryWorkflow>) -> BTreeSet<RequestId> {
    let calls = function.workflow.calls().into_iter();
    calls.map(|(_, request)| request.parse().unwrap()).collect()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

#[tokio::test]
async fn what_is_left_over_is_started_once_and_what_is_new_is_left_to_whoever_stored_it() {
    let function = function();
    let mut old = Vec::new();
    for _ in 0..40 {
        old.push(function.stored(0).await);
    }
    let new = function.stored(1).await;
    function.run(5).await.unwrap();
    assert_eq!(started(&function), old.into_iter().collect());
    let left = function.store.unstarted().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].request_id, new);
    function.run(6).await.unwrap();
    assert_eq!(started(&function).len(), 41);
    assert_eq!(function.workflow.calls().len(), 41);
    assert!(
        function
            .workflow
            .started_versions()
            .iter()
            .all(|it| it == "7")
    );
    assert_eq!(function.store.unstarted().await.unwrap(), []);
}

#[tokio::test]
async fn what_cannot_be_started_stays_and_does_not_stop_the_others() {
    let function = function();
    for _ in 0..3 {
        function.stored(0).await;
    }
    function
        .workflow
        .fail_next(WorkflowError::Unavailable("away".to_owned()));
    let failure = function.run(9).await.unwrap_err();
    assert_eq!(failure.name(), "Workflow.Unavailable");
    assert_eq!(function.store.unstarted().await.unwrap().len(), 1);
    function.run(19).await.unwrap();
    assert_eq!(function.store.unstarted().await.unwrap(), []);
}

#[tokio::test]
async fn where_its_version_was_deleted_a_request_runs_what_the_alias_leads_to() {
    let function = function();
    function.stored(0).await;
    function.workflow.fail_next(WorkflowError::VersionGone);
    function.run(9).await.unwrap();
    assert_eq!(function.workflow.started_versions(), ["live"]);
    assert_eq!(function.store.unstarted().await.unwrap(), []);
}
