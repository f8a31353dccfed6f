//! Addresses that no mail reaches.

use domain::suppression::*;
use jiff::{SignedDuration, Timestamp};
use testing::MemoryTable;
use testing::fixtures::approval::link_keys;

const ADDRESS: &str = "Csm-1@Example.com";
const DAY: i64 = 24 * 3600;

fn day(day: i64) -> Timestamp {
    Timestamp::from_second(day * DAY).unwrap()
}

async fn bad(table: &MemoryTable, address: &str, at: Timestamp) -> bool {
    is_suppressed(table, &link_keys(), address, at)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_mark_goes_thirty_days_after_it_was_told_of_last() {
    let table = MemoryTable::default();
    let key = link_keys();
    assert!(!bad(&table, ADDRESS, day(0)).await);
    for at in [day(0), day(0), day(10)] {
        suppress(&table, &key, ADDRESS, SuppressionReason::Bounced, at)
            .await
            .unwrap();
    }
    assert!(
        bad(
            &table,
            "csm-1@example.com",
            day(40) - SignedDuration::from_secs(1)
        )
        .await
    );
    assert!(!bad(&table, ADDRESS, day(40)).await);
    assert!(!bad(&table, "csm-2@example.com", day(10)).await);
}

#[tokio::test]
async fn the_same_news_twice_is_written_once_and_no_address_is_in_it() {
    let table = MemoryTable::default();
    for _ in 0..2 {
        suppress(
            &table,
            &link_keys(),
            ADDRESS,
            SuppressionReason::Complained,
            day(1),
        )
        .await
        .unwrap();
    }
    let items = table.items();
    let [item] = items.as_slice() else {
        panic!("{items:?}");
    };
    assert_eq!(item.version, 1);
    assert_eq!(item.expires_at, Some(day(31)));
    let text = format!("{item:?}").to_lowercase();
    assert!(
        !text.contains("csm-1") && !text.contains("example"),
        "{text}"
    );
}
