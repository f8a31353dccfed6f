//! The items of a partition as plain JSON, for a person to look at.

use std::collections::HashMap;

use dynoxide::{AttributeValue, Item, actions::query::QueryRequest};
use serde_json::Value;

use super::DynamoDb;

impl DynamoDb {
    /// The items under a partition key, in the order of their sort keys.
    pub fn partition(&self, key: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        for table in self.tables.iter() {
            let values = HashMap::from([(":key".to_owned(), AttributeValue::S(key.to_owned()))]);
            let partition_key = table.key().next().unwrap_or_default().to_owned();
            let names = HashMap::from([("#key".to_owned(), partition_key)]);
            let mut start = None;
            loop {
                let page = self.database.query(QueryRequest {
                    table_name: table.name.clone(),
                    key_condition_expression: Some("#key = :key".to_owned()),
                    expression_attribute_names: Some(names.clone()),
                    expression_attribute_values: Some(values.clone()),
                    scan_index_forward: true,
                    consistent_read: Some(true),
                    exclusive_start_key: start,
                    ..QueryRequest::default()
                })?;
                items.extend(page.items.into_iter().flatten().map(plain_item));
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(items)
    }
}

fn plain_item(item: Item) -> Value {
    let attributes = item.into_iter();
    attributes.map(|(name, it)| (name, plain(it))).collect()
}

/// An attribute as JSON. A number that is no whole one stays text: nothing is rounded on the way. No item has sets of numbers or
/// bytes.
fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => text.into(),
        AttributeValue::N(digits) => digits.parse::<i64>().map_or(digits.into(), Value::from),
        AttributeValue::BOOL(value) => value.into(),
        AttributeValue::SS(texts) => texts.into(),
        AttributeValue::L(items) => items.into_iter().map(plain).collect(),
        AttributeValue::M(members) => plain_item(members),
        AttributeValue::NULL(_)
        | AttributeValue::B(_)
        | AttributeValue::NS(_)
        | AttributeValue::BS(_) => Value::Null,
    }
}
