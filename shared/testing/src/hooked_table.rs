//! A table in memory with something that happens around its calls, for tests of what happens meanwhile.

use std::future::{Future, ready};

use domain::table::{CommitError, Found, Key, Range, ReadError, SortKeys, Table, Write};

use crate::MemoryTable;

/// What happens around the calls of a [`HookedTable`]: nothing, unless an implementation says what.
pub trait Hook: Send + Sync {
    /// Before an item is read.
    fn before_get(&self, _key: &Key) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Before a part of the index is read, which an error prevents.
    fn before_list_index(&self) -> impl Future<Output = Result<(), ReadError>> + Send {
        ready(Ok(()))
    }

    /// Before something is written.
    fn before_write(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// After a transaction is committed.
    fn after_commit(&self, _table: &MemoryTable) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// A table in memory, and what happens around its calls.
#[derive(Debug, Default)]
pub struct HookedTable<H> {
    /// What is stored.
    pub table: MemoryTable,
    /// What happens.
    pub hook: H,
}

impl<H: Hook> Table for HookedTable<H> {
    async fn get(&self, key: &Key) -> Result<Option<Found>, ReadError> {
        self.hook.before_get(key).await;
        self.table.get(key).await
    }

    async fn list(&self, range: Range<'_>) -> Result<Vec<Found>, ReadError> {
        if let SortKeys::Indexed(..) = range.keys {
            self.hook.before_list_index().await?;
        }
        self.table.list(range).await
    }

    async fn remove(&self, key: &Key) -> Result<(), CommitError> {
        self.hook.before_write().await;
        self.table.remove(key).await
    }

    async fn remove_all(&self, pk: &str, sk_prefix: &str) -> Result<(), CommitError> {
        self.hook.before_write().await;
        self.table.remove_all(pk, sk_prefix).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        self.hook.before_write().await;
        self.table.commit(writes).await?;
        self.hook.after_commit(&self.table).await;
        Ok(())
    }
}
