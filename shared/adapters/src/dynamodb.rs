//! The table on DynamoDB: consistent reads, and transactions on the condition of a version.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};

use crate::aws::described;
use domain::table::{
    CommitError, ENVELOPE, Found, Item, Key, Range, ReadError, SortKeys, Table, Write,
};

/// The name of the table's index, as the template has it.
const INDEX: &str = "Index";

/// A DynamoDB table with the string keys `pk` and `sk`.
#[derive(Debug, Clone)]
pub struct DynamoTable {
    client: Client,
    name: String,
}

impl DynamoTable {
    /// The table of that name.
    pub fn new(config: &aws_config::SdkConfig, name: String) -> Self {
        Self {
            client: Client::new(config),
            name,
        }
    }

    fn put(&self, item: Item) -> TransactWriteItem {
        let (condition, names, values) = unchanged(item.version - 1);
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(attributes(item)))
            .condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        let put = put.build().expect("a table and an item are set");
        TransactWriteItem::builder().put(put).build()
    }

    fn delete(&self, key: &Key) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.name);
        let delete = delete.set_key(Some(primary_key(key))).build();
        let delete = delete.expect("a table and a key are set");
        TransactWriteItem::builder().delete(delete).build()
    }

    fn check(&self, key: &Key, version: u64) -> TransactWriteItem {
        let (condition, names, values) = unchanged(version);
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(primary_key(key)))
            .condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        let check = check
            .build()
            .expect("a table, a key and a condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }

    /// What is in a range of sort keys. DynamoDB refuses an empty one, also where any key would fulfil the condition.
    fn query(&self, Range { pk, keys, most }: Range<'_>) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name);
        let query = query.expression_attribute_values(":pk", text(pk));
        match keys {
            SortKeys::Beginning("") => query
                .key_condition_expression("pk = :pk")
                .consistent_read(true),
            SortKeys::Beginning(prefix) => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", text(prefix))
                .consistent_read(true),
            SortKeys::Before(end) => query
                .key_condition_expression("pk = :pk AND sk < :sk")
                .expression_attribute_values(":sk", text(end))
                .consistent_read(true),
            SortKeys::Indexed(first, last) => query
                .index_name(INDEX)
                .key_condition_expression("indexPk = :pk AND indexSk BETWEEN :first AND :last")
                .expression_attribute_values(":first", text(first))
                .expression_attribute_values(":last", text(last))
                // What is not asked for is not read, or it would be read again for the next page.
                .set_limit(i32::try_from(most).ok()),
        }
    }
}

type Attributes = HashMap<String, AttributeValue>;

/// The condition that an item still has a version, with its names and values.
fn unchanged(
    version: u64,
) -> (
    &'static str,
    Option<HashMap<String, String>>,
    Option<Attributes>,
) {
    if version == 0 {
        return ("attribute_not_exists(pk)", None, None);
    }
    let name = ("#version".to_owned(), "version".to_owned());
    let before = (":before".to_owned(), number(version));
    let (names, values) = (HashMap::from([name]), HashMap::from([before]));
    ("#version = :before", Some(names), Some(values))
}

fn primary_key(key: &Key) -> Attributes {
    HashMap::from(
        [("pk", &key.pk), ("sk", &key.sk)].map(|(name, part)| (name.to_owned(), text(part))),
    )
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The entity and the version in an item's attributes.
fn body(mut attributes: Attributes, pk: &str, sk: &str) -> Result<Found, ReadError> {
    let malformed = |why: &str| ReadError::Malformed {
        pk: pk.to_owned(),
        sk: sk.to_owned(),
        why: why.to_owned(),
    };
    let version = attributes
        .get("version")
        .and_then(|v| v.as_n().ok()?.parse().ok());
    let version = version.ok_or_else(|| malformed("it has no version"))?;
    attributes.retain(|name, _| !ENVELOPE.contains(&name.as_str()));
    let body = serde_dynamo::from_item(attributes)
        .map_err(|_| malformed("it has attributes that JSON lacks"))?;
    Ok((body, version))
}

fn attributes(item: Item) -> Attributes {
    let mut attributes: Attributes =
        serde_dynamo::to_item(item.body).expect("an entity is a JSON object");
    attributes.extend(primary_key(&item.key));
    let mut add = |name: &str, value: AttributeValue| attributes.insert(name.to_owned(), value);
    if let Some(key) = item.index {
        add("indexPk", AttributeValue::S(key.pk));
        add("indexSk", AttributeValue::S(key.sk));
    }
    add("kind", text(item.kind));
    add("version", number(item.version));
    if let Some(at) = item.expires_at {
        add("expiresAt", AttributeValue::N(at.as_second().to_string()));
    }
    attributes
}

impl Table for DynamoTable {
    async fn get(&self, key: &Key) -> Result<Option<Found>, ReadError> {
        let request = self.client.get_item().table_name(&self.name);
        let answer = request
            .set_key(Some(primary_key(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| ReadError::Unavailable(described(&error)))?;
        let found = answer.item.map(|item| body(item, &key.pk, &key.sk));
        found.transpose()
    }

    async fn list(&self, range: Range<'_>) -> Result<Vec<Found>, ReadError> {
        let mut pages = self.query(range).into_paginator().items().send();
        let mut found = Vec::new();
        while found.len() < range.most
            && let Some(item) = pages.next().await
        {
            let item = item.map_err(|error| ReadError::Unavailable(described(&error)))?;
            found.push(body(item, range.pk, range.keys.name())?);
        }
        Ok(found)
    }

    async fn remove(&self, key: &Key) -> Result<(), CommitError> {
        let request = self.client.delete_item().table_name(&self.name);
        let answer = request.set_key(Some(primary_key(key))).send().await;
        answer
            .map(drop)
            .map_err(|error| CommitError::Unavailable(described(&error)))
    }

    async fn remove_all(&self, pk: &str, sk_prefix: &str) -> Result<(), CommitError> {
        let query = self.query(Range::all(pk, sk_prefix));
        let query = query.projection_expression("pk, sk");
        let mut keys = query.into_paginator().items().send();
        while let Some(key) = keys.next().await {
            let key = key.map_err(|error| CommitError::Unavailable(described(&error)))?;
            let text = |name: &str| Some(key.get(name)?.as_s().ok()?.clone());
            if let (Some(pk), Some(sk)) = (text("pk"), text("sk")) {
                self.remove(&Key { pk, sk }).await?;
            }
        }
        Ok(())
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let items = writes.into_iter().map(|write| match write {
            Write::Put(item) => self.put(item),
            Write::Check { key, version } => self.check(&key, version),
            Write::Delete(key) => self.delete(&key),
        });
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items.collect()))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            // Cancelled by a condition, or by another transaction on the same items: in both cases somebody else
            // wrote first.
            Err(error) if lost_race(&error) => Err(CommitError::Conflict),
            Err(error) => Err(CommitError::Unavailable(described(&error))),
        }
    }
}

fn lost_race(error: &SdkError<TransactWriteItemsError>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return false;
    };
    let codes = ["ConditionalCheckFailed", "TransactionConflict"];
    let mut reasons = cancelled.cancellation_reasons().iter();
    reasons.any(|reason| reason.code().is_some_and(|code| codes.contains(&code)))
}
