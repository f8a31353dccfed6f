//! The port to the database: items with a version, read consistently and written in transactions.
//!
//! The port is small on purpose. Every change is read, changed in memory by a pure rule, and written
//! back on the condition that nobody else wrote in between; so one implementation per database is a
//! page long, and the fake behaves like the real one.

use std::future::Future;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

/// Something that is stored as one item.
pub trait Entity: Serialize + DeserializeOwned {
    /// What the item's `kind` attribute says, for people and reports.
    const KIND: &'static str;

    /// Where it is stored.
    fn key(&self) -> Key;

    /// Where it stands in the table's index; `None` where it is found by its key alone.
    fn index_key(&self) -> Option<Key> {
        None
    }

    /// When the database may forget it.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// An entity as it was read, with the version that a change must still find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// The entity.
    pub value: T,
    /// Counts its writes, from 1.
    pub version: u64,
}

/// An item as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The primary key.
    pub key: Key,
    /// Its key in the index.
    pub index: Option<Key>,
    /// The kind of entity.
    pub kind: &'static str,
    /// The version it has after this write.
    pub version: u64,
    /// When the database may forget it.
    pub expires_at: Option<Timestamp>,
    /// The entity, a JSON object.
    pub body: serde_json::Value,
}

/// Attributes that belong to the item. No entity may have a field of such a name.
pub const ENVELOPE: [&str; 7] = [
    "pk",
    "sk",
    "indexPk",
    "indexSk",
    "kind",
    "version",
    "expiresAt",
];

/// A part of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Writes an item. The transaction fails unless the item has the version before, or is absent for version 1.
    Put(Item),
    /// Changes nothing. The transaction fails unless the item still has this version, or is absent for version 0.
    Check {
        /// The item's key.
        key: Key,
        /// The version that was read.
        version: u64,
    },
    /// Removes an item, whatever its version. Where there is none, that is what was wanted.
    Delete(Key),
}

impl Write {
    /// Stores a new entity; the transaction fails if there is one at its key.
    pub fn create<T: Entity>(entity: &T) -> Self {
        Self::versioned(entity, 1)
    }

    /// Stores a changed entity; the transaction fails if somebody else changed it since it was read.
    pub fn update<T: Entity>(entity: &Stored<T>) -> Self {
        Self::versioned(&entity.value, entity.version + 1)
    }

    /// Leaves an entity as it is; the transaction fails if somebody else changed it since it was read.
    pub fn check<T: Entity>(entity: &Stored<T>) -> Self {
        Self::Check {
            key: entity.value.key(),
            version: entity.version,
        }
    }

    /// The item that is written.
    pub fn item(&self) -> Option<&Item> {
        match self {
            Self::Put(item) => Some(item),
            Self::Check { .. } | Self::Delete(_) => None,
        }
    }

    fn versioned<T: Entity>(entity: &T, version: u64) -> Self {
        let body = serde_json::to_value(entity).expect("entities have string keys and serialize");
        debug_assert!(
            ENVELOPE.iter().all(|name| body.get(name).is_none()),
            "a field of {} would be lost in the item's own attributes",
            T::KIND
        );
        Self::Put(Item {
            key: entity.key(),
            index: entity.index_key(),
            kind: T::KIND,
            version,
            expires_at: entity.expires_at(),
            body,
        })
    }
}

/// A part of a partition of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRange {
    /// Partition key in the index.
    pub pk: String,
    /// The first sort key that belongs to it.
    pub first: String,
    /// The last.
    pub last: String,
}

/// A read failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The database did not answer. Worth another try.
    #[error("the table did not answer: {0}")]
    Unavailable(String),
    /// The item is not what its kind says: it was written by other code.
    #[error("the item {pk} {sk} cannot be read: {why}")]
    Malformed {
        /// Partition key.
        pk: String,
        /// Sort key.
        sk: String,
        /// What does not fit. Never a value of the item.
        why: String,
    },
}

/// A transaction failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Somebody else wrote first, and nothing was written: read again and decide again.
    #[error("somebody else wrote first")]
    Conflict,
    /// The database did not answer, and it is not known whether the transaction happened: read
    /// again before another try.
    #[error("the table did not answer: {0}")]
    Unavailable(String),
}

