//! Removes expired items, a few at a time.
//!
//! The engine has no index of expiry times, so finding what expired means reading the table. The sweeper
//! reads a slice of it each second and goes round: no request ever waits behind more than a slice, however
//! large the table is, and a clock that jumps needs no care. The engine can sweep too, but only by the
//! machine's real clock.

use std::{collections::HashMap, time::Duration};

use dynoxide::{
    AttributeValue, DynoxideError,
    actions::{delete_item::DeleteItemRequest, scan::ScanRequest},
};
use tokio::time;
use tracing::warn;

use super::DynamoDb;
use crate::{clock::Clock, template::Table};

/// An expired item is there until the sweeper comes round. AWS takes up to a few days; nobody may rely
/// on either.
const SLICE_EVERY: Duration = Duration::from_secs(1);
const SLICE_ITEMS: usize = 200;

/// The key of an item.
type Key = HashMap<String, AttributeValue>;

impl DynamoDb {
    /// Removes expired items now and then, by the stack's clock, for as long as it is polled.
    pub async fn sweep(self, clock: Clock) {
        let mut ends = vec![None; self.tables.len()];
        let mut timer = time::interval(SLICE_EVERY);
        timer.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            for (table, end) in self.tables.iter().zip(&mut ends) {
                let swept = self.sweep_slice(table, end.take(), clock.now().as_second());
                *end = swept.unwrap_or_else(|error| {
                    warn!(%error, "expired items could not be removed");
                    None
                });
            }
        }
    }

    /// Removes what expired before `now`, in seconds since 1970, among the items after `start`. Gives the
    /// last item of the slice, or `None` at the end of the table.
    pub(super) fn sweep_slice(
        &self,
        table: &Table,
        start: Option<Key>,
        now: i64,
    ) -> anyhow::Result<Option<Key>> {
        let Some(attribute) = &table.ttl_attribute else {
            return Ok(None);
        };
        let expired = Some("#ttl < :now".to_owned());
        let names = Some(HashMap::from([("#ttl".to_owned(), attribute.clone())]));
        let now = AttributeValue::N(now.to_string());
        let values = Some(HashMap::from([(":now".to_owned(), now)]));
        let slice = self.database.scan(ScanRequest {
            table_name: table.name.clone(),
            exclusive_start_key: start,
            limit: Some(SLICE_ITEMS),
            filter_expression: expired.clone(),
            expression_attribute_names: names.clone(),
            expression_attribute_values: values.clone(),
            ..ScanRequest::default()
        })?;
        for mut item in slice.items.unwrap_or_default() {
            let key = table.key().filter_map(|name| item.remove_entry(name));
            let deleted = self.database.delete_item(DeleteItemRequest {
                table_name: table.name.clone(),
                key: key.collect(),
                // It may have been prolonged since the scan.
                condition_expression: expired.clone(),
                expression_attribute_names: names.clone(),
                expression_attribute_values: values.clone(),
                ..DeleteItemRequest::default()
            });
            match deleted {
                Ok(_) | Err(DynoxideError::ConditionalCheckFailedException(..)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(slice.last_evaluated_key)
    }
}
