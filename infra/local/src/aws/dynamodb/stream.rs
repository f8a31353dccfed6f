//! The stream of a table: what was written, in the order of the commits.

use dynoxide::{
    actions::{
        get_records::{GetRecordsRequest, Record},
        get_shard_iterator::GetShardIteratorRequest,
    },
    streams::shard_id,
};
use serde_json::json;

use super::DynamoDb;

/// How many records are read at once, which are in memory together.
const BATCH: usize = 100;

impl DynamoDb {
    /// Has each table keep a stream of what is written from now on, or no longer.
    pub fn keep_streams(&self, wanted: bool) -> anyhow::Result<()> {
        for table in self.tables.iter() {
            let metadata = self.database.get_table_metadata(&table.name)?;
            if metadata.is_some_and(|metadata| metadata.stream_enabled == wanted) {
                continue;
            }
            let mut stream = json!({ "StreamEnabled": wanted });
            if wanted {
                stream["StreamViewType"] = "NEW_IMAGE".into();
            }
            let request = json!({ "TableName": table.name, "StreamSpecification": stream });
            self.database
                .update_table(serde_json::from_value(request)?)?;
        }
        Ok(())
    }

    /// The next records of a stream, oldest first: after the one with that sequence number, or from the beginning. Empty: there are
    /// no more.
    pub fn stream_records(
        &self,
        stream: &str,
        after: Option<String>,
    ) -> anyhow::Result<Vec<Record>> {
        let table = stream.split('/').nth(1).unwrap_or_default();
        let from = match after {
            Some(_) => "AFTER_SEQUENCE_NUMBER",
            None => "TRIM_HORIZON",
        };
        let iterator = self.database.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: stream.to_owned(),
            shard_id: shard_id(table),
            shard_iterator_type: from.to_owned(),
            sequence_number: after,
        })?;
        let answer = self.database.get_records(GetRecordsRequest {
            shard_iterator: iterator.shard_iterator.unwrap_or_default(),
            limit: Some(BATCH),
        })?;
        Ok(answer.records)
    }

    /// Removes the records before that one: the engine keeps them for ever, with all that items ever held, and looks through
    /// all of them with each write. In memory it offers no way to.
    pub fn trim_stream(&self, last: &Record) -> anyhow::Result<()> {
        if let Some(file) = &self.file {
            // That one stays: the engine counts on from it.
            rusqlite::Connection::open(file)?.execute(
                "DELETE FROM _stream_records WHERE id < (SELECT id FROM _stream_records WHERE event_id = ?1)",
                [&last.event_id],
            )?;
        }
        Ok(())
    }
}
