//! Addresses that no mail reaches.

use domain::failure::Failure;
use domain::mail::{Mail, MailError, Sender};
use domain::suppression::*;
use jiff::{SignedDuration, Timestamp};
use testing::fixtures::approval::link_keys;
use testing::{MemoryMailer, MemoryTable};

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

fn team() -> [Mail; 2] {
    [ADDRESS, "csm-2@example.com"].map(|to| Mail {
        sender: Sender::default(),
        to: to.to_owned(),
        subject: "Hi".to_owned(),
        text: "Hi".to_owned(),
        html: "Hi".to_owned(),
        related_request: None,
    })
}

async fn sent(mailer: &MemoryMailer, table: &MemoryTable) -> Result<usize, Failure> {
    send_all(mailer, (table, &link_keys()), &team(), day(1)).await
}

#[tokio::test]
async fn a_refused_address_is_suppressed_for_a_day_and_the_others_get_their_mail() {
    let (mailer, table) = (MemoryMailer::default(), MemoryTable::default());
    mailer.fail_next(MailError::RecipientRefused("MessageRejected".to_owned()));
    assert_eq!(sent(&mailer, &table).await, Ok(1));
    assert_eq!(mailer.sent(), team()[1..]);
    assert!(bad(&table, ADDRESS, day(2) - SignedDuration::from_secs(1)).await);
    assert!(!bad(&table, ADDRESS, day(2)).await);
    assert!(!bad(&table, "csm-2@example.com", day(1)).await);
}

#[tokio::test]
async fn a_bounce_is_not_forgotten_sooner_because_of_a_refusal() {
    let (key, table) = (link_keys(), MemoryTable::default());
    for reason in [SuppressionReason::Bounced, SuppressionReason::Refused] {
        suppress(&table, &key, ADDRESS, reason, day(1))
            .await
            .unwrap();
    }
    assert!(bad(&table, ADDRESS, day(30)).await);
}

#[tokio::test]
async fn an_outage_and_a_refused_sender_are_the_callers_to_try_again_and_suppress_nobody() {
    for error in [
        MailError::Unavailable("no answer".to_owned()),
        MailError::SenderRefused("MessageRejected".to_owned()),
    ] {
        let (mailer, table) = (MemoryMailer::default(), MemoryTable::default());
        mailer.fail_next(error.clone());
        let failure = Failure::MailUnavailable(error);
        assert_eq!(failure.name(), "Mail.Unavailable");
        assert_eq!(sent(&mailer, &table).await, Err(failure));
        assert!(mailer.sent().is_empty() && table.items().is_empty());
    }
}
