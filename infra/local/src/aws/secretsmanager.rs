//! Secrets Manager: AWS JSON 1.1 over the texts that the template writes into secrets, for `infra/admin`. Functions are
//! given theirs in the environment.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode},
};
use bytes::Bytes;
use serde_json::{Value, json};

type Secrets = Arc<BTreeMap<String, String>>;

/// Secrets Manager with these texts, by name, at any path under where it is mounted.
pub fn router(secrets: BTreeMap<String, String>) -> Router {
    Router::new().fallback(serve).with_state(Arc::new(secrets))
}

async fn serve(
    State(secrets): State<Secrets>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let target = headers.get("x-amz-target").map(HeaderValue::as_bytes);
    let input: Value = serde_json::from_slice(&body).unwrap_or_default();
    let name = input["SecretId"].as_str().unwrap_or_default();
    let refusal = |kind: &str| {
        let refusal = json!({ "__type": kind, "Message": "not here" });
        (StatusCode::BAD_REQUEST, Json(refusal))
    };
    match (target, secrets.get(name)) {
        (Some(b"secretsmanager.GetSecretValue"), Some(text)) => {
            let secret = json!({ "Name": name, "SecretString": text });
            (StatusCode::OK, Json(secret))
        }
        (Some(b"secretsmanager.GetSecretValue"), None) => refusal("ResourceNotFoundException"),
        _ => refusal("UnknownOperationException"),
    }
}
