//! A table in memory, for tests: the same conditions, all or nothing.

use std::collections::BTreeMap;

use domain::table::{CommitError, Found, Item, Key, Range, ReadError, SortKeys, Table, Write};
use parking_lot::Mutex;

/// A table that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryTable {
    items: Mutex<BTreeMap<Key, Item>>,
}

impl MemoryTable {
    /// Everything in the table, by key.
    pub fn items(&self) -> Vec<Item> {
        let items = self.items.lock();
        items.values().cloned().collect()
    }
}

impl Table for MemoryTable {
    async fn get(&self, key: &Key) -> Result<Option<Found>, ReadError> {
        let items = self.items.lock();
        Ok(items.get(key).map(|item| (item.body.clone(), item.version)))
    }

    async fn list(&self, Range { pk, keys, most }: Range<'_>) -> Result<Vec<Found>, ReadError> {
        if let SortKeys::Indexed(first, last) = keys {
            assert!(first <= last, "DynamoDB refuses such a range");
        }
        let items = self.items.lock();
        let found = items.values().filter_map(|item| {
            let (key, is_in) = match keys {
                SortKeys::Beginning(prefix) => (&item.key, item.key.sk.starts_with(prefix)),
                SortKeys::Before(end) => (&item.key, item.key.sk.as_str() < end),
                SortKeys::Indexed(first, last) => {
                    let key = item.index.as_ref()?;
                    (key, (first..=last).contains(&key.sk.as_str()))
                }
            };
            (key.pk == pk && is_in).then_some((key, item))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(key, _)| *key);
        let found = found.into_iter().take(most);
        let found = found.map(|(_, item)| (item.body.clone(), item.version));
        Ok(found.collect())
    }

    async fn remove(&self, key: &Key) -> Result<(), CommitError> {
        self.items.lock().remove(key);
        Ok(())
    }

    async fn remove_all(&self, pk: &str, sk_prefix: &str) -> Result<(), CommitError> {
        self.items
            .lock()
            .retain(|key, _| key.pk != pk || !key.sk.starts_with(sk_prefix));
        Ok(())
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        assert!(
            writes.len() <= 100,
            "{} are too many for a transaction",
            writes.len()
        );
        let mut items = self.items.lock();
        let version = |key: &Key| items.get(key).map_or(0, |item| item.version);
        let holds = |write: &Write| match write {
            Write::Put(item) => version(&item.key) + 1 == item.version,
            Write::Check { key, version: read } => version(key) == *read,
            Write::Delete(_) => true,
        };
        if !writes.iter().all(holds) {
            return Err(CommitError::Conflict);
        }
        for write in writes {
            match write {
                Write::Put(item) => drop(items.insert(item.key.clone(), item)),
                Write::Delete(key) => drop(items.remove(&key)),
                Write::Check { .. } => {}
            }
        }
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
            Key::new(self.0.clone(), "NOTE")
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

    #[tokio::test]
    async fn a_check_writes_nothing_and_fails_what_is_committed_with_it() {
        let table = MemoryTable::default();
        let (a, b) = (Note("a".into()), Note("b".into()));
        let absent = Stored {
            value: Note("a".into()),
            version: 0,
        };
        table.commit(vec![Write::check(&absent)]).await.unwrap();
        assert_eq!(table.items(), []);
        table.commit(vec![Write::create(&a)]).await.unwrap();
        let first: Stored<Note> = load(&table, &a.key()).await.unwrap().unwrap();
        for (checked, expected) in [(&absent, false), (&first, true)] {
            let both = vec![Write::create(&b), Write::check(checked)];
            assert_eq!(table.commit(both).await.is_ok(), expected);
        }
        table.commit(vec![Write::update(&first)]).await.unwrap();
        let late = table.commit(vec![Write::check(&first)]).await;
        assert_eq!(late, Err(CommitError::Conflict));
    }
}
