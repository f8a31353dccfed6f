//! Addresses of status pages while the link key is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;

const OLD: &str = "0123456789abcdef0123456789abcdef";
const NEW: &str = "fedcba9876543210fedcba9876543210";

/// A function that started with the old key; when it reads them again, there is a newer one. With a request, and a count
/// of the reads.
async fn started_before() -> (Function, RequestId, Arc<AtomicUsize>) {
    let mut function = function();
    let (request, record) = fixtures::request::request();
    let created = function.store.create(&request, &record, Vec::new()).await;
    created.unwrap();
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = reads.clone();
    let keys = Cached::load(Duration::from_hours(1), move || {
        let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let list = if is_first {
            OLD.to_owned()
        } else {
            format!("{NEW},{OLD}")
        };
        std::future::ready(Ok(LinkKeys::parse(&list).unwrap()))
    });
    function.link_keys = keys.await.unwrap();
    (function, request.request_id, reads)
}

async fn status(function: &Function, id: RequestId, key: &str) -> u16 {
    let http = http("GET", &format!("/requests/{id}/{key}"), &json!({}), "");
    function.handle(&http).await.status().as_u16()
}

#[tokio::test]
async fn an_address_by_a_key_that_was_just_added_opens_at_once_and_one_by_the_old_key_still() {
    let (function, id, reads) = started_before().await;
    let key = |list: &str| LinkKeys::parse(list).unwrap().status_key(id);
    assert_eq!(status(&function, id, &key(NEW)).await, 200);
    assert_eq!(status(&function, id, &key(OLD)).await, 200);
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn made_up_addresses_open_nothing_and_are_no_flood_of_reads() {
    let (function, id, reads) = started_before().await;
    for n in 0..100 {
        assert_eq!(status(&function, id, &format!("{n:040}")).await, 404);
    }
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}
