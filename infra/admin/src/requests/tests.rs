use std::sync::Mutex;

use domain::id::RequestId;
use domain::operator_log::OperatorRecord;
use domain::request::Event;
use domain::task::StateEntry;
use domain::workflow::WorkflowError;
use jiff::Timestamp;
use testing::{MemoryTable, fixtures};

use super::*;

/// Executions that stopped in the order of the list; the second cannot go on.
#[derive(Default)]
struct Stopped {
    all: Vec<StoppedExecution>,
    redriven: Mutex<Vec<RequestId>>,
}

impl Executions for Stopped {
    async fn stopped(&self) -> Result<Vec<StoppedExecution>, WorkflowError> {
        Ok(self.all.iter().rev().cloned().collect())
    }

    async fn running(&self) -> Result<Vec<RequestId>, WorkflowError> {
        unreachable!("these have stopped")
    }

    async fn redrive(&self, execution: &StoppedExecution) -> Result<(), String> {
        if execution.arn == "1" {
            return Err("ExecutionNotRedrivable: it is too old".to_owned());
        }
        self.redriven.lock().unwrap().push(execution.request_id);
        Ok(())
    }
}

/// Requests that were stopped by these errors; an empty one could not be recorded.
async fn stage(errors: &[&str]) -> (RequestStore<MemoryTable>, Stopped) {
    let store = RequestStore::new(MemoryTable::default());
    let mut executions = Stopped::default();
    for (index, error) in errors.iter().enumerate() {
        let (mut request, record) = fixtures::request::request();
        if !error.is_empty() {
            let phase = request.phase.clone();
            let entry = StateEntry::during(&phase, Timestamp::UNIX_EPOCH);
            request.apply(&Event::Stopped { error, redrives: 0 }, entry);
        }
        store.create(&request, &record, Vec::new()).await.unwrap();
        executions.all.push(StoppedExecution {
            arn: index.to_string(),
            request_id: request.request_id,
            status: "FAILED",
            stopped_at: Timestamp::from_second(i64::try_from(index).unwrap() * 3600).unwrap(),
        });
    }
    (store, executions)
}

#[tokio::test]
async fn what_stopped_is_listed_by_its_cause() {
    let (store, executions) =
        stage(&["Payments.Stopped", "Stripe.Pending", "Payments.Stopped", ""]).await;
    let ids: Vec<_> = executions.all.iter().map(|it| it.request_id).collect();
    let expected = format!(
        "FAILED: 1\n  {} since 1 January 1970, 03:00 UTC\n\
         Payments.Stopped: 2\n  {} since 1 January 1970, 00:00 UTC\n  {} since 1 January 1970, 02:00 UTC\n\
         Stripe.Pending: 1\n  {} since 1 January 1970, 01:00 UTC",
        ids[3], ids[0], ids[2], ids[1]
    );
    assert_eq!(list(&store, &executions).await.unwrap(), expected);
    let none = list(&store, &Stopped::default()).await.unwrap();
    assert_eq!(none, "No request has stopped.");
}

#[tokio::test]
async fn one_cause_goes_on_and_it_is_recorded_by_whom() {
    let (store, executions) =
        stage(&["Payments.Stopped", "Payments.Stopped", "Stripe.Pending"]).await;
    let change = Change {
        by: "ada@example.com".to_owned(),
        because: "it is mended".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    let said = redrive(&store, &executions, "Payments.Stopped", &change)
        .await
        .unwrap();
    let stays = executions.all[1].request_id;
    let expected = format!("1 of 2 go on.\n  {stays} stays: ExecutionNotRedrivable: it is too old");
    assert_eq!(said, expected);
    assert_eq!(
        *executions.redriven.lock().unwrap(),
        [executions.all[0].request_id]
    );
    let log = OperatorRecord::all(store.table()).await.unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].action.to_string(), "requests_redriven");
    assert_eq!(log[0].detail, "2 stopped by Payments.Stopped: it is mended");
    let other = redrive(&store, &executions, "Other", &change)
        .await
        .unwrap();
    assert_eq!(other, "No request was stopped by Other.");
    assert_eq!(OperatorRecord::all(store.table()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_is_found_by_its_reference_as_people_write_it() {
    let (store, executions) = stage(&["", ""]).await;
    let id = executions.all[0].request_id;
    let reference = Reference::of(id).to_string();
    for written in [
        reference.clone(),
        reference.to_lowercase().replace("rd-", ""),
    ] {
        let found = find(&store, written.parse().unwrap()).await.unwrap();
        let expected = format!(
            "{id} customer-success/refund-request: in_review in CSM Review, since 1 January 1970, 00:00 UTC"
        );
        assert_eq!(found, expected);
    }
    let other = Reference::of(RequestId::random());
    let none = find(&store, other).await.unwrap();
    assert_eq!(none, format!("No request has the reference {other}."));
}
