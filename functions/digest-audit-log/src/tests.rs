use domain::audit_digest::digest_chains;
use domain::request_store::RequestStore;
use jiff::{SignedDuration, Timestamp};
use testing::{MemoryArchive, MemoryTable, fixtures};

use super::*;

fn at(hours: i64) -> ScheduledEvent {
    ScheduledEvent {
        time: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours),
    }
}

async fn function(bucket: &str) -> DigestAuditLog<MemoryTable, MemoryArchive> {
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let settings = Settings {
        audit_bucket: bucket.to_owned(),
        ..Settings::default()
    };
    DigestAuditLog {
        table: store.into_table(),
        archive: MemoryArchive::default(),
        settings: settings.into(),
    }
}

#[tokio::test]
async fn digests_are_written_each_day_and_copied_to_the_bucket() {
    let function = function("audit").await;
    for now in [4, 28, 28, 4 * 24 + 4] {
        function.handle(at(now)).await.unwrap();
    }
    let days = ["1970-01-01", "1970-01-02", "1970-01-03", "1970-01-04"];
    let keys = days.map(|day| format!("customer-success/refund-request/{day}.json"));
    assert_eq!(function.archive.keys("audit"), keys);
}

#[tokio::test]
async fn without_a_bucket_nothing_is_copied_until_there_is_one() {
    let mut function = function("").await;
    function.handle(at(28)).await.unwrap();
    let chains = digest_chains(&function.table).await.unwrap();
    assert_eq!(chains[0].value.number, 1);
    assert_eq!(function.archive.keys(""), [""; 0]);
    function.settings = Settings {
        audit_bucket: "audit".to_owned(),
        ..Settings::default()
    }
    .into();
    function.handle(at(52)).await.unwrap();
    assert_eq!(function.archive.keys("audit").len(), 2);
}