/// A table of items.
pub trait Table: Send + Sync {
    /// The body and version at a key, read consistently.
    fn get(
        &self,
        key: &Key,
    ) -> impl Future<Output = Result<Option<(serde_json::Value, u64)>, ReadError>> + Send;

    /// The bodies and versions of all items of a partition whose sort key begins so, in its order, read
    /// consistently.
    fn list(
        &self,
        pk: &str,
        sk_prefix: &str,
    ) -> impl Future<Output = Result<Vec<(serde_json::Value, u64)>, ReadError>> + Send;

    /// The bodies and versions of the first items of a partition whose sort key comes before `sk_end`, in its order and at
    /// most so many, read consistently.
    fn list_before(
        &self,
        pk: &str,
        sk_end: &str,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(serde_json::Value, u64)>, ReadError>> + Send;

    /// The bodies and versions of the first items of a partition of the index whose sort key there is in this range, both
    /// ends included, in its order and at most so many. The index follows the table within a second or so: what was just
    /// written may not be there yet.
    fn list_index(
        &self,
        range: &IndexRange,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(serde_json::Value, u64)>, ReadError>> + Send;

    /// Removes an item, whatever its version. Where there is none, that is what was wanted.
    fn remove(&self, key: &Key) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Removes all items of a partition whose sort key begins so, one after the other.
    fn remove_all(
        &self,
        pk: &str,
        sk_prefix: &str,
    ) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Writes all or nothing. At most 100 parts, each about another key.
    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Reads the entity at a key.
pub async fn load<T: Entity>(
    table: &impl Table,
    key: &Key,
) -> Result<Option<Stored<T>>, ReadError> {
    let Some((body, version)) = table.get(key).await? else {
        return Ok(None);
    };
    read(body, version, &key.pk, &key.sk).map(Some)
}

/// Reads the entity at the key of a new one, which is taken where there is none: in version 0, so that
/// updating it creates it.
pub async fn load_or<T: Entity>(table: &impl Table, new: T) -> Result<Stored<T>, ReadError> {
    let found = load(table, &new.key()).await?;
    Ok(found.unwrap_or(Stored {
        value: new,
        version: 0,
    }))
}

/// Reads the entities of a partition whose sort key begins so.
pub async fn load_all<T: Entity>(
    table: &impl Table,
    pk: &str,
    sk_prefix: &str,
) -> Result<Vec<Stored<T>>, ReadError> {
    let items = table.list(pk, sk_prefix).await?;
    read_all(items, pk, sk_prefix)
}

/// Reads the first entities of a partition whose sort key comes before `sk_end`, at most so many.
pub async fn load_before<T: Entity>(
    table: &impl Table,
    pk: &str,
    sk_end: &str,
    most: usize,
) -> Result<Vec<Stored<T>>, ReadError> {
    let items = table.list_before(pk, sk_end, most).await?;
    read_all(items, pk, sk_end)
}

/// Reads the first entities of a part of the index, at most so many.
pub async fn load_index<T: Entity>(
    table: &impl Table,
    range: &IndexRange,
    most: usize,
) -> Result<Vec<Stored<T>>, ReadError> {
    let items = table.list_index(range, most).await?;
    read_all(items, &range.pk, &range.first)
}

fn read_all<T: Entity>(
    items: Vec<(serde_json::Value, u64)>,
    pk: &str,
    sk: &str,
) -> Result<Vec<Stored<T>>, ReadError> {
    let items = items.into_iter();
    items
        .map(|(body, version)| read(body, version, pk, sk))
        .collect()
}

fn read<T: Entity>(
    body: serde_json::Value,
    version: u64,
    pk: &str,
    sk: &str,
) -> Result<Stored<T>, ReadError> {
    match serde_json::from_value(body) {
        Ok(value) => Ok(Stored { value, version }),
        Err(error) => Err(ReadError::Malformed {
            pk: pk.to_owned(),
            sk: sk.to_owned(),
            // serde's message may quote a value; its category and place may not.
            why: format!("{:?} error for kind {}", error.classify(), T::KIND),
        }),
    }
}
