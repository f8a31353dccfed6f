//! The table on DynamoDB: consistent reads, and transactions on the condition of a version.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};

use crate::aws::described;
use domain::table::{CommitError, ENVELOPE, IndexRange, Item, Key, ReadError, Table, Write};

const ABSENT: &str = "attribute_not_exists(pk)";
const BEGINS: &str = "begins_with(sk, :sk)";
const UNCHANGED: &str = "#version = :before";
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
        let version = item.version;
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(attributes(item)));
        let put = if version == 1 {
            put.condition_expression(ABSENT)
        } else {
            put.condition_expression(UNCHANGED)
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", number(version - 1))
        };
        let put = put.build().expect("a table and an item are set");
        TransactWriteItem::builder().put(put).build()
    }

    fn delete(&self, key: Key) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.pk))
            .key("sk", AttributeValue::S(key.sk));
        let delete = delete.build().expect("a table and a key are set");
        TransactWriteItem::builder().delete(delete).build()
    }

    /// A consistent query of the items of a partition for which a condition on `:sk` holds. DynamoDB refuses an empty one, also
    /// where any key would fulfil the condition.
    fn query(&self, condition: &str, pk: &str, sk: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name);
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        let query = if sk.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression(format!("pk = :pk AND {condition}"))
                .expression_attribute_values(":sk", AttributeValue::S(sk.to_owned()))
        };
        query.consistent_read(true)
    }

    fn check(&self, key: Key, version: u64) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.pk))
            .key("sk", AttributeValue::S(key.sk));
        let check = if version == 0 {
            check.condition_expression(ABSENT)
        } else {
            check
                .condition_expression(UNCHANGED)
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", number(version))
        };
        let check = check
            .build()
            .expect("a table, a key and a condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }
}

/// The first items that a query finds, of that partition and from about that sort key on.
async fn found(
    query: QueryFluentBuilder,
    pk: &str,
    sk: &str,
    most: usize,
) -> Result<Vec<(serde_json::Value, u64)>, ReadError> {
    let mut pages = query.into_paginator().items().send();
    let mut found = Vec::new();
    while found.len() < most
        && let Some(item) = pages.next().await
    {
        let item = item.map_err(|error| ReadError::Unavailable(described(&error)))?;
        found.push(body(item, pk, sk)?);
    }
    Ok(found)
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The entity and the version in an item's attributes.
fn body(
    mut attributes: HashMap<String, AttributeValue>,
    pk: &str,
    sk: &str,
) -> Result<(serde_json::Value, u64), ReadError> {
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

fn attributes(item: Item) -> HashMap<String, AttributeValue> {
    let mut attributes: HashMap<String, AttributeValue> =
        serde_dynamo::to_item(item.body).expect("an entity is a JSON object");
    attributes.insert("pk".to_owned(), AttributeValue::S(item.key.pk));
    attributes.insert("sk".to_owned(), AttributeValue::S(item.key.sk));
    if let Some(key) = item.index {
        attributes.insert("indexPk".to_owned(), AttributeValue::S(key.pk));
        attributes.insert("indexSk".to_owned(), AttributeValue::S(key.sk));
    }
    attributes.insert("kind".to_owned(), AttributeValue::S(item.kind.to_owned()));
    attributes.insert("version".to_owned(), number(item.version));
    if let Some(at) = item.expires_at {
        attributes.insert(
            "expiresAt".to_owned(),
            AttributeValue::N(at.as_second().to_string()),
        );
    }
    attributes
}

impl Table for DynamoTable {
    async fn get(&self, key: &Key) -> Result<Option<(serde_json::Value, u64)>, ReadError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(key.pk.clone()))
            .key("sk", AttributeValue::S(key.sk.clone()))
            .consistent_read(true);
        let answer = request
            .send()
            .await
            .map_err(|error| ReadError::Unavailable(described(&error)))?;
        answer
            .item
            .map(|attributes| body(attributes, &key.pk, &key.sk))
            .transpose()
    }

    async fn list(
        &self,
        pk: &str,
        sk_prefix: &str,
    ) -> Result<Vec<(serde_json::Value, u64)>, ReadError> {
        let query = self.query(BEGINS, pk, sk_prefix);
        found(query, pk, sk_prefix, usize::MAX).await
    }

    async fn list_before(
        &self,
        pk: &str,
        sk_end: &str,
        most: usize,
    ) -> Result<Vec<(serde_json::Value, u64)>, ReadError> {
        found(self.query("sk < :sk", pk, sk_end), pk, sk_end, most).await
    }

    async fn list_index(
        &self,
        IndexRange { pk, first, last }: &IndexRange,
        most: usize,
    ) -> Result<Vec<(serde_json::Value, u64)>, ReadError> {
        let text = |text: &String| AttributeValue::S(text.clone());
        let query = self.client.query().table_name(&self.name).index_name(INDEX);
        let query = query
            .key_condition_expression("indexPk = :pk AND indexSk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last));
        // What is not asked for is not read, or it would be read again for the next page.
        let query = query.set_limit(i32::try_from(most).ok());
        found(query, pk, first, most).await
    }

    async fn remove(&self, key: &Key) -> Result<(), CommitError> {
        let request = self.client.delete_item().table_name(&self.name);
        let answer = request
            .key("pk", AttributeValue::S(key.pk.clone()))
            .key("sk", AttributeValue::S(key.sk.clone()))
            .send()
            .await;
        answer
            .map(drop)
            .map_err(|error| CommitError::Unavailable(described(&error)))
    }

    async fn remove_all(&self, pk: &str, sk_prefix: &str) -> Result<(), CommitError> {
        let query = self.query(BEGINS, pk, sk_prefix);
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
            Write::Check { key, version } => self.check(key, version),
            Write::Delete(key) => self.delete(key),
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
            Err(error)
                if error.code() == Some("TransactionCanceledException") && lost_race(&error) =>
            {
                Err(CommitError::Conflict)
            }
            Err(error) => Err(CommitError::Unavailable(described(&error))),
        }
    }
}

fn lost_race(
    error: &SdkError<aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError>,
) -> bool {
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError as Kind;
    match error.as_service_error() {
        Some(Kind::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().iter().any(|reason| {
                matches!(
                    reason.code(),
                    Some("ConditionalCheckFailed" | "TransactionConflict")
                )
            })
        }
        Some(_) | None => false,
    }
}
