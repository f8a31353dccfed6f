//! Events that wait to be delivered, in a file of their own, with how far the stream was read.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::event::Event;

/// Like the other files of the stack, it survives `kill -9` but maybe not a power cut.
const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS event (
        request TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (request, seq)
    );
    CREATE INDEX IF NOT EXISTS due ON event (due);";

/// The sequence number of the last record of the stream that was taken in.
pub(super) const POSITION: &str = "position";
/// The secret that was made for this data directory.
pub(super) const SECRET: &str = "secret";

pub(super) struct Queue {
    connection: Connection,
}

impl Queue {
    /// Opens the queue in a file, or in memory.
    pub(super) fn open(file: Option<&Path>) -> Result<Queue> {
        let connection = Connection::open(file.unwrap_or(Path::new(":memory:")))?;
        connection.execute_batch(TABLES)?;
        Ok(Queue { connection })
    }

    /// What is kept under a name besides events.
    pub(super) fn kept(&self, name: &str) -> Result<Option<String>> {
        let select = "SELECT value FROM kept WHERE name = ?1";
        let value = self.connection.query_row(select, [name], |row| row.get(0));
        value.optional()
    }

    pub(super) fn keep(&self, name: &str, value: &str) -> Result<()> {
        let replace = "INSERT OR REPLACE INTO kept (name, value) VALUES (?1, ?2)";
        self.connection.execute(replace, [name, value])?;
        Ok(())
    }

    /// Keeps what was read of the stream up to a position: all of it or, after an error, nothing.
    pub(super) fn enqueue(&self, events: &[Event], position: &str) -> Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        for event in events {
            transaction.execute(
                "INSERT OR IGNORE INTO event (request, seq, body) VALUES (?1, ?2, ?3)",
                params![event.request, event.seq, event.body],
            )?;
        }
        self.keep(POSITION, position)?;
        transaction.commit()
    }

    /// The first events of the requests whose first is due at a time, in milliseconds since 1970; at most so many.
    pub(super) fn due(&self, now: i64, most: usize) -> Result<Vec<Event>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT request, seq, body, failures FROM event AS it
             WHERE due <= ?1 AND seq = (SELECT MIN(seq) FROM event WHERE request = it.request)
             ORDER BY due LIMIT ?2",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![now, most], |row| {
            Ok(Event {
                request: row.get(0)?,
                seq: row.get(1)?,
                body: row.get(2)?,
                failures: row.get(3)?,
            })
        })?;
        rows.collect()
    }

    /// Forgets an event that was delivered.
    pub(super) fn delivered(&self, Event { request, seq, .. }: &Event) -> Result<()> {
        let delete = "DELETE FROM event WHERE request = ?1 AND seq = ?2";
        self.connection.execute(delete, params![request, seq])?;
        Ok(())
    }

    /// Has an event that was sent in vain wait until a time, in milliseconds since 1970.
    pub(super) fn failed(&self, Event { request, seq, .. }: &Event, due: i64) -> Result<()> {
        self.connection.execute(
            "UPDATE event SET failures = failures + 1, due = ?3 WHERE request = ?1 AND seq = ?2",
            params![request, seq, due],
        )?;
        Ok(())
    }
}
