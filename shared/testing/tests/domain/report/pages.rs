//! Pages: put together they are the whole, each is within its bounds, and the last one says so.

use domain::audit::AuditRecord;
use domain::audit_index::Position;
use domain::report::{PageLimits, Query, Report};
use domain::table::{Table, Write};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use testing::{MemoryTable, fixtures};

const NOW: &str = "2026-11-26T12:00:00Z";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A table with a record so many minutes before now, by an approver where that number is even.
async fn stored(minutes_ago: &[i64]) -> (MemoryTable, Vec<AuditRecord>) {
    let (table, now) = (MemoryTable::default(), NOW.parse::<Timestamp>().unwrap());
    let mut records = Vec::new();
    for minutes in minutes_ago {
        let (_, mut record) = fixtures::request::request();
        record.at = now - SignedDuration::from_mins(*minutes);
        if minutes % 2 == 0 {
            record.actor = domain::audit::Actor::Approver("csm-1@example.com".to_owned());
        }
        table.commit(vec![Write::create(&record)]).await.unwrap();
        records.push(record);
    }
    records.sort_by_key(Position::of);
    (table, records)
}

fn report(query: &str) -> Report {
    Report::audit(Query::parse(query, NOW.parse().unwrap()).unwrap())
}

/// All pages, by the text of each one's next.
async fn pages(table: &MemoryTable, report: &Report, limits: &PageLimits) -> Vec<Vec<Value>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = report.page(table, after.as_ref(), limits).await.unwrap();
        pages.push(page.rows);
        assert!(pages.len() < 1_000, "they do not end");
        let Some(next) = page.next else { return pages };
        assert!(after.is_none_or(|it| it < next), "it goes on");
        after = Some(Position::parse(next.as_str()).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn all_pages_are_the_whole(
        minutes in prop::collection::vec(0..7 * 1440_i64, 0..30),
        rows in 1..20_usize, bytes in 1..10_000_usize, read in 1..50_usize, within in 1..10_i32, of_approver: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (table, mut expected) = stored(&minutes).await;
            let report = report(if of_approver { "from:2026-11-20 actor:csm-1@example.com" } else { "from:2026-11-20" });
            expected.retain(|record| report.query().finds(record));
            let limits = PageLimits { rows, bytes, read, days: within };
            let pages = pages(&table, &report, &limits).await;
            prop_assert!(pages.iter().all(|page| page.len() <= rows));
            let found: Vec<Value> = pages.concat();
            prop_assert_eq!(found, expected.iter().map(|it| json!(it)).collect::<Vec<_>>());
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn the_last_page_says_so_also_where_it_is_full() {
    let (table, _) = stored(&[1, 2, 3, 4]).await;
    let sizes = |rows| {
        let limits = PageLimits {
            rows,
            ..PageLimits::default()
        };
        let table = &table;
        async move {
            let pages = pages(table, &report(""), &limits).await;
            pages.iter().map(Vec::len).collect::<Vec<_>>()
        }
    };
    assert_eq!(sizes(2).await, [2, 2]);
    assert_eq!(sizes(3).await, [3, 1]);
    assert_eq!(sizes(4).await, [4]);
    let (empty, _) = stored(&[]).await;
    let page = report("").page(&empty, None, &PageLimits::default()).await;
    let page = page.unwrap();
    assert!(page.rows.is_empty() && page.next.is_none());
}

#[tokio::test]
async fn a_page_of_large_records_ends_by_its_bytes() {
    let (table, now) = (MemoryTable::default(), NOW.parse::<Timestamp>().unwrap());
    for seconds in 0..10 {
        let (_, mut record) = fixtures::request::request();
        record.at = now - SignedDuration::from_secs(seconds);
        record.detail = Some("\"".repeat(200_000));
        table.commit(vec![Write::create(&record)]).await.unwrap();
    }
    let pages = pages(&table, &report(""), &PageLimits::default()).await;
    assert!(pages.len() > 1);
    for page in pages {
        // As an answer of a function it is text in JSON, whose quotation marks are escaped once more.
        let answer = json!({"body": json!({"records": page}).to_string()});
        assert!(answer.to_string().len() < 6_000_000);
    }
}

#[tokio::test]
async fn a_long_time_without_records_is_pages_without_rows() {
    let (table, expected) = stored(&[1]).await;
    let limits = PageLimits::default();
    let pages = pages(&table, &report("from:2026-01-01"), &limits).await;
    let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [0, 0, 0, 1]);
    assert_eq!(pages[3][0], json!(expected[0]));
}

/// Nobody gets at more by a cursor of another query.
#[tokio::test]
async fn a_position_before_the_query_begins_where_the_query_does() {
    let (table, expected) = stored(&[5 * 1440, 1]).await;
    let early = Position::before(expected[0].at - days(1));
    let report = report("from:2026-11-26");
    let limits = PageLimits::default();
    let page = report.page(&table, Some(&early), &limits).await.unwrap();
    assert_eq!(page.rows, [json!(expected[1])]);
}
