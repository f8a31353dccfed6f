//! The copies in a bucket: what shows by them, and nothing else.

use super::*;

const BUCKET: &str = "audit";

async fn copied(events: &[bool]) -> (Store, MemoryArchive) {
    let store = digested(&fixtures::request::request(), events).await;
    let archive = MemoryArchive::locking_until(at(24 * 2557));
    archive_due(store.table(), &archive, BUCKET).await.unwrap();
    (store, archive)
}

async fn verify_copies(store: &Store, archive: &MemoryArchive) -> Result<Verified, VerifyError> {
    let copies = Copies {
        archive,
        bucket: BUCKET,
        now: at(24 * 2556),
    };
    verify_digests(store, &chain(store).await, None, Some(copies)).await
}

fn key(day: Date) -> (String, String) {
    let key = format!("customer-success/refund-request/{day}.json");
    (BUCKET.to_owned(), key)
}

#[tokio::test]
async fn each_digest_is_copied_once_and_into_a_new_bucket_again() {
    let (store, archive) = copied(&[true; 2]).await;
    let keys: Vec<_> = (0..=2).map(|it| key(day(it)).1).collect();
    assert_eq!(archive.keys(BUCKET), keys);
    verify_copies(&store, &archive).await.unwrap();
    let before = store.table().items();
    archive_due(store.table(), &archive, BUCKET).await.unwrap();
    assert_eq!(store.table().items(), before);
    archive_due(store.table(), &archive, "other").await.unwrap();
    assert_eq!(archive.keys("other"), keys);
    archive.tamper(|objects| {
        let content = &objects[&key(day(0))].content;
        let copy: serde_json::Value = serde_json::from_slice(content).unwrap();
        assert_eq!(copy["day"], "1970-01-01");
        assert_eq!(copy["heads"].as_array().unwrap().len(), 3);
    });
}

#[tokio::test]
async fn a_copy_that_is_missing_other_or_not_locked_is_found() {
    let (store, archive) = copied(&[true; 3]).await;
    archive.tamper(|objects| {
        objects.get_mut(&key(day(1))).unwrap().locked_until = Some(at(24 * 2555));
    });
    let fault = DigestFault::NotLocked(day(1)).into();
    assert_eq!(verify_copies(&store, &archive).await, Err(fault));
    archive.tamper(|objects| objects.get_mut(&key(day(1))).unwrap().content.truncate(9));
    let fault = DigestFault::OtherCopy(day(1)).into();
    assert_eq!(verify_copies(&store, &archive).await, Err(fault));
    archive.tamper(|objects| drop(objects.remove(&key(day(1)))));
    let fault = DigestFault::NotCopied(day(1)).into();
    assert_eq!(verify_copies(&store, &archive).await, Err(fault));
}

#[tokio::test]
async fn a_log_that_was_written_anew_with_all_digests_is_found_by_the_copies() {
    let submitted = fixtures::request::request();
    let store = digested(&submitted, &[true; 3]).await;
    let archive = MemoryArchive::locking_until(at(24 * 2557));
    archive_due(store.table(), &archive, BUCKET).await.unwrap();
    verify_copies(&store, &archive).await.unwrap();
    for kind in ["auditDigest", "digestHeads", "digestChain"] {
        for item in items(&store, kind) {
            store.table().remove(&item.key).await.unwrap();
        }
    }
    replace(&store, &play(&submitted, &[true, true, false])).await;
    write_digests(&store, 3).await;
    verify(&store).await.unwrap();
    // The fourth record is of the second day.
    let fault = DigestFault::OtherCopy(day(1)).into();
    assert_eq!(verify_copies(&store, &archive).await, Err(fault));
}

#[tokio::test]
async fn digests_that_were_cut_off_are_found_by_the_copies() {
    let (store, archive) = copied(&[true; 3]).await;
    let digests = items(&store, "auditDigest");
    let end = items(&store, "digestChain").remove(0);
    let [.., before, last] = digests.as_slice() else {
        panic!("{digests:?}");
    };
    store.table().remove(&last.key).await.unwrap();
    let removed = last.body["day"].as_str().unwrap().parse().unwrap();
    change(&store, end, |body| {
        for field in ["day", "number", "hash"] {
            body[field] = before.body[field].clone();
        }
    })
    .await;
    verify(&store).await.unwrap();
    let fault = DigestFault::Missing(removed).into();
    assert_eq!(verify_copies(&store, &archive).await, Err(fault));
}
