//! The items of a partition as plain JSON, for a person to look at.

use std::collections::HashMap;

use dynoxide::{AttributeValue, Item, actions::query::QueryRequest};
use serde_json::{Map, Value};

use super::{DynamoDb, DynamoDbError};

impl DynamoDb {
    /// The items under a partition key, in the order of their sort keys.
    pub fn partition(&self, key: &str) -> Result<Vec<Value>, DynamoDbError> {
        let mut items = Vec::new();
        for table in self.tables.iter() {
            let values = HashMap::from([(":key".to_owned(), AttributeValue::S(key.to_owned()))]);
            let names = HashMap::from([("#key".to_owned(), table.partition_key.name.clone())]);
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

#[cfg(test)]
impl DynamoDb {
    /// Puts an item of plain JSON into the first table.
    pub(crate) fn put(&self, item: &Value) {
        fn attribute(value: &Value) -> AttributeValue {
            match value {
                Value::Null => AttributeValue::NULL(true),
                Value::Bool(value) => AttributeValue::BOOL(*value),
                Value::Number(number) => AttributeValue::N(number.to_string()),
                Value::String(text) => AttributeValue::S(text.clone()),
                Value::Array(items) => AttributeValue::L(items.iter().map(attribute).collect()),
                Value::Object(members) => AttributeValue::M(attributes(members)),
            }
        }
        fn attributes(members: &Map<String, Value>) -> Item {
            let members = members.iter();
            members
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect()
        }
        let request = dynoxide::actions::put_item::PutItemRequest {
            table_name: self.tables[0].name.clone(),
            item: attributes(item.as_object().unwrap()),
            ..Default::default()
        };
        self.database.put_item(request).unwrap();
    }
}

fn plain_item(item: Item) -> Value {
    let attributes = item.into_iter();
    let attributes: Map<_, _> = attributes
        .map(|(name, value)| (name, plain(value)))
        .collect();
    Value::Object(attributes)
}

/// An attribute as JSON. A number that is no whole one stays text: nothing is rounded on the way.
fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(digits) => plain_number(digits),
        AttributeValue::BOOL(value) => Value::Bool(value),
        AttributeValue::NULL(_) => Value::Null,
        AttributeValue::B(bytes) => Value::String(format!("({} bytes)", bytes.len())),
        AttributeValue::SS(texts) => texts.into_iter().map(Value::String).collect(),
        AttributeValue::NS(numbers) => numbers.into_iter().map(plain_number).collect(),
        AttributeValue::BS(sets) => Value::String(format!("({} binaries)", sets.len())),
        AttributeValue::L(items) => items.into_iter().map(plain).collect(),
        AttributeValue::M(entries) => {
            let entries = entries.into_iter();
            let entries: Map<_, _> = entries.map(|(name, value)| (name, plain(value))).collect();
            Value::Object(entries)
        }
    }
}

fn plain_number(digits: String) -> Value {
    let whole = digits.parse::<i64>();
    whole.map_or(Value::String(digits), Value::from)
}
