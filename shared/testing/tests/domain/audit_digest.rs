//! The daily digests of audit logs: what they name, that each day has one, and what they show of a log that was tampered with.

use domain::audit::AuditRecord;
use domain::audit_chain::Broken;
use domain::audit_digest::{
    AuditDigest, Copies, DigestChain, DigestFault, Verified, VerifyError, archive_due,
    digest_chains, verify_digests, write_due,
};
use domain::id::RequestId;
use domain::request::{Event, Request};
use domain::request_store::RequestStore;
use domain::table::{Entity, Item, Table, Write};
use domain::task::StateEntry;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use testing::{MemoryArchive, MemoryTable, fixtures};

mod copies;
mod tampering;
mod writing;

type Store = RequestStore<MemoryTable>;

/// So many hours after the fixture's request was submitted, which was at midnight.
fn at(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
}

/// The day that begins so many days later.
fn day(days: i64) -> Date {
    domain::dates::utc_date(at(24 * days))
}

/// What happened to a request, an event every eight hours.
fn play(submitted: &(Request, AuditRecord), events: &[bool]) -> (Request, Vec<AuditRecord>) {
    let (mut request, first) = submitted.clone();
    let phase = request.phase.clone();
    let mut records = vec![first];
    for (number, is_reminder) in (1..).zip(events) {
        let event = if *is_reminder {
            Event::Reminded
        } else {
            Event::Asked("CSM Team")
        };
        let state_entry = StateEntry::during(&phase, at(8 * number));
        records.push(request.apply(&event, state_entry));
    }
    (request, records)
}

async fn put(store: &Store, (request, records): &(Request, Vec<AuditRecord>)) {
    let mut writes = vec![Write::create(request)];
    writes.extend(records.iter().map(Write::create));
    store.table().commit(writes).await.unwrap();
}

/// A store with a request of that history, two others, and all digests until two days after its last record.
async fn digested(submitted: &(Request, AuditRecord), events: &[bool]) -> Store {
    let store = RequestStore::new(MemoryTable::default());
    put(&store, &play(submitted, events)).await;
    for other in [&[][..], &[true, false, true, true]] {
        put(&store, &play(&fixtures::request::request(), other)).await;
    }
    write_digests(&store, events.len()).await;
    store
}

/// Writes all digests until two days after the last record of a history of so many events.
async fn write_digests(store: &Store, events: usize) {
    let hours = i64::try_from(8 * events).unwrap();
    for now in [29, hours + 72] {
        write_due(store.table(), at(now)).await.unwrap();
    }
}

/// Stores another history of a request in place of its own, which fits itself.
async fn replace(store: &Store, history: &(Request, Vec<AuditRecord>)) {
    let partition = history.0.key().pk;
    store.table().remove_all(&partition, "").await.unwrap();
    put(store, history).await;
}

async fn chain(store: &Store) -> DigestChain {
    let mut chains = digest_chains(store.table()).await.unwrap();
    assert_eq!(chains.len(), 1);
    chains.remove(0).value
}

async fn verify(store: &Store) -> Result<Verified, VerifyError> {
    let none: Option<Copies<'_, MemoryArchive>> = None;
    verify_digests(store, &chain(store).await, None, none).await
}

fn items(store: &Store, kind: &str) -> Vec<Item> {
    let mut items = store.table().items();
    items.retain(|item| item.kind == kind);
    items
}

/// Changes an item behind everybody's back.
async fn change(store: &Store, mut item: Item, change: impl FnOnce(&mut serde_json::Value)) {
    change(&mut item.body);
    item.version += 1;
    store.table().commit(vec![Write::Put(item)]).await.unwrap();
}

/// Changes the last character of a text.
fn touch(value: &mut serde_json::Value) {
    let mut text = value.as_str().unwrap().to_owned();
    let last = text.pop();
    text.push(if last == Some('0') { '1' } else { '0' });
    *value = text.into();
}
