//! `DynamoDB`: the embedded engine `dynoxide`, with the tables of the template.
//!
//! The engine brings a server of its own but no router to mount, so it listens on a loopback port that
//! nobody needs to know, and `/_local/aws/dynamodb` passes requests on to it.

use std::{
    io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{Response, StatusCode, request::Parts},
    response::IntoResponse,
};
use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tracing::{error, warn};

use crate::{
    http_client::http_client,
    template::{Key, Table},
};

mod items;
mod stream;
mod ttl_sweeper;

/// `DynamoDB` accepts requests of up to this size.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// The tables of the template. Clones share them.
#[derive(Clone)]
pub struct DynamoDb {
    database: Database,
    /// Where it is kept; `None` in memory.
    file: Option<PathBuf>,
    tables: Arc<[Table]>,
    /// How many requests that may write were passed on.
    changes: Arc<AtomicU64>,
}

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The engine refuses something.
    #[error("DynamoDB stand-in: {0}")]
    Engine(#[from] DynoxideError),
    /// Its file cannot be changed beside it.
    #[error("DynamoDB stand-in: {0}")]
    File(#[from] rusqlite::Error),
    /// The data of an earlier run was laid out differently.
    #[error(
        "table {0} on disk has another key than infra/template.yaml says: delete the data directory to start anew"
    )]
    OtherKey(String),
}

impl DynamoDb {
    /// Opens the tables in `file`, or in memory, and creates those that are missing.
    pub fn open(file: Option<&Path>, tables: &[Table]) -> Result<DynamoDb, DynamoDbError> {
        let database = match file {
            Some(file) => Database::new(&file.to_string_lossy())?,
            None => Database::memory()?,
        };
        for table in tables {
            create(&database, table)?;
        }
        Ok(DynamoDb {
            database,
            file: file.map(Path::to_owned),
            tables: tables.into(),
            changes: Arc::default(),
        })
    }

    /// Starts the engine's server, which stops when `stopped` ends. The router passes everything on to
    /// it.
    pub async fn serve(
        &self,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Router> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let upstream = Upstream {
            url: format!("http://{}/", listener.local_addr()?),
            client: http_client(),
            changes: Arc::clone(&self.changes),
        };
        let served =
            dynoxide::server::serve_with_shutdown(listener, self.database.clone(), stopped);
        tokio::spawn(async move {
            if let Err(error) = served.await {
                error!(%error, "the DynamoDB stand-in stopped");
            }
        });
        Ok(Router::new()
            .fallback(pass_on)
            .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
            .with_state(upstream))
    }

    /// Writes the file anew, with what is stored and nothing of what was. The engine leaves that in free pages, and in its
    /// log, which it empties by itself only when it ends.
    pub fn compact(&self) -> Result<(), DynamoDbError> {
        if let Some(file) = &self.file {
            self.database.vacuum()?;
            rusqlite::Connection::open(file)?.query_row(
                "PRAGMA wal_checkpoint(TRUNCATE)",
                [],
                |_| Ok(()),
            )?;
        }
        Ok(())
    }

    /// A number that is another one after each write of a function.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }
}

/// Creates a table unless it is there already.
fn create(database: &Database, table: &Table) -> Result<(), DynamoDbError> {
    let schema = key_schema(&table.partition_key, table.sort_key.as_ref());
    let mut keys = vec![&table.partition_key];
    keys.extend(&table.sort_key);
    let mut indexes = Vec::new();
    for index in &table.indexes {
        keys.push(&index.partition_key);
        keys.extend(&index.sort_key);
        indexes.push(json!({
            "IndexName": index.name,
            "KeySchema": key_schema(&index.partition_key, index.sort_key.as_ref()),
            "Projection": { "ProjectionType": "ALL" },
        }));
    }
    let attribute = |key: &&Key| json!({ "AttributeName": key.name, "AttributeType": key.kind });
    let mut request = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": schema,
        "AttributeDefinitions": keys.iter().map(attribute).collect::<Vec<_>>(),
    });
    // DynamoDB refuses an empty list.
    if !indexes.is_empty() {
        request["GlobalSecondaryIndexes"] = indexes.into();
    }
    let request = serde_json::from_value(request)
        .map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
    match database.create_table(request) {
        Ok(_) => {}
        Err(DynoxideError::ResourceInUseException(_)) => {
            let described = database
                .get_table_metadata(&table.name)?
                .and_then(|table| serde_json::from_str::<Value>(&table.key_schema).ok());
            if described.as_ref() != Some(&Value::from(schema)) {
                return Err(DynamoDbError::OtherKey(table.name.clone()));
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn key_schema(partition_key: &Key, sort_key: Option<&Key>) -> Vec<Value> {
    let keys = [("HASH", Some(partition_key)), ("RANGE", sort_key)].into_iter();
    let keys = keys.filter_map(|(kind, key)| Some((kind, key?)));
    keys.map(|(kind, key)| json!({ "AttributeName": key.name, "KeyType": kind }))
        .collect()
}

#[derive(Clone)]
struct Upstream {
    url: String,
    client: reqwest::Client,
    changes: Arc<AtomicU64>,
}

/// Whether an operation, which `DynamoDB` takes from a header, may change an item.
fn may_write(parts: &Parts) -> bool {
    let target = parts.headers.get("x-amz-target");
    let operation = target.and_then(|target| target.to_str().ok()?.rsplit('.').next());
    !matches!(
        operation,
        Some("GetItem" | "BatchGetItem" | "Query" | "Scan")
    )
}

async fn pass_on(State(upstream): State<Upstream>, parts: Parts, body: Bytes) -> Response<Body> {
    let writes = may_write(&parts);
    // DynamoDB has one address and takes the operation from a header.
    let request = upstream.client.request(parts.method, upstream.url);
    let answer = request.headers(parts.headers).body(body).send().await;
    if writes {
        upstream.changes.fetch_add(1, Ordering::Relaxed);
    }
    match answer {
        Ok(response) => Response::from(response).map(Body::new),
        Err(error) => {
            warn!(%error, "the DynamoDB stand-in does not answer");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
