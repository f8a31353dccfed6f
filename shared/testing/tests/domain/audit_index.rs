//! The audit records of all requests by time: each once, in order, from wherever one begins, and no other day is read.

use std::collections::BTreeSet;

use domain::audit::AuditRecord;
use domain::audit_index::{AuditCursor, Position};
use domain::table::{Table, Write};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use testing::{MemoryTable, fixtures};

const HOUR_MS: i64 = 3_600_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millis)
}

/// A table with a record at each of these times, and the records in the order in which they are read.
async fn stored(times: &[i64]) -> (MemoryTable, Vec<AuditRecord>) {
    let table = MemoryTable::default();
    let mut records = Vec::new();
    for millis in times {
        let (_, mut record) = fixtures::request::request();
        record.at = at(*millis);
        table.commit(vec![Write::create(&record)]).await.unwrap();
        records.push(record);
    }
    records.sort_by_key(Position::of);
    (table, records)
}

async fn read(table: &MemoryTable, mut cursor: AuditCursor) -> (Vec<AuditRecord>, usize) {
    let mut records = Vec::new();
    while let Some(record) = cursor.next(table).await.unwrap() {
        records.push(record);
    }
    (records, cursor.read())
}

proptest! {
    #[test]
    fn each_record_of_a_span_is_read_once_and_in_order(
        times in prop::collection::vec(0..72 * HOUR_MS, 0..80),
        from in 0..72 * HOUR_MS, length in 0..72 * HOUR_MS, batch in 1..5_usize, pause: prop::sample::Index,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (table, mut expected) = stored(&times).await;
            let before = at(from + length);
            expected.retain(|it| it.at >= at(from) && it.at < before);
            let (found, read_items) = read(&table, AuditCursor::new(at(from), before, batch)).await;
            prop_assert_eq!(&found, &expected);
            // Nothing is read that does not belong to the span, and nothing twice.
            prop_assert_eq!(read_items, expected.len());
            if !expected.is_empty() {
                let pause = pause.index(expected.len());
                let text = Position::of(&expected[pause]).as_str().to_owned();
                let position = Position::parse(&text).unwrap();
                let (rest, _) = read(&table, AuditCursor::after(&position, before, batch)).await;
                prop_assert_eq!(&rest, &expected[pause + 1..]);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn where_one_goes_on_after_the_end_nothing_is_read() {
    let (table, records) = stored(&[0, 1000]).await;
    let last = Position::of(&records[1]);
    for before in [at(1000), at(500), at(-HOUR_MS)] {
        let found = read(&table, AuditCursor::after(&last, before, 5)).await;
        assert_eq!(found, (Vec::new(), 0));
        let found = read(&table, AuditCursor::new(at(1000), before, 5)).await;
        assert_eq!(found, (Vec::new(), 0));
    }
}

#[tokio::test]
async fn the_records_of_a_day_are_in_sixteen_partitions() {
    let times: Vec<i64> = (0..500).collect();
    let (table, _) = stored(&times).await;
    let items = table.items();
    let partitions: BTreeSet<_> = items
        .iter()
        .filter_map(|it| Some(it.index.as_ref()?.pk.as_str()))
        .collect();
    assert_eq!(partitions.len(), 16, "{partitions:?}");
}

#[test]
fn what_is_no_position_is_refused() {
    for text in ["", "yesterday", "2026-11-26", "#", "2026-11-26T25:00:00Z#1"] {
        assert_eq!(Position::parse(text), None, "{text}");
    }
}
