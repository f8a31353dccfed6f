//! A table in memory, for tests: the same conditions, all or nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use domain::table::{CommitError, Item, Key, ReadError, Table, Write};

/// A table that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryTable {
    items: Mutex<BTreeMap<Key, Item>>,
}

impl MemoryTable {
    /// Everything in the table, by key.
    pub fn items(&self) -> Vec<Item> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.values().cloned().collect()
    }
}

impl Table for MemoryTable {
    async fn get(&self, key: &Key) -> Result<Option<(serde_json::Value, u64)>, ReadError> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(items.get(key).map(|item| (item.body.clone(), item.version)))
    }

    async fn list(
        &self,
        pk: &str,
        sk_prefix: &str,
    ) -> Result<Vec<(serde_json::Value, u64)>, ReadError> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |key: &Key| key.pk == pk && key.sk.starts_with(sk_prefix);
        let found = items.iter().filter(|(key, _)| wanted(key));
        Ok(found
            .map(|(_, item)| (item.body.clone(), item.version))
            .collect())
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let version = |key: &Key| items.get(key).map_or(0, |item| item.version);
        if writes
            .iter()
            .any(|Write(item)| version(&item.key) + 1 != item.version)
        {
            return Err(CommitError::Conflict);
        }
        items.extend(
            writes
                .into_iter()
                .map(|Write(item)| (item.key.clone(), item)),
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use domain::table::{Entity, Stored, load};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note(String);

    impl Entity for Note {
        const KIND: &'static str = "note";

        fn key(&self) -> Key {
            Key {
                pk: self.0.clone(),
                sk: "NOTE".to_owned(),
            }
        }
    }

    #[tokio::test]
    async fn writes_all_or_nothing_and_only_on_the_version_that_was_read() {
        let table = MemoryTable::default();
        let (a, b) = (Note("a".into()), Note("b".into()));
        table.commit(vec![Write::create(&a)]).await.unwrap();
        let both = table
            .commit(vec![Write::create(&b), Write::create(&a)])
            .await;
        assert!(matches!(both, Err(CommitError::Conflict)));
        assert_eq!(load::<Note>(&table, &b.key()).await.unwrap(), None);

        let read: Stored<Note> = load(&table, &a.key()).await.unwrap().unwrap();
        table.commit(vec![Write::update(&read)]).await.unwrap();
        let stale = table.commit(vec![Write::update(&read)]).await;
        assert!(matches!(stale, Err(CommitError::Conflict)));
    }
}
