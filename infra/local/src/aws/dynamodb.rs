//! `DynamoDB`: the embedded engine `dynoxide`, with the tables of the template.
//!
//! The engine brings a server of its own but no router to mount, so it listens on a loopback port that
//! nobody needs to know, and `/_local/aws/dynamodb` passes requests on to it.

use std::{io, net::Ipv4Addr, path::Path, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{Request, Response, StatusCode, Uri, request::Parts},
    response::IntoResponse,
};
use bytes::Bytes;
use dynoxide::{AttributeValue, Database, DynoxideError, Item, actions::scan::ScanRequest};
use http_body_util::Full;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tracing::{error, warn};

use crate::{http_client::HttpClient, template::Table};

mod ttl_sweeper;

/// `DynamoDB` accepts requests of up to this size.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// The tables of the template. Clones share them.
#[derive(Clone)]
pub struct DynamoDb {
    database: Database,
    tables: Arc<[Table]>,
}

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The engine refuses something.
    #[error("DynamoDB stand-in: {0}")]
    Engine(#[from] DynoxideError),
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
            tables: tables.into(),
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
            authority: listener.local_addr()?.to_string(),
            client: HttpClient::new(),
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

    /// All items of all tables as plain JSON, for a person to look at.
    pub fn scan(&self) -> Result<Vec<Value>, DynamoDbError> {
        let mut items = Vec::new();
        for table in self.tables.iter() {
            let mut start = None;
            loop {
                let page = self.database.scan(ScanRequest {
                    table_name: table.name.clone(),
                    exclusive_start_key: start,
                    consistent_read: Some(true),
                    ..ScanRequest::default()
                })?;
                let found = page.items.unwrap_or_default();
                items.extend(found.into_iter().map(plain_item));
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(items)
    }
}

/// Creates a table unless it is there already.
fn create(database: &Database, table: &Table) -> Result<(), DynamoDbError> {
    let partition_key = Some(("HASH", &table.partition_key));
    let sort_key = table.sort_key.as_ref().map(|key| ("RANGE", key));
    let (schema, attributes): (Vec<Value>, Vec<Value>) = partition_key
        .into_iter()
        .chain(sort_key)
        .map(|(kind, key)| {
            (
                json!({ "AttributeName": key.name, "KeyType": kind }),
                json!({ "AttributeName": key.name, "AttributeType": key.kind }),
            )
        })
        .unzip();
    let request = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": schema,
        "AttributeDefinitions": attributes,
    });
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

fn plain_item(item: Item) -> Value {
    let mut entries: Vec<_> = item.into_iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(
        entries
            .into_iter()
            .map(|(name, value)| (name, plain(value)))
            .collect(),
    )
}

/// An attribute as JSON. A number that is no whole one stays text: nothing is rounded on the way.
fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(digits) => plain_number(digits),
        AttributeValue::BOOL(value) => Value::Bool(value),
        AttributeValue::NULL(_) => Value::Null,
        AttributeValue::B(bytes) => Value::String(format!("({} bytes)", bytes.len())),
        AttributeValue::SS(texts) => texts.into_iter().map(Value::String).collect(),
        AttributeValue::NS(numbers) => numbers.into_iter().map(plain_number).collect(),
        AttributeValue::BS(sets) => Value::String(format!("({} binaries)", sets.len())),
        AttributeValue::L(items) => items.into_iter().map(plain).collect(),
        AttributeValue::M(entries) => {
            let entries: Map<_, _> = entries
                .into_iter()
                .map(|(name, value)| (name, plain(value)))
                .collect();
            Value::Object(entries)
        }
    }
}

fn plain_number(digits: String) -> Value {
    digits
        .parse::<i64>()
        .map_or(Value::String(digits), Value::from)
}

#[derive(Clone)]
struct Upstream {
    authority: String,
    client: HttpClient,
}

async fn pass_on(State(upstream): State<Upstream>, parts: Parts, body: Bytes) -> Response<Body> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.headers_mut() = parts.headers;
    // DynamoDB has one address and takes the operation from a header.
    *request.uri_mut() = Uri::builder()
        .scheme("http")
        .authority(upstream.authority)
        .path_and_query("/")
        .build()
        .expect("a loopback address and a slash are a URI");
    match upstream.client.forward(request).await {
        Ok(response) => response,
        Err(error) => {
            warn!(%error, "the DynamoDB stand-in does not answer");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
