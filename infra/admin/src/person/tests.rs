use domain::id::RequestId;
use domain::person_requests::PersonRequest;
use domain::request::Event;
use domain::table::Write;
use domain::task::{EndStatus, StateEntry};
use jiff::Timestamp;
use testing::{MemoryTable, fixtures};

use super::*;

const ADA: &str = "Ada+refunds@example.com";
const CSM: &str = "csm-1@example.com";

/// A request of Ada's that is open, with a question and its answer, and one that was denied.
async fn stage() -> (RequestStore<MemoryTable>, [RequestId; 2]) {
    let store = RequestStore::new(MemoryTable::default());
    let (mut open, record) = fixtures::request::request();
    let phase = open.phase.clone();
    let entry = StateEntry::during(&phase, Timestamp::UNIX_EPOCH);
    let (text, key_id) = ("Which order?", "");
    let mut more = vec![Write::create(&PersonRequest::of(&open).unwrap())];
    for event in [
        Event::Questioned {
            by: CSM,
            text,
            key_id,
        },
        Event::Replied {
            number: 1,
            text: "Number 7.",
        },
    ] {
        more.push(Write::create(&open.apply(&event, entry)));
    }
    store.create(&open, &record, more).await.unwrap();
    let closed = fixtures::request::request();
    let at = Timestamp::UNIX_EPOCH;
    let closed = fixtures::request::store_closed(&store, closed, EndStatus::Denied, at).await;
    (store, [open.request_id, closed])
}

fn change() -> Change {
    Change {
        by: "ada".to_owned(),
        because: "asked by letter".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_person_reads_all_that_is_stored_about_them_and_nobody_else() {
    let (store, [open, _]) = stage().await;
    let text = export(&store, ADA).await.unwrap();
    let all: Json = serde_json::from_str(&text).unwrap();
    let requests = all["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2);
    let request = requests
        .iter()
        .find(|it| it["requestId"] == json!(open))
        .unwrap();
    assert_eq!(request["status"], "in_review");
    assert_eq!(request["questions"][0]["question"], "Which order?");
    assert_eq!(request["questions"][0]["answer"], "Number 7.");
    assert_eq!(request["history"].as_array().unwrap().len(), 3);
    let answers = request["answers"].as_array().unwrap();
    let pairs: Vec<_> = answers
        .iter()
        .map(|it| (it["question"].as_str().unwrap(), &it["answer"]))
        .collect();
    assert!(pairs.contains(&("Customer Email", &json!("ada@example.com"))));
    assert!(pairs.contains(&("Refund Amount (USD)", &json!("50.00"))));
    assert!(pairs.contains(&("Notes", &json!("Charged twice in May."))));
    assert!(!text.contains(CSM), "{text}");
    let other = export(&store, "bob@example.com").await.unwrap();
    assert!(other.contains(r#""requests": []"#), "{other}");
}

#[tokio::test]
async fn what_has_ended_is_erased_what_is_open_is_named_and_the_log_has_no_address() {
    let (store, [open, closed]) = stage().await;
    let said = erase(&store, ADA, &change()).await.unwrap();
    assert_eq!(
        said,
        format!(
            "Forgotten: 1\n  {closed}, Denied\nOpen, and kept until they have ended or stopped for 14 days: 1\n  {open}, CSM Review"
        )
    );
    let left = store.requests_of_person(ADA).await.unwrap();
    assert_eq!(
        left.iter().map(|it| it.request_id).collect::<Vec<_>>(),
        [open]
    );
    let log = domain::operator_log::OperatorRecord::all(store.table())
        .await
        .unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].action.to_string(), "person_erased");
    assert_eq!(log[0].detail, format!("1 ({closed}): asked by letter"));

    let again = erase(&store, ADA, &change()).await.unwrap();
    assert!(again.starts_with("Forgotten: 0\n"), "{again}");
    let log = domain::operator_log::OperatorRecord::all(store.table())
        .await
        .unwrap();
    assert_eq!(log.len(), 1);
}
