//! What is written, and when.

use std::collections::BTreeMap;

use super::*;

/// The number of the record that each digest names of a request, by day.
fn named(store: &Store, id: RequestId) -> BTreeMap<String, u64> {
    let mut named = BTreeMap::new();
    for item in items(store, "digestHeads") {
        let heads = item.body["heads"].as_array().unwrap().clone();
        let head = heads.iter().find(|it| it["requestId"] == id.to_string());
        let day = item.body["day"].as_str().unwrap().to_owned();
        named.extend(head.map(|head| (day, head["seq"].as_u64().unwrap())));
    }
    named
}

#[tokio::test]
async fn a_digest_names_the_last_record_of_its_day_and_the_two_before() {
    let submitted = fixtures::request::request();
    let store = digested(&submitted, &[true; 4]).await;
    let expected = [("1970-01-01", 3), ("1970-01-02", 5), ("1970-01-03", 5)];
    let expected = [&expected[..], &[("1970-01-04", 5)]].concat();
    let expected = expected.into_iter().map(|(day, seq)| (day.to_owned(), seq));
    let id = submitted.0.request_id;
    assert_eq!(named(&store, id), expected.collect());
    // The days after are empty, and have their digests.
    write_due(store.table(), at(24 * 9)).await.unwrap();
    let whole = verify(&store).await.unwrap();
    assert_eq!((whole.from, whole.until), (day(0), day(8)));
}

#[tokio::test]
async fn what_is_stored_after_its_days_digest_is_named_by_the_next() {
    let submitted = fixtures::request::request();
    let store = digested(&submitted, &[]).await;
    let (request, mut records) = play(&submitted, &[true; 6]);
    let stored = items(&store, "request").into_iter();
    let mut stored = stored.filter(|it| it.key == request.key());
    let stored = domain::table::Stored {
        value: request.clone(),
        version: stored.next().unwrap().version,
    };
    let mut writes: Vec<_> = records.drain(1..).map(|it| Write::create(&it)).collect();
    writes.push(Write::update(&stored));
    // The digest of the third day was written before, and these are of that day and earlier ones.
    assert_eq!(chain(&store).await.day, day(2));
    store.table().commit(writes).await.unwrap();
    write_due(store.table(), at(24 * 4)).await.unwrap();
    let named = named(&store, request.request_id);
    assert_eq!(named["1970-01-03"], 1);
    assert_eq!(named["1970-01-04"], 7);
    verify(&store).await.unwrap();
}

#[tokio::test]
async fn missed_days_are_made_up_for_and_nothing_is_written_twice() {
    let submitted = fixtures::request::request();
    let late = digested(&submitted, &[true; 20]).await;
    let daily = RequestStore::new(MemoryTable::default());
    for item in late.table().items() {
        if ["request", "audit"].contains(&item.kind) {
            daily.table().commit(vec![Write::Put(item)]).await.unwrap();
        }
    }
    for day in 1..=9 {
        for _ in 0..2 {
            write_due(daily.table(), at(24 * day + 5)).await.unwrap();
        }
    }
    let digests = |store| [items(store, "auditDigest"), items(store, "digestHeads")];
    assert_eq!(digests(&daily), digests(&late));
    assert!(
        daily
            .table()
            .items()
            .iter()
            .all(|it| it.kind == "digestChain" || it.version == 1)
    );
}

#[tokio::test]
async fn a_run_that_was_not_finished_is_finished_by_the_next() {
    let submitted = fixtures::request::request();
    let store = digested(&submitted, &[true]).await;
    let before = store.table().items();
    let mut chain = chain(&store).await;
    let digests = items(&store, "auditDigest");
    let (last, second) = (digests.last().unwrap(), &digests[digests.len() - 2]);
    // As if it had ended between the heads and the digest.
    store.table().remove(&last.key).await.unwrap();
    chain.day = second.body["day"].as_str().unwrap().parse().unwrap();
    chain.number -= 1;
    chain.hash = second.body["hash"].as_str().unwrap().to_owned();
    store.table().remove(&chain.key()).await.unwrap();
    let chain = Write::create(&chain);
    store.table().commit(vec![chain]).await.unwrap();
    write_due(store.table(), at(8 + 72)).await.unwrap();
    let but_the_chain = |mut items: Vec<Item>| {
        items.retain(|it| it.kind != "digestChain");
        items
    };
    assert_eq!(but_the_chain(store.table().items()), but_the_chain(before));
    verify(&store).await.unwrap();
}

#[tokio::test]
async fn more_heads_than_fit_into_an_item_are_in_several() {
    let store = RequestStore::new(MemoryTable::default());
    for _ in 0..2001 {
        let (request, record) = fixtures::request::request();
        put(&store, &(request, vec![record])).await;
    }
    write_due(store.table(), at(30)).await.unwrap();
    let heads = items(&store, "digestHeads");
    let sizes = heads.iter().map(|it| it.body.to_string().len());
    // DynamoDB takes 400 KB; as JSON it is somewhat larger than there.
    assert_eq!(heads.len(), 2);
    assert!(sizes.max().unwrap() < 350_000);
    assert_eq!(verify(&store).await.unwrap().heads, 2001);
}

#[tokio::test]
async fn the_rule_of_a_hash_is_what_any_tool_can_compute() {
    let store = digested(&fixtures::request::request(), &[true; 3]).await;
    let mut previous = String::new();
    for (number, digest) in (1..).zip(items(&store, "auditDigest")) {
        let digest: AuditDigest = serde_json::from_value(digest.body).unwrap();
        let of_day = |it: &Item| it.body["day"] == digest.day.to_string();
        let heads = items(&store, "digestHeads").into_iter().filter(of_day);
        let heads = heads.flat_map(|it| it.body["heads"].as_array().unwrap().clone());
        let lines: Vec<_> = heads
            .map(|it| [&it["requestId"], &it["seq"], &it["hash"]].map(ToString::to_string))
            .map(|it| it.join(" ").replace('"', "") + "\n")
            .collect();
        assert!(lines.is_sorted());
        let text = format!(
            "{previous}\ncustomer-success/refund-request\n{}\n{number}\n{}\n{}",
            digest.day,
            lines.len(),
            lines.concat()
        );
        previous = domain::approval::hex(&<sha2::Sha256 as sha2::Digest>::digest(text));
        assert_eq!(digest.hash, previous);
    }
    assert_eq!(chain(&store).await.hash, previous);
}
