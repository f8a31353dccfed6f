//! Somebody who can write to the table changes what is stored.

use super::*;

/// What is found of a history of these events once it was tampered with in one way, at one of its records.
async fn found(how: u8, events: &[bool], at: usize) -> (DigestFault, DigestFault) {
    let submitted = fixtures::request::request();
    let store = digested(&submitted, events).await;
    assert!(verify(&store).await.is_ok());
    let (request, records) = play(&submitted, events);
    let id = request.request_id;
    let mut stored = items(&store, "audit");
    stored.retain(|item| item.key.pk == request.key().pk);
    let (last, number) = (records.len() - 1, u32::try_from(at + 1).unwrap());
    let last_number = u32::try_from(records.len()).unwrap();
    let expected = match how {
        0 => {
            change(&store, stored[at].clone(), |body| touch(&mut body["phase"])).await;
            DigestFault::Log(id, Broken::Changed(number))
        }
        1 => {
            store.table().remove(&stored[at].key).await.unwrap();
            DigestFault::Log(id, Broken::Missing(number))
        }
        2 => {
            let mut added = records[last].clone();
            added.seq += 1;
            store
                .table()
                .commit(vec![Write::create(&added)])
                .await
                .unwrap();
            DigestFault::Log(id, Broken::Added(last_number + 1))
        }
        3 => {
            let at = at.min(last - 1);
            let (one, other) = (stored[at].body.clone(), stored[at + 1].body.clone());
            change(&store, stored[at].clone(), |body| *body = other).await;
            change(&store, stored[at + 1].clone(), |body| *body = one).await;
            DigestFault::Log(id, Broken::Missing(u32::try_from(at + 1).unwrap()))
        }
        // The tail is cut off, and the request says so too.
        4 => {
            let kept = at.min(last - 1);
            replace(&store, &play(&submitted, &events[..kept])).await;
            let seq = named_after(u32::try_from(kept + 1).unwrap(), last_number);
            DigestFault::Log(id, Broken::Missing(seq))
        }
        // All is written anew from one record on, and the request says so too.
        5 => {
            let from = at.min(last - 1);
            let mut others = events.to_vec();
            others[from] = !others[from];
            replace(&store, &play(&submitted, &others)).await;
            let seq = named_after(u32::try_from(from + 1).unwrap(), last_number);
            DigestFault::LogRewritten {
                request: id,
                seq,
                day: day(i64::from((seq - 1) / 3)),
            }
        }
        _ => {
            store
                .table()
                .remove_all(&request.key().pk, "")
                .await
                .unwrap();
            DigestFault::RequestMissing(id, day(0))
        }
    };
    match verify(&store).await {
        Err(VerifyError::Fault(fault)) => (fault, expected),
        other => panic!("{how}: {other:?}, not {expected:?}"),
    }
}

/// The number of the first record after the first so many that a digest names: three are of a day.
fn named_after(records: u32, last: u32) -> u32 {
    let mut named = (records + 1..).filter(|number| number % 3 == 0 || *number == last);
    named.next().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_touched_is_found_and_the_first_record_named(
        events in prop::collection::vec(any::<bool>(), 2..14), at: prop::sample::Index, how in 0..7_u8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let at = at.index(events.len() + 1);
        let (fault, expected) = runtime.block_on(found(how, &events, at));
        prop_assert_eq!(fault, expected);
    }
}

#[tokio::test]
async fn a_record_that_is_added_after_the_last_digest_is_found_by_nothing() {
    let submitted = fixtures::request::request();
    let store = digested(&submitted, &[true]).await;
    replace(&store, &play(&submitted, &[true; 2])).await;
    verify(&store).await.unwrap();
}

#[tokio::test]
async fn digests_that_are_changed_removed_or_added_are_found() {
    let whole = async || digested(&fixtures::request::request(), &[true; 5]).await;
    for field in ["hash", "previous"] {
        let store = whole().await;
        let digest = items(&store, "auditDigest").remove(1);
        change(&store, digest, |body| touch(&mut body[field])).await;
        assert_eq!(
            verify(&store).await,
            Err(DigestFault::Changed(day(1)).into())
        );
    }
    let store = whole().await;
    let heads = items(&store, "digestHeads").remove(2);
    change(&store, heads, |body| touch(&mut body["heads"][0]["hash"])).await;
    assert_eq!(
        verify(&store).await,
        Err(DigestFault::Changed(day(2)).into())
    );

    for (kind, fault) in [
        ("auditDigest", DigestFault::Missing(day(1))),
        ("digestHeads", DigestFault::Changed(day(1))),
    ] {
        let store = whole().await;
        let key = items(&store, kind).remove(1).key;
        store.table().remove(&key).await.unwrap();
        assert_eq!(verify(&store).await, Err(fault.into()));
    }

    let store = whole().await;
    let mut added = items(&store, "auditDigest").pop().unwrap();
    let last = chain(&store).await.day;
    let next = last.tomorrow().unwrap();
    added.key.sk = format!("DIGEST#{next}");
    store.table().commit(vec![Write::Put(added)]).await.unwrap();
    assert_eq!(verify(&store).await, Err(DigestFault::Added(next).into()));

    let store = whole().await;
    let end = items(&store, "digestChain").remove(0);
    change(&store, end, |body| touch(&mut body["hash"])).await;
    assert_eq!(
        verify(&store).await,
        Err(DigestFault::Rewritten(last).into())
    );
}

#[tokio::test]
async fn what_is_before_a_day_is_not_checked_from_that_day_on() {
    let store = digested(&fixtures::request::request(), &[true; 8]).await;
    let digest = items(&store, "auditDigest").remove(1);
    change(&store, digest, |body| touch(&mut body["previous"])).await;
    let chain = chain(&store).await;
    let from = async |day| {
        let none: Option<Copies<'_, MemoryArchive>> = None;
        verify_digests(&store, &chain, Some(day), none).await
    };
    assert_eq!(from(day(1)).await, Err(DigestFault::Changed(day(1)).into()));
    let whole = from(day(2)).await.unwrap();
    assert_eq!((whole.from, whole.until), (day(2), chain.day));
}
