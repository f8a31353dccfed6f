//! What customers find once their personal data was removed.

use domain::request::{Event, ForgetReason};
use domain::task::{EndStatus, StateEntry};

use super::*;

impl Function {
    /// Ends a request and removes its personal data.
    pub(super) async fn erase(&self, id: RequestId) {
        let mut request = self.store.request(id).await.unwrap().unwrap();
        let end = Event::Closed(EndStatus::Denied);
        let (phase, now) = (request.value.phase.clone(), Timestamp::UNIX_EPOCH);
        let record = request.value.apply(&end, StateEntry::during(&phase, now));
        self.store
            .save(&mut request, &record, Vec::new())
            .await
            .unwrap();
        self.store
            .forget(id, ForgetReason::Erasure, now)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_status_stays_and_the_page_says_that_the_rest_is_gone() {
    let function = function();
    let body = answers().to_string();
    let (_, taken) = function.post(Some("k"), &body).await;
    let id = taken["requestId"].as_str().unwrap().parse().unwrap();
    let url = taken["statusUrl"].as_str().unwrap();
    let path = url.strip_prefix("https://d.example").unwrap();
    let page = || function.send("GET", path, json!({}), "");
    assert!(page().await.1.contains("Charged twice."));

    function.erase(id).await;
    let (status, html, _) = page().await;
    assert_eq!(status, 200);
    assert!(html.contains("not approved") && html.contains("We no longer keep what you sent us"));
    for gone in [
        "Charged twice.",
        "ada@example.com",
        "What you sent us",
        "payment provider",
    ] {
        assert!(!html.contains(gone), "{gone}");
    }
    let accept = json!({"accept": "application/json"});
    let (status, view, _) = function.send("GET", path, accept, "").await;
    let view: Value = serde_json::from_str(&view).unwrap();
    assert_eq!(
        (status, &view["status"], &view["reason"]),
        (200, &json!("denied"), &json!(null))
    );

    // Sent once more it is still the same request.
    let again = function.post(Some("k"), &body).await;
    assert_eq!((again.0, &again.1["requestId"]), (202, &taken["requestId"]));
    assert_eq!(function.stored("request"), 1);
    let reply = json!({"question": 1, "answer": "x", "code": "123456"}).to_string();
    let headers = json!({"content-type": "application/json"});
    let (status, ..) = function
        .send("POST", &format!("{path}/answers"), headers, &reply)
        .await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn requests_are_found_by_their_customers_mailbox() {
    let function = function();
    let (_, taken) = function.post(None, &answers().to_string()).await;
    let found = function
        .store
        .requests_of_person("Ada+shop@Example.com")
        .await
        .unwrap();
    assert_eq!(json!(found[0].request_id), taken["requestId"]);
    let others = function
        .store
        .requests_of_person("bob@example.com")
        .await
        .unwrap();
    assert_eq!((found.len(), others.len()), (1, 0));
}
