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

use anyhow::{Context, bail};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{Response, StatusCode, request::Parts},
    response::IntoResponse,
};
use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use serde_json::Value;
use tokio::net::TcpListener;
use tracing::{error, warn};

use crate::{http_client::http_client, template::Table};

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

impl DynamoDb {
    /// Opens the tables in `file`, or in memory, and creates those that are missing.
    pub fn open(file: Option<&Path>, tables: &[Table]) -> anyhow::Result<DynamoDb> {
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
    pub fn compact(&self) -> anyhow::Result<()> {
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
fn create(database: &Database, table: &Table) -> anyhow::Result<()> {
    let mut request = table.schema.clone();
    request["TableName"] = table.name.as_str().into();
    request["BillingMode"] = "PAY_PER_REQUEST".into();
    match database.create_table(serde_json::from_value(request)?) {
        Err(DynoxideError::ResourceInUseException(_)) => {}
        created => return Ok(created.map(drop)?),
    }
    let known = database.get_table_metadata(&table.name)?;
    let known = known.context("a table that is there has no description")?;
    if serde_json::from_str::<Value>(&known.key_schema)? != table.schema["KeySchema"] {
        bail!(
            "table {} on disk has another key than infra/template.yaml says: delete the data directory to start anew",
            table.name
        );
    }
    Ok(())
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
