//! Events are processed once.

use domain::processed_event::*;
use domain::table::Write;
use domain::table::{Entity, Table};
use jiff::Timestamp;
use testing::MemoryTable;

#[tokio::test]
async fn news_are_known_by_their_source_and_id_once_they_are_stored() {
    let (table, at) = (MemoryTable::default(), Timestamp::UNIX_EPOCH);
    let event = |source, id: &str| {
        let id = id.to_owned();
        ProcessedEvent { source, id, at }
    };
    let told = event(Source::Stripe, "1");
    assert!(!told.is_known(&table).await.unwrap());
    table.commit(vec![Write::create(&told)]).await.unwrap();
    assert!(told.is_known(&table).await.unwrap());
    for other in [event(Source::Mail, "1"), event(Source::Stripe, "2")] {
        assert!(!other.is_known(&table).await.unwrap(), "{other:?}");
    }
    assert_eq!(
        told.expires_at().unwrap().duration_since(at),
        jiff::SignedDuration::from_hours(30 * 24)
    );
}
