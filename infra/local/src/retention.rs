//! What the stand-ins keep no longer: mails that are older than the personal data of requests is kept, and what is left in
//! the table's file of items that were changed or removed.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::task::spawn_blocking;

use crate::{
    aws::dynamodb::DynamoDb,
    clock::{Clock, later},
    outbox::Outbox,
};

const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// After the start, once what a schedule runs soon after it is done.
const FIRST: SignedDuration = SignedDuration::from_mins(15);

/// Removes it once a day, by the stack's clock, and mails older than `kept` at the start too. Never ends by itself.
pub async fn run(
    kept: Option<SignedDuration>,
    outbox: Arc<Outbox>,
    dynamodb: DynamoDb,
    clock: Clock,
) {
    let mut pause = FIRST;
    loop {
        let now = clock.now();
        if let Some(kept) = kept
            && let Err(error) = outbox.forget_until(later(now, -kept))
        {
            tracing::warn!(%error, "old mails could not be removed");
        }
        clock.sleep_until(later(now, pause)).await;
        pause = EVERY;
        // It takes a second for a hundred megabytes, in which no item is read.
        let dynamodb = dynamodb.clone();
        let compacted = spawn_blocking(move || dynamodb.compact()).await;
        if let Err(error) = compacted.map_err(anyhow::Error::from).flatten() {
            tracing::warn!(%error, "the table's file could not be written anew");
        }
    }
}
