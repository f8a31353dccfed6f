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

impl Key {
    /// The key of these parts.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }
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

/// Some items of a partition, in the order of their sort keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<'a> {
    /// Partition key.
    pub pk: &'a str,
    /// By their sort keys.
    pub keys: SortKeys<'a>,
    /// The most of them, from the first on.
    pub most: usize,
}

impl<'a> Range<'a> {
    /// All whose sort keys begin so.
    pub fn all(pk: &'a str, sk_prefix: &'a str) -> Self {
        Self {
            pk,
            keys: SortKeys::Beginning(sk_prefix),
            most: usize::MAX,
        }
    }
}

/// Which sort keys belong to a [`Range`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKeys<'a> {
    /// Those that begin so.
    Beginning(&'a str),
    /// Those that come before.
    Before(&'a str),
    /// Those of a partition of the index from the first of these to the last, both included. The index follows the table
    /// within a second or so: what was just written may not be there yet.
    Indexed(&'a str, &'a str),
}

impl SortKeys<'_> {
    /// By which a range is named where something is wrong in it.
    pub fn name(&self) -> &str {
        let (Self::Beginning(sk) | Self::Before(sk) | Self::Indexed(sk, _)) = self;
        sk
    }
}

/// The body and the version of an item.
pub type Found = (serde_json::Value, u64);

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
    /// What is at a key, read consistently.
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Found>, ReadError>> + Send;

    /// What is in a range, read consistently unless it is one of the index.
    fn list(&self, range: Range<'_>) -> impl Future<Output = Result<Vec<Found>, ReadError>> + Send;

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
    let found = table.get(key).await?;
    found.map(|found| read(found, &key.pk, &key.sk)).transpose()
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
    load_range(table, Range::all(pk, sk_prefix)).await
}

/// The same without their versions.
pub async fn load_values<T: Entity>(
    table: &impl Table,
    pk: &str,
    sk_prefix: &str,
) -> Result<Vec<T>, ReadError> {
    let found = load_all(table, pk, sk_prefix).await?;
    Ok(found.into_iter().map(|stored| stored.value).collect())
}

/// Reads the entities of a range.
pub async fn load_range<T: Entity>(
    table: &impl Table,
    range: Range<'_>,
) -> Result<Vec<Stored<T>>, ReadError> {
    let found = table.list(range).await?.into_iter();
    found
        .map(|found| read(found, range.pk, range.keys.name()))
        .collect()
}

fn read<T: Entity>((body, version): Found, pk: &str, sk: &str) -> Result<Stored<T>, ReadError> {
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
